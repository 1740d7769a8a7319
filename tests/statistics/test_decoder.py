"""What decoder rows say by themselves."""

import numpy as np
import pytest
import torch

from featviz.records import Similarity
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
