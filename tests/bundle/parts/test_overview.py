from dataclasses import replace

import numpy as np
import pytest

from featviz.bundle.codec.compression import compress, decompress
from featviz.bundle.parts.overview import Column, Overview, RecordOverview, decode_overview, max_code
from featviz.bundle.parts.spelling import Spelling
from featviz.errors import BundleError
from featviz.records import Correlation, Record, Vocabulary

SAES = ("A", "B")


def overview_of(records: list[Record], vocabulary: Vocabulary) -> Overview:
    seen = RecordOverview(SAES)
    seen.see(records, vocabulary)
    return seen.overview("A", len(records))


@pytest.fixture
def overview(records: list[Record], vocabulary: Vocabulary) -> Overview:
    return overview_of(records, vocabulary)


def test_an_overview_comes_back(overview: Overview) -> None:
    found = decode_overview(overview.encode(), "A", 6)
    assert (found.tokens, found.labels) == (overview.tokens, overview.labels)
    assert {column: codes.tolist() for column, codes in found.columns.items()} == {
        column: codes.tolist() for column, codes in overview.columns.items()
    }


def test_an_overview_of_nothing_comes_back(vocabulary: Vocabulary) -> None:
    assert decode_overview(overview_of([], vocabulary).encode(), "A", 0).tokens == []


def test_a_dead_feature_has_no_more_than_a_promoted_token(overview: Overview) -> None:
    codes = {column: int(overview.columns[column][1]) for column in overview.columns}
    assert {column.name for column, code in codes.items() if code} == {"promotes"}


def test_firings_of_a_feature_that_always_fires(overview: Overview, records: list[Record]) -> None:
    assert overview.columns[Column("firings")].tolist() == [record.firings for record in records]


def test_the_tokens_are_those_of_the_record(overview: Overview, records: list[Record], vocabulary: Vocabulary) -> None:
    promoted = [overview.tokens[code - 1].text for code in overview.columns[Column("promotes")]]
    tables = [record.logit_table for record in records]
    assert promoted == [vocabulary.text[table.positive.token[0]] for table in tables if table]


def test_labels_are_kept(overview: Overview) -> None:
    assert overview.labels == {4: "closing </script> tags & “quotes”"}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, 0),
        (1.0, 1 + 900 * 36),
        (9.99, 900 + 900 * 36),
        (9.996, 1 + 900 * 37),
        (3.41, 242 + 900 * 36),
        (0.0341, 242 + 900 * 34),
        (1e-36, 1),
        (9.99e35, 64800),
    ],
)
def test_codes_of_the_largest_activation(value: float | None, code: int) -> None:
    assert max_code(value) == code


@pytest.mark.parametrize("value", [1e36, 9e-37])
def test_a_largest_activation_out_of_range_is_refused(value: float) -> None:
    with pytest.raises(BundleError, match="outside 1e-36 … 1e36"):
        max_code(value)


@pytest.mark.parametrize(
    ("pearson", "code"), [(1.0, 201), (-1.0, 1), (0.0, 101), (0.87654, 189), (-0.004, 101), (np.nan, 0)]
)
def test_codes_of_correlations(records: list[Record], vocabulary: Vocabulary, pearson: float, code: int) -> None:
    best = Correlation(np.array([3]), np.array([pearson]), np.array([0.5]))
    record = replace(records[0], correlated_features={"A": best, "B": None})
    columns = overview_of([record], vocabulary).columns
    assert columns[Column("pearson", "A")].tolist() == [code]
    assert columns[Column("correlated_feature", "A")].tolist() == [4 if code else 0]
    assert columns[Column("pearson", "B")].tolist() == [0]


def test_columns_take_as_few_bytes_as_their_largest_code() -> None:
    codes = np.array([1, 0x1FF, 0])
    text = decompress(Overview("A", 3, [], {Column("firings"): codes}, {}).encode(), b"FVO")
    assert text.endswith(b"\x01\xff\x00" + b"\x00\x01\x00")


def test_a_reader_passes_over_columns_of_later_versions() -> None:
    later = Overview("A", 2, [], {Column("later"): np.array([1, 2]), Column("firings"): np.array([3, 4])}, {})
    assert list(decode_overview(later.encode(), "A", 2).columns) == [Column("firings")]


def encoded(**changed: object) -> bytes:
    parts: dict = {"sae": "A", "features": 2, "tokens": [Spelling("a")], "labels": {}}  # type: ignore[type-arg]
    columns = {Column(str(name)): np.array(codes) for name, codes in changed.items()}
    return Overview(**parts, columns=columns).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (encoded(fires_on=[0, 2]), r"columns\[0\].name: fires_on has the code 2; the highest is 1"),
        (encoded(share=[0, 101]), "share has the code 101"),
        (encoded(max=[0, 64801]), "max has the code 64801"),
        (compress(decompress(encoded(firings=[1, 2]), b"FVO")[:-1]), "ends 1 bytes too early"),
        (compress(decompress(encoded(firings=[1, 2]), b"FVO") + b"?"), "1 bytes too many"),
        (compress(b"FVS\x01"), "not a part"),
        (compress(b"FVO\x02"), "format version 2"),
        (b"<!doctype html>", "HTML page"),
        (encoded()[:-1], "damaged or truncated"),
        (Overview("B", 2, [], {}, {}).encode(), 'holds features of SAE "B", not of "A"'),
        (Overview("A", 3, [], {}, {}).encode(), "features: expected 2, found 3"),
    ],
)
def test_refuses(data: bytes, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        decode_overview(data, "A", 2)
