"""The frozen files of ``tests/golden``, which the browser's reader is tested with too."""

import json
from pathlib import Path

import pytest

import tests.golden
from featviz.bundle.checks.check import check
from featviz.bundle.codec.compression import decompress
from featviz.bundle.codec.decode import decode_chunk
from featviz.bundle.codec.encode import chunk_json
from featviz.bundle.codec.tokens import Tokens
from featviz.bundle.format import chunk_path
from featviz.bundle.parts.search import read_search
from featviz.bundle.reader import Bundle
from featviz.bundle.show import show
from featviz.errors import BundleError
from featviz.records import Vocabulary
from tests.golden.parts import MANY, part_values, search_values

GOLDEN = Path(tests.golden.__file__).parent
NOTES = json.loads((GOLDEN / "broken" / "notes.json").read_text(encoding="utf-8"))
EXPECTED = json.loads((GOLDEN / "v1" / "expected.json").read_text(encoding="utf-8"))

PARTS = json.loads((GOLDEN / "v1" / "expected_parts.json").read_text(encoding="utf-8"))
MANY_POSTINGS = json.loads((GOLDEN / "search" / "expected.json").read_text(encoding="utf-8"))


def first_chunk(sae: str) -> bytes:
    bundle = Bundle.open(GOLDEN / "v1")
    return (bundle.root / chunk_path(bundle.manifest.release, sae, 0)).read_bytes()


def test_the_golden_bundle_is_whole() -> None:
    assert check(GOLDEN / "v1").problems == []


@pytest.mark.parametrize("sae", EXPECTED)
def test_the_golden_bundle_reads_as_expected(sae: str) -> None:
    bundle = Bundle.open(GOLDEN / "v1")
    assert [show(bundle, feature, sae) for feature in range(len(EXPECTED[sae]))] == EXPECTED[sae]


@pytest.mark.parametrize("sae", EXPECTED)
def test_the_golden_records_are_still_written_so(sae: str) -> None:
    chunk = decode_chunk(first_chunk(sae))
    text = chunk_json(sae, 0, chunk.records, vocabulary_of(chunk.tokens))
    assert text == decompress(first_chunk(sae))


def vocabulary_of(tokens: Tokens) -> Vocabulary:
    text = [tokens.text.get(token, "") for token in range(max(tokens.text) + 1)]
    return Vocabulary(text, tokens.partial, tokens.special)


@pytest.mark.parametrize("sae", PARTS)
def test_the_golden_parts_read_as_expected(sae: str) -> None:
    bundle = Bundle.open(GOLDEN / "v1")
    assert part_values(bundle, bundle.sae(sae)) == PARTS[sae]


def test_the_golden_index_reads_as_expected() -> None:
    indexes = read_search("A", MANY, lambda name: (GOLDEN / "search" / name).read_bytes())
    assert {postings.kind.name: search_values(postings) for postings in indexes} == MANY_POSTINGS


@pytest.mark.parametrize("name", ["chunk.json", "chunk.json.gz", "chunk.json.zst"])
def test_served_in_any_way_it_is_the_same_chunk(name: str) -> None:
    data = (GOLDEN / "served" / name).read_bytes()
    assert decompress(data) == decompress(first_chunk("A"))


@pytest.mark.parametrize("name", NOTES)
def test_broken_chunks_are_refused_with_a_reason(name: str) -> None:
    with pytest.raises(BundleError, match=NOTES[name]["python"]):
        decode_chunk((GOLDEN / "broken" / name).read_bytes(), "A", 0)
