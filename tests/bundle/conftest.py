from pathlib import Path

import pytest

from featviz.bundle.codec.encode import chunk_json, encode_chunk
from featviz.records import Record, Vocabulary
from tests.synthetic import TINY, synthetic_bundle, synthetic_records, synthetic_vocabulary


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return synthetic_vocabulary(TINY.d_vocab)


@pytest.fixture(scope="session")
def records() -> list[Record]:
    """Six tiny features; ``synthetic_records`` says what is odd about them."""
    return synthetic_records(6, shape=TINY)


@pytest.fixture(scope="session")
def chunk_text(records: list[Record], vocabulary: Vocabulary) -> bytes:
    """The JSON of a tiny chunk."""
    return chunk_json("A", 0, records, vocabulary)


@pytest.fixture(scope="session")
def chunk_bytes(records: list[Record], vocabulary: Vocabulary) -> bytes:
    """A tiny chunk as it is published."""
    return encode_chunk("A", 0, records, vocabulary)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A bundle of two SAEs of six features, two a chunk."""
    synthetic_bundle(tmp_path / "site", features=6, chunk_size=2, shape=TINY)
    return tmp_path / "site"
