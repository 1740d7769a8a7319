import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featviz.bundle.parts.rice import decode_runs, encode_runs, rice_parameters, run_bits
from featviz.errors import BundleError


@st.composite
def runs(draw: st.DrawFn) -> tuple[int, list[list[int]]]:
    """A number of features, and runs of some of them."""
    features = draw(st.integers(1, 3000))
    run = st.sets(st.integers(0, features - 1), max_size=20).map(sorted)
    return features, draw(st.lists(run, max_size=8))


def columns(lists: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    counts = np.array([len(run) for run in lists], dtype=np.int64)
    return counts, np.array([feature for run in lists for feature in run], dtype=np.int64)


@given(runs())
def test_runs_come_back(case: tuple[int, list[list[int]]]) -> None:
    features, lists = case
    counts, members = columns(lists)
    assert decode_runs(counts, encode_runs(counts, members, features), features).tolist() == members.tolist()


@given(runs())
def test_the_size_is_known_before(case: tuple[int, list[list[int]]]) -> None:
    features, lists = case
    counts, members = columns(lists)
    size = run_bits(counts, members, features).sum() / 8
    assert size <= len(encode_runs(counts, members, features)) < size + 2


@given(st.integers(1, 2**24), st.integers(1, 5000))
def test_k_is_the_largest_that_the_format_allows(features: int, count: int) -> None:
    k = int(rice_parameters(np.array([count]), features)[0])
    assert 16 * count * 2**k <= 11 * features or k == 0
    assert 16 * count * 2 ** (k + 1) > 11 * features


def test_every_feature_of_an_sae_takes_a_bit_each() -> None:
    assert encode_runs(np.array([80]), np.arange(80), 80) == bytes(10)


COUNTS, MEMBERS = np.array([3, 0, 2]), np.array([1, 5, 99, 0, 7])
ENCODED = encode_runs(COUNTS, MEMBERS, 100)


@pytest.mark.parametrize(
    ("counts", "data", "message"),
    [
        (COUNTS, ENCODED[:-1], "do not hold the 5 postings"),
        (COUNTS, ENCODED + b"\xff", "do not hold the 5 postings"),
        (COUNTS, ENCODED + b"\x00", "do not hold the 5 postings"),
        (COUNTS, b"", "0 bytes cannot hold them"),
        (np.array([3, 0, 10**9]), ENCODED, "promise 1000000003 postings"),
        (np.array([9]), b"\0\0", "ends within its lists"),
    ],
)
def test_refuses_lists_that_do_not_go_with_their_counts(counts: np.ndarray, data: bytes, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        decode_runs(counts, data, 100)


def test_refuses_a_feature_beyond_the_last() -> None:
    counts, beyond = np.array([1]), np.array([99])
    with pytest.raises(BundleError, match="names feature 99; the SAE has 90"):
        decode_runs(counts, encode_runs(counts, beyond, 90), 90)
