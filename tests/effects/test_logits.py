"""Logit rows, and the extreme entries of rows."""

import pytest
import torch
from torch import Tensor, nn

from featviz.effects.logits import CANDIDATES, centred, directions, extreme, logit_rows
from featviz.errors import InputError
from featviz.sources.readout import FinalNorm, Readout, measure_readout

D_OUT, D_MODEL, D_VOCAB = 5, 8, 300


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module", params=["LayerNorm", "RMSNorm"])
def readout(request: pytest.FixtureRequest) -> Readout:
    norm, unembed = getattr(nn, request.param)(D_MODEL, eps=1e-5), nn.Linear(D_MODEL, D_VOCAB)
    norm.weight.data, unembed.weight.data = random(D_MODEL), random(D_VOCAB, D_MODEL, seed=1)
    return measure_readout(FinalNorm(norm, D_MODEL, 1e-5, torch.device("cpu")), unembed)


def test_logits_are_the_direction_through_the_unembedding(readout: Readout) -> None:
    way = random(D_OUT, D_MODEL, seed=3)
    decoder = random(4, D_OUT, seed=2)
    rows = logit_rows(directions(decoder, way, readout), readout)
    torch.testing.assert_close(rows.logits, readout.centre(decoder @ way) @ readout.unembed)


def test_without_a_way_the_decoder_row_is_the_direction(readout: Readout) -> None:
    decoder = random(4, D_MODEL)
    assert torch.equal(directions(decoder, None, readout), readout.centre(decoder))


def test_candidates_are_the_ends_of_each_row(readout: Readout) -> None:
    rows = logit_rows(random(3, D_MODEL), readout)
    order = rows.logits.argsort(dim=-1)
    for feature in range(3):
        assert set(rows.lowest[feature].tolist()) == set(order[feature, :CANDIDATES].tolist())
        assert set(rows.highest[feature].tolist()) == set(order[feature, -CANDIDATES:].tolist())


def test_logits_that_overflow_are_refused(readout: Readout) -> None:
    with pytest.raises(InputError, match="overflow float32"):
        logit_rows(torch.full((1, D_MODEL), 3e38) * torch.arange(D_MODEL), readout)


def test_centred_rows_sum_to_nothing() -> None:
    logits = random(3, 1000) + torch.tensor([[0.0], [1e3], [-1e5]])
    assert centred(logits).double().mean(-1).abs().max() < 1e-2
    torch.testing.assert_close(centred(logits)[0], logits[0] - logits[0].double().mean().float())


def naive(values: Tensor, k: int) -> tuple[list[list[float]], list[list[int]]]:
    """Sorted in plain Python, ties by index."""
    order = [sorted(range(len(row)), key=lambda index: (-row[index], index))[:k] for row in values.tolist()]
    return [[row[index] for index in best] for row, best in zip(values.tolist(), order, strict=True)], order


@pytest.mark.parametrize("k", [1, 3, 10, 64, 70, 1000])
@pytest.mark.parametrize("width", [40, 64, 300])
@pytest.mark.parametrize("levels", [1, 2, 5, 1_000_000])
def test_the_largest_are_found_with_ties_by_index(k: int, width: int, levels: int) -> None:
    values = torch.randint(levels, (30, width), generator=torch.Generator().manual_seed(levels)).float()
    best, index = extreme(values, k)
    assert (best.tolist(), index.tolist()) == naive(values, k)


@pytest.mark.parametrize("k", [1, 3, 10])
def test_infinities_are_ranked_and_what_is_no_number_is_told(k: int) -> None:
    values = torch.randn((30, 300), generator=torch.Generator().manual_seed(0))
    values[:, ::3] = -torch.inf
    values[::2, 1] = torch.inf
    best, index = extreme(values, k)
    assert (best.tolist(), index.tolist()) == naive(values, k)
    values[:, 5:] = torch.nan
    assert not torch.isfinite(extreme(values, 10)[0]).all()


def test_a_tie_at_the_edge_goes_to_the_lower_index() -> None:
    assert extreme(torch.tensor([[1.0, 2.0, 1.0, 1.0]]), 2)[1].tolist() == [[1, 0]]
