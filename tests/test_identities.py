"""The two identities that make effects fast, each against the slow way."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from featviz.effects import fused
from featviz.effects.ablation import ablate, read_positions
from featviz.effects.logits import logit_rows
from featviz.effects.positions import Terms, Workspace
from featviz.sources.readout import FinalNorm, Readout, measure_readout
from tests.comparison import Compared

D_MODEL, D_VOCAB, EPS, K = 16, 300, 1e-2, 5


def filled(module: nn.Module) -> nn.Module:
    """The module with weights and biases far from their defaults."""
    generator = torch.Generator().manual_seed(0)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return module


@pytest.fixture(params=["LayerNorm", "RMSNorm"])
def norm(request: pytest.FixtureRequest) -> nn.Module:
    kind: Callable[..., nn.Module] = getattr(nn, request.param)
    return filled(kind(D_MODEL, eps=EPS))


@pytest.fixture
def unembed() -> nn.Module:
    return filled(nn.Linear(D_MODEL, D_VOCAB))


def measured(norm: nn.Module, unembed: nn.Module, cap: float | None) -> Readout:
    return measure_readout(FinalNorm(norm, D_MODEL, EPS, torch.device("cpu")), unembed, cap)


@torch.no_grad()
def log_probs(residual: Tensor, norm: nn.Module, unembed: nn.Module, cap: float | None) -> Tensor:
    """By the modules themselves, in float64."""
    logits = unembed.double()(norm.double()(residual.double()))
    unembed.float(), norm.float()
    return (cap * torch.tanh(logits / cap) if cap else logits).log_softmax(-1)


@pytest.mark.parametrize("cap", [None, 8.0])
@pytest.mark.parametrize("activation", [1e-3, 1.0, 30.0])
def test_ablation_without_a_second_unembedding_is_exact(
    norm: nn.Module, unembed: nn.Module, cap: float | None, activation: float
) -> None:
    generator = torch.Generator().manual_seed(1)
    residual = torch.randn((20, D_MODEL), generator=generator) + 1
    direction = torch.randn((3, D_MODEL), generator=generator) + 0.5
    readout = measured(norm, unembed, cap)
    place, row = torch.cartesian_prod(torch.arange(20), torch.arange(3)).T
    target = torch.arange(len(place)) % D_VOCAB
    amount = torch.full((len(place),), activation)
    written = readout.centre(direction)
    terms = Terms(place, row, *fused.factors(residual, written, (place, row, amount), readout))
    at = read_positions(residual, readout, Workspace.of(len(residual), readout))
    found = ablate(at, logit_rows(written, readout), terms, target, K)
    (loss, value), token = map(torch.from_numpy, found.effects()), torch.from_numpy(found.token).long()

    clean = log_probs(residual, norm, unembed, cap)[place]
    change = clean - log_probs(residual[place] - activation * direction[row], norm, unembed, cap)
    largest = torch.cat([change.topk(K).values, change.topk(K, largest=False).values], dim=1)
    torch.testing.assert_close(loss.double(), -change.gather(1, target[:, None])[:, 0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(value.double(), largest, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(change.gather(1, token), largest, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_the_final_norm_is_the_models_own_at_every_size(norm: nn.Module, unembed: nn.Module, size: float) -> None:
    residual = size * (torch.randn((5, D_MODEL), generator=torch.Generator().manual_seed(1)) + 1)
    found = measured(norm, unembed, None).logits(residual).log_softmax(-1)
    torch.testing.assert_close(found.double(), log_probs(residual, norm, unembed, None), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("sae", ["A", "B"])
def test_where_a_feature_is_zero_its_removal_changes_nothing(both_paths: dict[str, Compared], sae: str) -> None:
    truth = both_paths[sae].truth
    for feature in range(0, len(truth.sae.b_enc), 7):
        removal = truth.removal(feature)
        for seq, pos in np.argwhere(truth.dense(feature) == 0):
            np.testing.assert_allclose(removal.change(seq, pos), 0, atol=1e-12)
