"""The recipe of the demo's weights: `python -m featviz.demo.train --out DIR`.

Tokenizer, then model, then both SAEs side by side; about three quarters of an hour on two busy CPU cores. The shipped
weights were made with the default steps, on the standard library of Python 3.11.
"""

import argparse
from pathlib import Path
from typing import Any

import torch

from featviz.demo import MODEL_FOLDER
from featviz.demo.contexts import load_tokenizer, token_stream
from featviz.demo.corpus import training_documents
from featviz.demo.train_model import train_model
from featviz.demo.train_sae import train_sae
from featviz.demo.train_tokenizer import train_tokenizer

SAE_SEEDS = {"sae_a": 1, "sae_b": 2}


def main() -> None:
    """Read the options and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder to write python-1l/, sae_a/ and sae_b/ in")
    parser.add_argument("--model-steps", type=int, default=6500)
    parser.add_argument("--sae-steps", type=int, default=3500)
    parser.add_argument("--threads", type=int, default=2, help="of the processor, over all that is trained at once")
    options = parser.parse_args()
    train(options.out, options.model_steps, options.sae_steps, options.threads)


def train(out: Path, model_steps: int, sae_steps: int, threads: int) -> None:
    """Write `python-1l/`, `sae_a/` and `sae_b/` in the folder `out`."""
    torch.set_num_threads(threads)
    documents = training_documents()
    print(f"{len(documents)} documents, {sum(len(text) for _, text in documents):,} characters", flush=True)
    train_tokenizer(documents, out / MODEL_FOLDER.name)
    stream = token_stream(load_tokenizer(out / MODEL_FOLDER.name), documents)
    print(f"{len(stream):,} tokens", flush=True)
    train_model(stream, model_steps, out / MODEL_FOLDER.name)
    workers = [
        torch.multiprocessing.get_context("spawn").Process(
            target=_train_sae_alone,
            args=(max(1, threads // len(SAE_SEEDS)), stream, out / MODEL_FOLDER.name, sae_steps, seed, out / name),
        )
        for name, seed in SAE_SEEDS.items()
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise SystemExit("training an SAE failed: see above")


def _train_sae_alone(threads: int, *arguments: Any) -> None:
    torch.set_num_threads(threads)
    train_sae(*arguments)


if __name__ == "__main__":
    main()
