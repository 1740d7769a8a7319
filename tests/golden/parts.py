"""What the overview and the search index of the golden files should read as."""

from typing import Any

import numpy as np

from featviz.bundle.format import release_path
from featviz.bundle.manifest import SaeInfo
from featviz.bundle.parts.overview import (
    HIGHEST_EXPONENT,
    LOWEST_EXPONENT,
    MANTISSAS,
    Column,
    Overview,
    decode_overview,
)
from featviz.bundle.parts.postings import CLASSES, TOKENS, WORDS, Collector, Postings
from featviz.bundle.parts.search import read_search
from featviz.bundle.parts.spelling import Spelling, search_key
from featviz.bundle.reader import Bundle

Json = dict[str, Any]
MANY = 1200
"""Features of the index with an overflow."""


def part_values(bundle: Bundle, sae: SaeInfo) -> Json:
    """Both parts of an SAE, nothing left to undo."""
    folder = bundle.root / release_path(bundle.manifest.release)
    overview = decode_overview((folder / sae.name / "overview.zst").read_bytes(), sae.name, sae.d_sae)
    indexes = read_search(sae.name, sae.d_sae, lambda name: (folder / name).read_bytes())
    return {
        "overview": overview_values(overview, sae.correlated_with),
        "search": {postings.kind.name: search_values(postings) for postings in indexes},
    }


def overview_values(overview: Overview, correlated_with: list[str]) -> Json:
    """Values by column, null for nothing."""

    def column(name: str, sae: str | None = None) -> list[int]:
        return overview.columns[Column(name, sae)].tolist()

    text = [None, *(spelling.text for spelling in overview.tokens)]
    return {
        "firings": column("firings"),
        "max": [_largest(code) for code in column("max")],
        "fires_on": [text[code] for code in column("fires_on")],
        "share": [code or None for code in column("share")],
        "promotes": [text[code] for code in column("promotes")],
        "correlated_feature": {
            sae: [code - 1 if code else None for code in column("correlated_feature", sae)] for sae in correlated_with
        },
        "pearson": {
            sae: [(code - 101) / 100 if code else None for code in column("pearson", sae)] for sae in correlated_with
        },
        "label": {str(feature): text for feature, text in overview.labels.items()},
    }


def _largest(code: int) -> float | None:
    if not code:
        return None
    exponent, mantissa = divmod(code - 1, MANTISSAS)
    assert exponent <= HIGHEST_EXPONENT - LOWEST_EXPONENT
    return float(f"{mantissa + 100}e{exponent + LOWEST_EXPONENT - 2}")


def search_values(postings: Postings) -> list[Json]:
    """Each entry with its features by facet and class."""
    found = [
        {
            "text": spelling.text,
            "bytes": None if spelling.part is None else spelling.part.hex(),
            "special": spelling.special,
            "key": search_key(spelling.text),
        }
        | {facet: [list[int]() for _ in range(CLASSES)] for facet in postings.kind.facets}
        for spelling in postings.entries
    ]
    columns = (postings.entry, postings.facet, postings.strength, postings.feature)
    for entry, facet, strength, feature in zip(*(column.tolist() for column in columns), strict=True):
        found[entry][postings.kind.facets[facet]][strength].append(feature)
    return found


def many_postings() -> tuple[Postings, Postings]:
    """A token that most features fire on and promote, variants of it, and some more of every sort."""
    tokens, words = Collector(TOKENS), Collector(WORDS)
    rng = np.random.default_rng(0)
    for feature in range(0, MANY, 2):
        tokens.add("promotes", [feature % 3], [Spelling(" the")], feature)
    for feature in range(1100):
        tokens.add("fires_on", [feature % 7 % 3], [Spelling(" the")], feature)
    texts = ("The", " The", "the", "THE", "\n", " ", "  a", "z", "</script>", "🔬", "été", "Été")
    rare = [Spelling(text) for text in texts]
    rare += [Spelling(r"\xe2", b"\xe2"), Spelling(r"\xe2"), Spelling("<|bos|>", None, True), Spelling("<|bos|>")]
    for spelling in rare:
        for facet in TOKENS.facets:
            for feature in rng.permutation(MANY)[: rng.integers(0, 60)].tolist():
                tokens.add(facet, [int(rng.integers(CLASSES))], [spelling], feature)
    for feature in (0, 7, 1199):
        words.add("label", [1, 1], [Spelling("été"), Spelling("words")], feature)
    return tokens.postings(), words.postings()
