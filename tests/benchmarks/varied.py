"""Records of very many features, each made from one of a few whole ones: as large, and made a dozen times faster."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from featviz.records import Correlation, LogitTable, Record, Similarity
from tests.synthetic import Corpus, synthetic_record

TEMPLATES = 2048
TABLES = 32
NEIGHBOURS = 64
"""Tokens about as frequent as each other: one feature's stand for another's."""


class VariedRecords:
    """Other tokens, other promoted and suppressed ones and other links than those of the record it is made from."""

    def __init__(self, corpus: Corpus, sae: str, templates: int = TEMPLATES) -> None:
        self.corpus = corpus
        self._sae = sae
        count = min(templates, corpus.shape.d_sae)
        self._templates = [synthetic_record(corpus, feature, sae) for feature in range(count)]
        rng = np.random.default_rng(corpus.seed)
        self._tables = [self._table(rng) for _ in range(TABLES)]

    def _table(self, rng: np.random.Generator) -> np.ndarray:
        """A permutation of the vocabulary that moves no token far; BOS (0) stays."""
        ids = np.arange(self.corpus.shape.d_vocab)
        for first in range(1, ids.size, NEIGHBOURS):
            rng.shuffle(ids[first : first + NEIGHBOURS])
        return ids

    def records(self, features: range) -> list[Record]:
        """The records of some features."""
        return [self._record(feature) for feature in features]

    def _record(self, feature: int) -> Record:
        record = self._templates[feature % len(self._templates)]
        if feature < len(self._templates):
            return record
        rng = self.corpus.generator(feature, self._sae)
        table = self._tables[rng.integers(TABLES)]
        effects = replace(record.windows.effects, token=table[record.windows.effects.token])
        assert record.logit_table
        halves = (record.logit_table.negative, record.logit_table.positive)
        return replace(
            record,
            feature=feature,
            correlated_features=dict(self._correlations(record, feature, rng)),
            similar_features=self._similar(record.similar_features, feature, rng),
            logit_table=LogitTable(
                *(replace(half, token=self.corpus.moved(rng, way)) for half, way in zip(halves, (1, 0), strict=True))
            ),
            windows=replace(record.windows, tokens=table[record.windows.tokens], effects=effects),
        )

    def _correlations(
        self, record: Record, feature: int, rng: np.random.Generator
    ) -> Iterator[tuple[str, Correlation | None]]:
        for name, found in record.correlated_features.items():
            if found:
                others = self._others(found.index.size, feature, rng)
                if name != self._sae and feature % 4 < 2:
                    others[:1] = feature ^ 1  # whose best match this one is
                found = replace(found, index=others)
            yield name, found

    def _similar(self, found: Similarity | None, feature: int, rng: np.random.Generator) -> Similarity | None:
        return found and replace(found, feature=self._others(found.feature.size, feature, rng))

    def _others(self, count: int, feature: int, rng: np.random.Generator) -> np.ndarray:
        """Neighbouring features, somewhere else."""
        d_sae = self.corpus.shape.d_sae
        return (feature + rng.integers(1, d_sae - count) + np.arange(count)) % d_sae
