"""What decoder rows say by themselves."""

import numpy as np
import pytest
import torch

from featviz.records import Similarity
from featviz.statistics import cosines
from featviz.statistics.cosines import Cosines
from featviz.statistics.decoder import neuron_alignments, similar_features
from tests.agreement import same_alignment, same_similarity
from tests.reference import statistics

ZERO = 3


@pytest.fixture(scope="module")
def decoder() -> torch.Tensor:
    rows = torch.randn((20, 6), generator=torch.Generator().manual_seed(0))
    rows[ZERO] = 0
    return rows


def similar(decoder: torch.Tensor, k: int, block: int = 512) -> list[Similarity | None]:
    return [each for part in similar_features(decoder, range(len(decoder)), k, block) for each in part]


@pytest.mark.parametrize("k", [1, 4, 100])
def test_alignment_is_that_of_the_reference(decoder: torch.Tensor, k: int) -> None:
    for row, found in zip(decoder.double().numpy(), neuron_alignments(decoder, k), strict=True):
        same_alignment(found, statistics.alignment(row, k))


def test_alignment_keeps_the_sign_and_ranks_by_size() -> None:
    [found] = neuron_alignments(torch.tensor([[1.0, -3.0, 2.0]]), 2)
    assert (found.neuron.tolist(), found.value.tolist(), found.share.tolist()) == ([1, 2], [-3, 2], [0.5, 1 / 3])


def test_ties_are_ranked_by_neuron() -> None:
    [found] = neuron_alignments(torch.tensor([[1.0, -1.0, 1.0]]), 3)
    assert found.neuron.tolist() == [0, 1, 2]


def test_a_zero_row_has_no_shares(decoder: torch.Tensor) -> None:
    found = neuron_alignments(decoder, 2)[ZERO]
    assert (found.neuron.tolist(), found.value.tolist()) == ([0, 1], [0, 0])
    assert np.isnan(found.share).all()


@pytest.mark.parametrize("block", [1, 7, 512])
@pytest.mark.parametrize("k", [1, 4, 100])
def test_similarity_is_that_of_the_reference(decoder: torch.Tensor, k: int, block: int) -> None:
    for feature, found in enumerate(similar(decoder, k, block)):
        same_similarity(found, statistics.similarity(decoder.double().numpy(), feature, k))


def test_a_copy_of_a_row_is_the_most_similar() -> None:
    found = similar(torch.tensor([[1.0, 2.0], [-2.0, 1.0], [2.0, 4.0]]), 1)
    assert [each.feature.tolist() for each in found if each] == [[2], [0], [0]]
    assert found[0] is not None
    assert found[0].cosine[0] == pytest.approx(1)


def test_a_single_feature_has_none_like_it() -> None:
    assert similar(torch.ones((1, 3)), 5) == [None]


def test_some_rows_have_what_they_have_among_all(decoder: torch.Tensor) -> None:
    some = [each for part in similar_features(decoder, range(5, 12), 4) for each in part]
    for table, expected in zip(some, similar(decoder, 4)[5:12], strict=True):
        assert table
        assert expected
        np.testing.assert_array_equal(table.feature, expected.feature)


@pytest.fixture
def crowded() -> torch.Tensor:
    """Rows of which some are alone, some in a crowd that bfloat16 does not tell apart, some copies, some zero."""
    generator = torch.Generator().manual_seed(1)
    rows = torch.randn((400, 32), generator=generator)
    rows[100:200] = rows[100] + 1e-4 * torch.randn((100, 32), generator=generator)
    rows[200:210] = rows[200] * torch.arange(1, 11)[:, None]
    rows[300:310] = 0
    return rows


@pytest.mark.parametrize("units", [True, False], ids=["bfloat16", "float32"])
@pytest.mark.parametrize("k", [1, 5, 60])
def test_the_way_by_bfloat16_hides_none(
    crowded: torch.Tensor, monkeypatch: pytest.MonkeyPatch, units: bool, k: int
) -> None:
    monkeypatch.setattr(cosines, "has_bfloat16_units", lambda: units)
    wide = torch.nn.functional.normalize(crowded.double(), dim=1)
    cosine = (wide @ wide.T).fill_diagonal_(-torch.inf)
    silent = crowded.norm(dim=1) == 0
    cosine[:, silent] = -torch.inf
    for feature, found in enumerate(similar(crowded, k, 64)):
        if silent[feature]:
            assert found is None
            continue
        assert found is not None
        expected = cosine[feature].topk(k).values.numpy()
        np.testing.assert_allclose(found.cosine, expected, atol=1e-6)
        np.testing.assert_allclose(cosine[feature, found.feature], expected, atol=1e-6)


def test_bfloat16_is_certain_of_rows_in_general_position_alone(
    crowded: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosines, "has_bfloat16_units", lambda: True)
    *_, certain = Cosines.of(crowded)._screened(torch.arange(len(crowded)), 3)
    assert not certain[100:200].any()
    assert certain[200:210].all()
    assert certain[:100].mean() > 0.9


def test_copies_are_ranked_by_feature(crowded: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cosines, "has_bfloat16_units", lambda: True)
    crowded[200:210] = crowded[200]
    found = similar(crowded, 9)[204]
    assert found is not None
    assert found.feature.tolist() == [200, 201, 202, 203, 205, 206, 207, 208, 209]
