"""How large the overview and the search index are, against their budgets.

``python -m tests.benchmarks.index`` makes 65,536 synthetic features of a vocabulary of 50,000 tokens, with as many
different tokens under each feature as the format allows, and prints every size beside its budget. The promoted and
suppressed tokens follow p(rank) ~ 1 / (rank + 8): one feature in eight promotes the commonest.
"""

from collections.abc import Iterator
from typing import NamedTuple

import click
import numpy as np

from featviz.bundle.parts.collect import Parts
from featviz.bundle.parts.search import search_files
from tests.synthetic import Corpus, Shape, synthetic_record

BLOCK = 1024
THIN = {"bottom": 1, "intervals": 1, "per_interval": 1}
"""Only the top windows matter here."""


class Row(NamedTuple):
    """One line of the table."""

    what: str
    found: float
    budget: float | None
    unit: str = "bytes"

    def __str__(self) -> str:
        number = f"{self.found:,.2f}" if self.found < 100 else f"{self.found:,.0f}"
        kept = self.budget is None or self.found <= self.budget
        verdict = "" if self.budget is None else f"{self.budget:>12,.0f}  {'ok' if kept else 'MISSED'}"
        return f"{self.what:<44}{number:>12} {self.unit:<8}{verdict}"


@click.command()
@click.option("--features", default=65_536, show_default=True)
@click.option("--d-vocab", default=50_000, show_default=True)
@click.option("--clean", is_flag=True, help="Features with a theme: fewer tokens to fire on.")
def main(features: int, d_vocab: int, clean: bool) -> None:
    """Print the sizes of one SAE's overview and search index."""
    parts = synthetic_parts(Corpus(0, Shape(d_sae=features, d_vocab=d_vocab, clean=clean, **THIN)))
    for row in rows(parts, features):
        click.echo(row)


def synthetic_parts(corpus: Corpus) -> Parts:
    """Both parts of SAE A, correlated with itself and with B."""
    parts = Parts("A", ("A", "B"))
    for first in range(0, corpus.shape.d_sae, BLOCK):
        features = range(first, min(first + BLOCK, corpus.shape.d_sae))
        parts.see([synthetic_record(corpus, feature, "A") for feature in features], corpus.vocabulary)
    return parts


def rows(parts: Parts, features: int) -> Iterator[Row]:
    """The table."""
    overview, postings = parts.overview(features), parts.postings()
    sizes = {name: len(data) for name, data in search_files("A", features, postings)}
    vocabulary = sizes.pop("A/search/vocabulary.json.zst")
    overflow = {name: size for name, size in sizes.items() if "/overflow/" in name}
    shards = np.array([size for name, size in sizes.items() if name not in overflow])
    total = sum(len(each.packed) for each in postings)
    yield Row("overview", len(overview.encode()) / features, 14, "a feature")
    yield Row("search vocabulary", vocabulary, 150_000)
    yield Row("search index, all of it", vocabulary + sum(sizes.values()), 3_000_000)
    yield Row("largest shard", shards.max(), 70_000)
    yield Row("a query: a shard of tokens and one of words", 2 * shards.max(), 150_000)
    yield Row("median shard", float(np.median(shards)), None)
    yield Row("shards", len(shards), None, "")
    yield Row("overflow files", len(overflow), None, "")
    yield Row("largest overflow file", max(overflow.values(), default=0), None)
    yield Row("entries", len(postings[0].entries), None, "")
    yield Row("postings a feature", total / features, None, "")
    yield Row("bytes a posting, vocabulary left out", sum(sizes.values()) / total, None, "")


if __name__ == "__main__":
    main()
