"""How good the demo's weights are: `python -m featviz.demo.quality [--features 30]`.

Model and loss numbers are for held-out files; dead features and matches between A and B are for the demo's own tokens.
"""

import argparse
import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy
from transformers import GPT2LMHeadModel

from featviz.demo import MODEL_FOLDER, SAE_A_FOLDER, SAE_B_FOLDER
from featviz.demo.contexts import BOS_ID, CONTEXT_SIZE, document_contexts, load_tokenizer, packed_contexts
from featviz.demo.corpus import Document, demo_documents, held_out_documents, training_documents
from featviz.demo.neurons import load_model, logits_with_neurons, neuron_activations
from featviz.demo.ngrams import NGrams
from featviz.demo.readable import print_features
from featviz.demo.sae import JumpReluSae

CONTEXTS_PER_BATCH = 32
DEMO_CONTEXTS = 65_536 // CONTEXT_SIZE
MATCH = 0.7
"""Two features match when their activations' Pearson correlation is above this."""


def main() -> None:
    """Print the tables for the weights in this folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", type=int, default=0, help="also print this many random features of A")
    parser.add_argument("--seed", type=int, default=0, help="which random features")
    options = parser.parse_args()
    tokenizer, model = load_tokenizer(MODEL_FOLDER), load_model(MODEL_FOLDER)
    saes = {"A": JumpReluSae.load(SAE_A_FOLDER), "B": JumpReluSae.load(SAE_B_FOLDER)}
    demo_tokens = packed_contexts(tokenizer, demo_documents(), DEMO_CONTEXTS)
    held_out = held_out_documents()
    contexts = document_contexts(tokenizer, held_out)
    clean = held_out_loss(model, contexts, lambda neurons: neurons)
    print_model_quality(tokenizer, held_out, contexts, clean)
    print_sae_quality(model, saes, contexts, clean, demo_tokens)
    if options.features:
        print_features(tokenizer, model, saes["A"], demo_tokens, options.features, options.seed)


def print_model_quality(
    tokenizer: Tokenizer, held_out: list[Document], contexts: np.ndarray, model_loss: float
) -> None:
    """Held-out loss of the model, and of n-gram models of the same training tokens."""
    n_grams = NGrams(document_contexts(tokenizer, training_documents()), order=3, d_vocab=tokenizer.get_vocab_size())
    losses = {
        "bigram, interpolated": n_grams.cross_entropy(contexts, order=2),
        "trigram, interpolated": n_grams.cross_entropy(contexts, order=3),
        "demo model": model_loss,
    }
    n_tokens, n_bytes = int((contexts != BOS_ID).sum()), sum(len(text.encode()) for _, text in held_out)
    print(f"Held out: {len(held_out)} files, {n_tokens:,} tokens, {n_bytes:,} bytes")
    print(f"{'':24}{'nats/token':>12}{'bits/byte':>12}")
    for name, nats in losses.items():
        print(f"{name:24}{nats:12.3f}{nats * n_tokens / n_bytes / math.log(2):12.3f}")


def print_sae_quality(
    model: GPT2LMHeadModel, saes: dict[str, JumpReluSae], contexts: np.ndarray, clean: float, demo_tokens: np.ndarray
) -> None:
    """Per SAE: sparsity, what it preserves on held-out files, and its dead features on the demo's tokens."""
    ablated = held_out_loss(model, contexts, torch.zeros_like)
    on_demo = {name: features_of(model, sae, demo_tokens) for name, sae in saes.items()}
    columns = []
    for (name, sae), other in zip(saes.items(), reversed(saes), strict=True):
        l0, unexplained, spliced = held_out_sae_quality(model, sae, contexts)
        columns.append(
            {
                "L0": f"{l0:.1f}",
                "explained variance": f"{1 - unexplained:.1%}",
                "loss with SAE": f"{spliced:.3f}",
                "loss recovered": f"{(ablated - spliced) / (ablated - clean):.1%}",
                "L0 on demo": f"{(on_demo[name] > 0).sum(dim=1).float().mean():.1f}",
                "dead on demo": f"{(on_demo[name].amax(dim=0) <= 0).float().mean():.2%}",
                f"matched at r > {MATCH}": f"{matched_share(on_demo[name], on_demo[other]):.1%}",
            }
        )
    print(f"\nLoss with the MLP {clean:.3f}, with its neurons zeroed {ablated:.3f} nats/token")
    print(f"{'':24}" + "".join(f"{'SAE ' + name:>12}" for name in saes))
    for row in columns[0]:
        print(f"{row:24}" + "".join(f"{column[row]:>12}" for column in columns))


@torch.no_grad()
def held_out_sae_quality(model: GPT2LMHeadModel, sae: JumpReluSae, contexts: np.ndarray) -> tuple[float, float, float]:
    """Firings per position, share of the neurons' variance left unexplained, and loss with the SAE's reconstruction."""
    neurons = torch.cat([neuron_activations(model, tokens) for tokens in batches_of(contexts)])
    firings, unexplained = 0, 0.0
    for x in neurons.split(4096):
        activations = sae.encode(x)
        firings += int((activations > 0).sum())
        unexplained += (x - sae.decode(activations)).square().sum().item()
    variance = (neurons - neurons.mean(dim=0)).square().sum().item()
    spliced = held_out_loss(model, contexts, lambda neurons: sae.decode(sae.encode(neurons)))
    return firings / len(neurons), unexplained / variance, spliced


@torch.no_grad()
def held_out_loss(
    model: GPT2LMHeadModel, contexts: np.ndarray, replace: Callable[[torch.Tensor], torch.Tensor]
) -> float:
    """Mean nats per token that is not BOS, the neurons at such positions passed through `replace`."""
    total, count = 0.0, 0
    for tokens in batches_of(contexts):
        logits = logits_with_neurons(model, tokens, replace)
        losses = cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
        counts = tokens[:, 1:] != BOS_ID
        total += losses[counts.flatten()].double().sum().item()
        count += int(counts.sum())
    return total / count


@torch.no_grad()
def features_of(model: GPT2LMHeadModel, sae: JumpReluSae, contexts: np.ndarray) -> torch.Tensor:
    """Activations [seq d_sae] at all positions that are not BOS."""
    return torch.cat([sae.encode(neuron_activations(model, tokens)) for tokens in batches_of(contexts)])


def matched_share(features: torch.Tensor, others: torch.Tensor) -> float:
    """Share of the features [seq d_sae], dead ones included, that correlate above MATCH with one of the others."""
    correlations = _standardised(features).T @ _standardised(others) / len(features)
    return (correlations.amax(dim=1) > MATCH).float().mean().item()


def batches_of(contexts: np.ndarray) -> Iterator[torch.Tensor]:
    """The contexts as tensors [batch pos]."""
    return iter(torch.from_numpy(contexts).split(CONTEXTS_PER_BATCH))


def _standardised(features: torch.Tensor) -> torch.Tensor:
    centred = features - features.mean(dim=0)
    return centred / centred.square().mean(dim=0).sqrt().clamp_min(1e-9)


if __name__ == "__main__":
    main()
