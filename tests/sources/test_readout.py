"""Final norm and unembedding, read off the modules."""

import pytest
import torch
from torch import Tensor, nn

from featviz.errors import InputError
from featviz.sources.readout import FinalNorm, Readout, measure_readout

D_MODEL, D_VOCAB, EPS = 8, 20, 1e-2


class GainFromOne(nn.Module):
    """An RMSNorm whose weight w means a gain of 1 + w."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(D_MODEL, eps=EPS, elementwise_affine=False)
        self.weight = nn.Parameter(torch.zeros(D_MODEL))

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x) * (1 + self.weight)


class LargestNorm(nn.Module):
    """Divides by the largest entry: neither of the norms that are known."""

    def forward(self, x: Tensor) -> Tensor:
        return x / (x.abs().amax(-1, keepdim=True) + EPS)


NORMS = {
    "LayerNorm": lambda: nn.LayerNorm(D_MODEL, eps=EPS),
    "LayerNorm without gain": lambda: nn.LayerNorm(D_MODEL, eps=EPS, elementwise_affine=False),
    "RMSNorm": lambda: nn.RMSNorm(D_MODEL, eps=EPS),
    "RMSNorm with 1 + w": GainFromOne,
}


def randomised(module: nn.Module, seed: int = 0) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return module


@pytest.fixture(params=NORMS)
def norm(request: pytest.FixtureRequest) -> nn.Module:
    return randomised(NORMS[request.param]())


@pytest.fixture
def unembed() -> nn.Linear:
    linear = nn.Linear(D_MODEL, D_VOCAB)
    randomised(linear, seed=1)
    return linear


@pytest.fixture
def residual() -> Tensor:
    return torch.randn((5, D_MODEL), generator=torch.Generator().manual_seed(2)) + 0.3


def measured(norm: nn.Module, unembed: nn.Module, cap: float | None = None, eps: float = EPS) -> Readout:
    return measure_readout(FinalNorm(norm, D_MODEL, eps, torch.device("cpu")), unembed, cap)


@torch.no_grad()
def test_the_logits_are_those_of_the_modules(norm: nn.Module, unembed: nn.Module, residual: Tensor) -> None:
    torch.testing.assert_close(measured(norm, unembed).logits(residual), unembed(norm(residual)), rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_the_soft_cap_comes_last(norm: nn.Module, unembed: nn.Module, residual: Tensor) -> None:
    expected = 3 * torch.tanh(unembed(norm(residual)) / 3)
    torch.testing.assert_close(measured(norm, unembed, cap=3.0).logits(residual), expected, rtol=1e-5, atol=1e-5)


def test_it_knows_which_norm_centres(norm: nn.Module, unembed: nn.Module) -> None:
    assert measured(norm, unembed).centred == isinstance(norm, nn.LayerNorm)


@torch.no_grad()
def test_a_gain_folded_into_the_unembedding_makes_no_difference(unembed: nn.Linear, residual: Tensor) -> None:
    norm = nn.LayerNorm(D_MODEL, eps=EPS)
    randomised(norm)
    plain, folded = nn.LayerNorm(D_MODEL, eps=EPS), nn.Linear(D_MODEL, D_VOCAB)
    weight = unembed.weight * norm.weight
    folded.weight.copy_(weight - weight.mean(0) - (weight - weight.mean(0)).mean(1, keepdim=True))
    folded.bias.copy_(unembed.bias + unembed.weight @ norm.bias)
    folded.bias.sub_(folded.bias.mean())
    one, other = measured(norm, unembed), measured(plain, folded)
    torch.testing.assert_close(
        one.logits(residual).log_softmax(-1), other.logits(residual).log_softmax(-1), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("seed", range(20))
def test_no_start_of_the_weights_keeps_a_norm_from_being_recognised(seed: int, unembed: nn.Module) -> None:
    assert measured(randomised(nn.LayerNorm(D_MODEL, eps=EPS), seed), unembed).centred


def test_another_norm_is_refused(unembed: nn.Module) -> None:
    with pytest.raises(InputError, match="neither a LayerNorm nor an RMSNorm"):
        measured(LargestNorm(), unembed)


def test_a_norm_with_another_eps_than_configured_is_refused(unembed: nn.Module) -> None:
    with pytest.raises(InputError, match="with the eps of its configuration"):
        measured(nn.LayerNorm(D_MODEL, eps=EPS), unembed, eps=1e-6)
