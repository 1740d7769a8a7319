"""The search for the largest changes, against sorting them all."""

import importlib
from dataclasses import replace
from itertools import pairwise
from types import ModuleType

import pytest
import torch
from torch import Tensor

from featviz.effects.ablation import ablate, read_positions
from featviz.effects.logits import LogitRows, logit_rows
from featviz.effects.partial import Partial
from featviz.effects.positions import Terms, Workspace
from featviz.errors import InputError
from featviz.sources.readout import Readout

D_MODEL, D_VOCAB, PLACES, FEATURES, K = 8, 400, 6, 4, 5
ALL = slice(None)


def effects(partial: Partial) -> tuple[Tensor, Tensor, Tensor]:
    """Changes of the loss, tokens, and their changes of log-probability."""
    loss, value = partial.effects()
    return torch.from_numpy(loss), torch.from_numpy(partial.token).long(), torch.from_numpy(value)


def integers(*shape: int, seed: int, high: int = 4) -> Tensor:
    """Small integers: their products are exact, so that ties are ties."""
    return torch.randint(-high, high + 1, shape, generator=torch.Generator().manual_seed(seed)).float()


def readout_of(unembed: Tensor, cap: float | None, centred: bool) -> Readout:
    folded = unembed - unembed.mean(0) if centred else unembed
    return Readout(folded, torch.zeros(unembed.shape[1]), centred, eps=1e-2, soft_cap=cap)


@pytest.fixture(params=["plain", "fused", "triton"])
def by(request: pytest.FixtureRequest) -> ModuleType:
    """The ways to the same numbers; Triton's kernels are run by its interpreter."""
    if request.param == "triton":
        pytest.importorskip("triton", reason="Triton is not made for this platform")
    return importlib.import_module(f"featviz.effects.{request.param}")


class Case:
    """Some positions and features, every pair of them."""

    def __init__(self, by: ModuleType, unembed: Tensor, cap: float | None, centred: bool, activation: float = 2.0):
        self.by = by
        self.readout = readout_of(unembed, cap, centred)
        self.residual, self.decoder = integers(PLACES, D_MODEL, seed=1) + 1, integers(FEATURES, D_MODEL, seed=2)
        self.place, self.row = torch.cartesian_prod(torch.arange(PLACES), torch.arange(FEATURES)).T
        self.activation = torch.full((len(self.place),), activation)
        self.target = torch.arange(len(self.place)) * 7 % unembed.shape[1]

    def rows(self, tokens: slice = ALL) -> LogitRows:
        return logit_rows(self.readout.centre(self.decoder), self.readout.part(tokens))

    def partial(self, rows: LogitRows, tokens: slice = ALL) -> Partial:
        """What a slice of the vocabulary says."""
        readout = self.readout.part(tokens)
        at = read_positions(self.residual, readout, Workspace.of(PLACES, readout), self.by)
        decoder = self.readout.centre(self.decoder)
        columns = self.by.factors(self.residual, decoder, (self.place, self.row, self.activation), readout)
        found = ablate(at, rows, Terms(self.place, self.row, *columns), self.target - (tokens.start or 0), K, self.by)
        found.token[:] += tokens.start or 0
        return found

    def ablate(self, rows: LogitRows) -> tuple[Tensor, Tensor, Tensor]:
        return effects(self.partial(rows))

    def change(self) -> Tensor:
        """Of every log-probability, by running the readout again in float64. [pair d_vocab]"""
        wide = replace(self.readout, unembed=self.readout.unembed.double(), bias=self.readout.bias.double())
        residual, taken = self.residual.double()[self.place], self.activation[:, None] * self.decoder.double()[self.row]
        clean, ablated = (wide.logits(each).log_softmax(-1) for each in (residual, residual - taken))
        return clean - ablated


def ranked(change: Tensor) -> Tensor:
    """The tokens of the largest and of the smallest changes, ties (within float64's rounding) by token. [pair 2K]"""
    rounded = change.mul(2**30).round()
    return torch.cat(
        [(sign * rounded).sort(dim=-1, descending=True, stable=True).indices[:, :K] for sign in (1, -1)], dim=1
    )


CAPS = pytest.mark.parametrize("cap", [None, 6.0], ids=["no cap", "cap"])
CENTRED = pytest.mark.parametrize("centred", [True, False], ids=["LayerNorm", "RMSNorm"])


@CAPS
@pytest.mark.parametrize("distinct", [50, 5000])
def test_of_many_blocks_of_tokens(by: ModuleType, cap: float | None, distinct: int) -> None:
    generator = torch.Generator().manual_seed(3)
    unembed = (
        integers(D_MODEL, distinct, seed=0) if distinct < 5000 else torch.randn(D_MODEL, 5000, generator=generator)
    )
    case = Case(by, unembed[:, torch.randint(distinct, (5000,), generator=generator)], cap, True)
    loss, token, value = case.ablate(case.rows())
    change = case.change()
    expected = ranked(change)
    found = change.gather(1, token)
    if distinct < 5000:
        assert torch.equal(token, expected)
    torch.testing.assert_close(value.double(), change.gather(1, expected), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(value.double(), found, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(loss.double(), -change.gather(1, case.target[:, None])[:, 0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seed", range(10))
def test_changes_that_are_nothing_but_rounding(by: ModuleType, seed: int) -> None:
    """A feature along the residual itself, which the norm takes out again."""
    generator = torch.Generator().manual_seed(seed)
    unembed, residual = (torch.randn(shape, generator=generator) for shape in ((D_MODEL, 3000), (PLACES, D_MODEL)))
    readout = Readout(unembed, torch.zeros(3000), False, eps=0.0, soft_cap=None)
    at = read_positions(residual, readout, Workspace.of(PLACES, readout), by)
    place = torch.arange(PLACES)
    columns = by.factors(residual, residual, (place, place, torch.full((PLACES,), 0.3)), readout)
    found = ablate(at, logit_rows(residual, readout), Terms(place, place, *columns), place, K, by)
    loss, token, value = effects(found)
    assert value.abs().max() < 1e-4
    assert loss.abs().max() < 1e-4
    assert all(len(set(row[half].tolist())) == K for row in token for half in (slice(K), slice(K, None)))


@CAPS
@CENTRED
@pytest.mark.parametrize("distinct", [3, 40, D_VOCAB])
def test_it_is_the_full_computation_with_ties_by_token(
    by: ModuleType, cap: float | None, centred: bool, distinct: int
) -> None:
    columns = torch.randint(distinct, (D_VOCAB,), generator=torch.Generator().manual_seed(3))
    case = Case(by, integers(D_MODEL, distinct, seed=0)[:, columns], cap, centred)
    loss, token, value = case.ablate(case.rows())
    change = case.change()
    expected = ranked(change)
    assert torch.equal(token, expected)
    torch.testing.assert_close(value.double(), change.gather(1, expected), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(loss.double(), -change.gather(1, case.target[:, None])[:, 0], rtol=1e-4, atol=1e-5)


@CAPS
@pytest.mark.parametrize("distinct", [3, D_VOCAB])
@pytest.mark.parametrize("ends", [[0, 200, 400], [0, 5, 395, 400], [0, 100, 200, 300, 400]])
def test_slices_of_the_vocabulary_add_up_to_all_of_it(
    by: ModuleType, cap: float | None, distinct: int, ends: list[int]
) -> None:
    columns = torch.randint(distinct, (D_VOCAB,), generator=torch.Generator().manual_seed(3))
    case = Case(by, integers(D_MODEL, distinct, seed=0)[:, columns], cap, centred=True)
    whole = Partial.empty(len(case.place), 2 * K)
    for low, high in pairwise(ends):
        part = case.partial(case.rows(slice(low, high)), slice(low, high))
        whole.add(part)
    for found, expected in zip(effects(whole), case.ablate(case.rows()), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("by", ["fused"], indirect=True)
@CAPS
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("activation", [1e-4, 1.0, 300.0])
def test_where_the_search_begins_makes_no_difference(
    by: ModuleType, cap: float | None, seed: int, activation: float
) -> None:
    generator = torch.Generator().manual_seed(seed)
    near_ties = 1 + 1e-6 * torch.randn((D_MODEL, D_VOCAB), generator=generator)
    unembed = near_ties if seed % 2 else torch.randn((D_MODEL, D_VOCAB), generator=generator)
    case = Case(by, unembed, cap, centred=bool(seed % 3), activation=activation)
    rows, all_tokens = case.rows(), torch.arange(D_VOCAB).expand(FEATURES, -1)
    elsewhere = torch.stack([torch.randperm(D_VOCAB, generator=generator)[: K + 1] for _ in range(FEATURES)])
    full = case.ablate(replace(rows, highest=all_tokens, lowest=all_tokens))
    for start in (rows, replace(rows, highest=elsewhere, lowest=elsewhere), replace(rows, highest=rows.lowest)):
        for found, expected in zip(case.ablate(start), full, strict=True):
            assert torch.equal(found, expected)


def test_equal_logits_everywhere_are_ranked_by_token(by: ModuleType) -> None:
    case = Case(by, torch.ones((D_MODEL, D_VOCAB)), None, centred=False)
    _, token, value = case.ablate(case.rows())
    assert token.tolist() == [[*range(K), *range(K)]] * len(case.place)
    torch.testing.assert_close(value, torch.zeros_like(value), rtol=0, atol=1e-5)


@CAPS
def test_a_vocabulary_smaller_than_what_is_asked_for_is_shown_whole(by: ModuleType, cap: float | None) -> None:
    case = Case(by, integers(D_MODEL, 3, seed=0), cap, centred=True)
    _, token, _ = case.ablate(case.rows())
    assert {tuple(sorted(row)) for half in token.split(3, dim=1) for row in half.tolist()} == {(0, 1, 2)}


@CAPS
def test_a_feature_that_writes_nothing_changes_nothing(by: ModuleType, cap: float | None) -> None:
    case = Case(by, integers(D_MODEL, D_VOCAB, seed=0), cap, centred=True)
    case.decoder = torch.zeros_like(case.decoder)
    loss, _, value = case.ablate(case.rows())
    torch.testing.assert_close(loss, torch.zeros_like(loss), rtol=0, atol=1e-5)
    torch.testing.assert_close(value, torch.zeros_like(value), rtol=0, atol=1e-5)


def test_a_small_effect_of_a_large_residual_loses_no_digits(by: ModuleType) -> None:
    case = Case(by, integers(D_MODEL, D_VOCAB, seed=0), None, centred=True, activation=1e-3)
    case.residual = case.residual * 100
    _, token, value = case.ablate(case.rows())
    torch.testing.assert_close(value.double(), case.change().gather(1, token), rtol=1e-2, atol=1e-7)


@pytest.mark.parametrize("spoiled", [torch.inf, torch.nan])
def test_a_residual_that_is_not_finite_is_refused(by: ModuleType, spoiled: float) -> None:
    case = Case(by, integers(D_MODEL, D_VOCAB, seed=0), None, centred=True)
    case.residual[2, 3] = spoiled
    with pytest.raises(InputError, match="final residual holds NaN or infinite values"):
        case.ablate(case.rows())


@pytest.mark.filterwarnings("ignore:overflow encountered in exp")  # Triton's interpreter says it
@CAPS
def test_logits_far_outside_float32_exponentials_are_no_trouble(by: ModuleType, cap: float | None) -> None:
    case = Case(by, integers(D_MODEL, D_VOCAB, seed=0) * 100, cap, centred=False)
    loss, token, value = case.ablate(case.rows())
    change = case.change()
    assert change.abs().max() > (1 if cap else 300)
    assert torch.isfinite(loss).all()
    torch.testing.assert_close(value.double(), change.gather(1, token), rtol=1e-4, atol=1e-3)
