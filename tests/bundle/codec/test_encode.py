from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featviz.bundle.codec.decode import decode_chunk
from featviz.bundle.codec.encode import chunk_json, encode_chunk
from featviz.errors import BundleError
from featviz.records import Record, Vocabulary
from tests.bundle.comparison import assert_same_record
from tests.synthetic import TINY, Shape, synthetic_records, synthetic_vocabulary

shapes = st.builds(
    replace,
    st.just(TINY),
    window=st.integers(0, 12),
    bottom=st.integers(0, 4),
    bins=st.integers(1, 8),
    effect_tokens=st.integers(1, 4),
    logit_tokens=st.integers(1, 5),
)


@settings(max_examples=40, deadline=None)
@given(shapes, st.integers(0, 2**32), st.sampled_from(["A", "B"]))
def test_records_come_back(shape: Shape, seed: int, sae: str) -> None:
    records = synthetic_records(6, seed, shape, sae)
    chunk = decode_chunk(encode_chunk(sae, 0, records, synthetic_vocabulary(shape.d_vocab)))
    for found, expected in zip(chunk.records, records, strict=True):
        assert_same_record(found, expected)


def test_tokens_come_back(records: list[Record], vocabulary: Vocabulary, chunk_bytes: bytes) -> None:
    tokens = decode_chunk(chunk_bytes).tokens
    used = {token for record in records for token in record.windows.tokens.tolist()}
    assert used <= set(tokens.text)
    assert tokens.text == {token: vocabulary.text[token] for token in tokens.text}
    assert tokens.partial == {token: part for token, part in vocabulary.partial.items() if token in tokens.text}
    assert tokens.special == vocabulary.special


def test_the_same_records_give_the_same_bytes(
    records: list[Record], vocabulary: Vocabulary, chunk_bytes: bytes
) -> None:
    assert encode_chunk("A", 0, records, vocabulary) == chunk_bytes


def test_what_was_decoded_encodes_to_the_same_json(vocabulary: Vocabulary, chunk_text: bytes) -> None:
    assert chunk_json("A", 0, decode_chunk(chunk_text).records, vocabulary) == chunk_text


def test_frequent_tokens_have_the_low_indices(chunk_text: bytes) -> None:
    chunk = orjson.loads(chunk_text)
    windows = [index for record in chunk["features"] for index in record["windows"]["tokens"]]
    effects = [index for record in chunk["features"] for index in record["windows"]["effect"]["token"]]
    table = [record["logit_table"][half]["token"] for record in chunk["features"] for half in ("negative", "positive")]
    counts = np.bincount([*windows, *effects, *np.concatenate(table)])
    assert (np.diff(counts) <= 0).all()


def test_statistics_that_do_not_exist_are_null(chunk_text: bytes) -> None:
    assert orjson.loads(chunk_text)["features"][3]["correlated_features"]["B"]["pearson"] == [None] * 3


def test_a_weak_firing_is_not_stored_as_silence(records: list[Record], vocabulary: Vocabulary) -> None:
    windows = records[0].windows
    weak = np.where(np.arange(windows.activation.size) == 1, 1e-9, windows.activation)
    record = replace(records[0], windows=replace(windows, activation=weak))
    assert decode_chunk(encode_chunk("A", 0, [record], vocabulary)).records[0].windows.activation[1] > 0


def test_scaled_columns_must_be_finite(records: list[Record], vocabulary: Vocabulary) -> None:
    windows = records[2].windows
    broken = replace(windows, activation=np.full(windows.activation.size, np.nan))
    with pytest.raises(BundleError, match=r"feature 2: .* NaN"):
        encode_chunk("A", 2, [replace(records[2], windows=broken)], vocabulary)


def test_features_of_a_chunk_are_consecutive(records: list[Record], vocabulary: Vocabulary) -> None:
    with pytest.raises(BundleError, match=r"consecutive features; found \[0, 2\]"):
        encode_chunk("A", 0, [records[0], records[2]], vocabulary)


def test_tokens_must_be_in_the_vocabulary(records: list[Record]) -> None:
    with pytest.raises(BundleError, match="not in the vocabulary, whose ids run from 0 to 24"):
        encode_chunk("A", 0, records, synthetic_vocabulary(25))


def test_arrays_of_other_types_and_strides_encode_alike(
    records: list[Record], vocabulary: Vocabulary, chunk_bytes: bytes
) -> None:
    windows = records[0].windows
    strided = np.repeat(windows.tokens, 2)[::2]
    record = replace(records[0], windows=replace(windows, tokens=strided, seq=windows.seq.astype(np.int32)))
    assert encode_chunk("A", 0, [record, *records[1:]], vocabulary) == chunk_bytes
