"""Whether the overview and the search index say what the records say: every posting true, and none missing."""

from collections.abc import Callable, Iterator

import numpy as np

from featviz.bundle.format import OVERVIEW, OVERVIEW_BLOCKS, SEARCH, vocabulary_name
from featviz.bundle.manifest import SaeInfo
from featviz.bundle.parts.collect import Parts
from featviz.bundle.parts.overview import TOKEN_COLUMNS, Column, Overview
from featviz.bundle.parts.overview_blocks import overview_names, read_overview
from featviz.bundle.parts.postings import Postings, pack
from featviz.bundle.parts.search import read_search, search_names
from featviz.bundle.parts.spelling import Spelling
from featviz.errors import BundleError

Read = Callable[[str], bytes]
"""The bytes of a file of the release, by its name; a BundleError if it cannot be read."""
Found = Iterator[tuple[str, str]]
"""Names of files, and what is wrong in them."""


def part_names(sae: SaeInfo, read: Read) -> Iterator[tuple[str, str]]:
    """The files that an SAE's parts are made of, each with its part; a BundleError if the first is unreadable."""
    yield from overview_names(sae, read)
    if SEARCH in sae.parts:
        yield from ((SEARCH, name) for name in search_names(sae.name, sae.d_sae, read))


def part_problems(sae: SaeInfo, read: Read, records: Parts | None) -> Found:
    """What is wrong in the parts themselves and, if the records could all be read, where they differ from those."""
    if {OVERVIEW, OVERVIEW_BLOCKS} & sae.parts.keys():
        yield from _overview_problems(sae, read, records.overview(sae.d_sae) if records else None)
    if SEARCH in sae.parts:
        yield from _search_problems(sae, read, records.postings() if records else None)


def _overview_problems(sae: SaeInfo, read: Read, expected: Overview | None) -> Found:
    try:
        found = read_overview(sae, read)
    except BundleError as error:
        name, _, message = str(error).partition(": ")
        yield name, message
        return
    name = next(name for _, name in overview_names(sae, read))
    if expected:
        yield from ((name, message) for message in overview_differences(found, expected))


def overview_differences(found: Overview, expected: Overview) -> Iterator[str]:
    """Where an overview says something else than the records, one line a column."""
    texts: dict[str, int] = {}
    for column in expected.columns:
        title = " ".join(filter(None, column))
        if column not in found.columns:
            yield f"the column {title} is missing"
            continue
        wrong = np.flatnonzero(_comparable(expected, column, texts) != _comparable(found, column, texts)).tolist()
        if wrong:
            ours, theirs = (_value(overview, column, wrong[0]) for overview in (expected, found))
            yield (
                f"{title} of feature {wrong[0]} is {theirs!r}, but its record makes it {ours!r}"
                + _and_more(len(wrong), "features")
            )
    wrong = sorted(dict(found.labels.items() ^ expected.labels.items()))
    if wrong:
        yield f"the label of feature {wrong[0]} is not that of its record{_and_more(len(wrong), 'features')}"


def _comparable(overview: Overview, column: Column, texts: dict[str, int]) -> np.ndarray:
    """A column's codes; those of tokens as numbers of their texts, which ``texts`` gives out."""
    codes = overview.columns[column]
    if column.name not in TOKEN_COLUMNS:
        return codes
    numbers = np.array([0, *(texts.setdefault(spelling.text, len(texts) + 1) for spelling in overview.tokens)])
    found: np.ndarray = numbers[codes]
    return found


def _value(overview: Overview, column: Column, feature: int) -> int | str | None:
    """A feature's code, or the text of its token."""
    code = int(overview.columns[column][feature])
    if column.name not in TOKEN_COLUMNS:
        return code
    return overview.tokens[code - 1].text if code else None


def _search_problems(sae: SaeInfo, read: Read, expected: tuple[Postings, ...] | None) -> Found:
    try:
        found = read_search(sae.name, sae.d_sae, read)
    except BundleError as error:
        folder = f"{sae.name}/{SEARCH}"
        yield folder, str(error).removeprefix(f"{folder}/")
        return
    for ours, theirs in zip(expected or (), found, strict=False):
        yield from ((vocabulary_name(sae.name), message) for message in posting_differences(theirs, ours))


def posting_differences(found: Postings, expected: Postings) -> Iterator[str]:
    """Postings that one of the two has and the other lacks."""
    entries = sorted({*found.entries, *expected.entries}, key=Spelling.order)
    rank = {spelling: entry for entry, spelling in enumerate(entries)}
    ours, theirs = _within(expected, rank), _within(found, rank)
    if np.array_equal(ours, theirs):
        return
    for packed, verdict in ((np.setdiff1d(ours, theirs), "is missing"), (np.setdiff1d(theirs, ours), "is not true")):
        if packed.size:
            first = Postings(found.kind, entries, packed[:1])
            yield (
                f"the posting of feature {first.feature[0]} under {entries[first.entry[0]].text!r} "
                f"({found.kind.facets[first.facet[0]]}, class {first.strength[0]}) {verdict}"
                + _and_more(packed.size, "postings")
            )


def _within(postings: Postings, rank: dict[Spelling, int]) -> np.ndarray:
    """The packed postings, with the entries of another table."""
    entry = np.array([rank[spelling] for spelling in postings.entries], dtype=np.int64)[postings.entry]
    return np.sort(pack(entry, postings.facet, postings.strength, postings.feature))


def _and_more(wrong: int, noun: str) -> str:
    return f", and {wrong - 1} other {noun} likewise" if wrong > 1 else ""
