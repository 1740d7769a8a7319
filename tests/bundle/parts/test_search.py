from collections.abc import Callable
from itertools import pairwise

import numpy as np
import orjson
import pytest

from featviz.bundle.codec.compression import compress, decompress
from featviz.bundle.parts.postings import TOKENS, WORDS, Collector, Postings, pack
from featviz.bundle.parts.search import read_search, read_vocabulary, search_files, search_names
from featviz.bundle.parts.shards import BEST, Place, decode_shard, encode_shard
from featviz.bundle.parts.spelling import Spelling, search_key
from featviz.errors import BundleError
from tests.golden.parts import MANY, many_postings

Files = dict[str, bytes]
VOCABULARY = "A/search/vocabulary.json.zst"
EXAMPLE = Place("A", 16, TOKENS, False, 0, 2)


def example() -> np.ndarray:
    """The one in ``format.md``."""
    columns = ([0, 0, 0, 0, 1], [0, 0, 0, 1, 0], [0, 0, 0, 1, 2], [2, 3, 9, 5, 15])
    return pack(*(np.array(column) for column in columns))


def test_the_bytes_are_those_of_the_specification() -> None:
    assert decompress(encode_shard(EXAMPLE, example()), b"FVS").hex(" ") == (
        "46 56 53 01 01 41 00 00 00 02 03 00 00 00 00 01 00 00 01 00 00 00 00 00 00 00 00 00 ec 01 99 fe"
    )


@pytest.fixture
def files() -> Files:
    return dict(search_files("A", MANY, many_postings(), shard_bytes=200))


def read(files: Files) -> tuple[Postings, ...]:
    def file(name: str) -> bytes:
        if name not in files:
            raise BundleError("cannot be read")
        return files[name]

    return read_search("A", MANY, file)


def test_an_index_comes_back(files: Files) -> None:
    for found, expected in zip(read(files), many_postings(), strict=True):
        assert found.entries == expected.entries
        np.testing.assert_array_equal(found.packed, expected.packed)


def test_an_index_without_labels_and_one_of_dead_features_come_back() -> None:
    empty = (Collector(TOKENS).postings(), Collector(WORDS).postings())
    files = dict(search_files("A", 5, empty))
    assert list(files) == [VOCABULARY]
    assert [found.packed.size for found in read_search("A", 5, files.__getitem__)] == [0, 0]


def test_the_vocabulary_names_every_file(files: Files) -> None:
    assert sorted(search_names("A", MANY, files.__getitem__)) == sorted(files)


def shards(files: Files) -> list[list[int]]:
    """The entries in each."""
    tokens = read_vocabulary("A", MANY, files.__getitem__)[0]
    bounds = [*tokens.shards.tolist(), len(tokens.entries)]
    return [list(range(*pair)) for pair in pairwise(bounds)]


def test_variants_of_a_token_stand_in_one_shard(files: Files) -> None:
    entries = many_postings()[0].entries
    keys = [{search_key(entries[entry].text) for entry in shard} for shard in shards(files)]
    assert len(keys) > 3
    assert sum(map(len, keys)) == len(set.union(*keys))


def test_variants_that_would_fill_more_than_a_shard_are_torn_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featviz.bundle.parts.shards.GROUP_BYTES", 100)
    files = dict(search_files("A", MANY, many_postings(), shard_bytes=50))
    entries = many_postings()[0].entries
    keys = [search_key(entries[shard[0]].text) for shard in shards(files)]
    assert keys.count("the") > 1


def test_a_shard_holds_the_best_thousand_and_the_rest_overflows(files: Files) -> None:
    tokens = read_vocabulary("A", MANY, files.__getitem__)[0]
    (entry,) = tokens.overflow.tolist()
    place = Place("A", MANY, TOKENS, True, entry, 1)
    over = Postings(TOKENS, [], decode_shard(files["A/search/tokens/overflow/0/0.zst"], place))
    everything = many_postings()[0]
    here = (everything.entry == entry) & (everything.facet == 0)
    assert over.packed.tolist() == everything.packed[here][BEST:].tolist()
    assert tokens.entries[entry] == Spelling(" the")


def test_files_stand_256_to_a_folder() -> None:
    collector = Collector(TOKENS)
    for token in range(300):
        collector.add("promotes", [0], [Spelling(f"t{token:03}")], 1)
    empty = Collector(WORDS).postings()
    names = [name for name, _ in search_files("A", 5, (collector.postings(), empty), shard_bytes=0)]
    assert names[255:257] == ["A/search/tokens/0/255.zst", "A/search/tokens/1/256.zst"]


def changed_vocabulary(files: Files, change: Callable[[dict], object]) -> Files:  # type: ignore[type-arg]
    content = orjson.loads(decompress(files[VOCABULARY]))
    change(content)
    return files | {VOCABULARY: compress(orjson.dumps(content))}


FIRST, SECOND = "A/search/tokens/0/0.zst", "A/search/tokens/0/1.zst"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda files: {FIRST: files[SECOND]}, r"tokens/0/0.zst: it is the file of .*, not of"),
        (lambda files: {FIRST: files[FIRST][:-5]}, "tokens/0/0.zst: damaged or truncated"),
        (lambda files: {FIRST: b"<html>"}, "tokens/0/0.zst: not a part: .*HTML page"),
        (lambda files: {VOCABULARY: b"{}"}, "vocabulary.json.zst: vocabulary: the key 'format' is missing"),
        (lambda files: changed_vocabulary(files, lambda v: v.update(format=2)), "format version 2"),
        (lambda files: changed_vocabulary(files, lambda v: v.update(sae="B")), 'of SAE "B", not of "A"'),
        (lambda files: changed_vocabulary(files, lambda v: v.update(features=7)), "features: expected 1200, found 7"),
        (
            lambda files: changed_vocabulary(files, lambda v: v["tokens"]["postings"].__setitem__(0, 999)),
            "tokens entry 0 has 999 postings, but its files hold",
        ),
        (
            lambda files: changed_vocabulary(files, lambda v: v["tokens"].update(shards=[1])),
            "tokens.shards: expected the first shard to begin at entry 0",
        ),
        (
            lambda files: changed_vocabulary(files, lambda v: v["words"]["overflow"].append(0)),
            "words/overflow/0/0.zst: cannot be read",
        ),
    ],
)
def test_refuses(files: Files, change: Callable[[Files], Files], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        read(files | change(files))


def test_refuses_a_shard_of_another_sae() -> None:
    with pytest.raises(BundleError, match="it is the file of"):
        decode_shard(encode_shard(EXAMPLE, example()), EXAMPLE._replace(sae="B"))
