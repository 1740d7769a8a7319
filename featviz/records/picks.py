"""A few features that make a good first look."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from featviz.records import Record
from featviz.records.targets import top_targets

WANTED = 12
FEWEST_FIRINGS = 20


@dataclass
class Picks:
    """The clearest feature for each of the commonest target tokens: one that fires on little else."""

    clearest: dict[int, tuple[float, int]] = field(default_factory=dict)
    """By target token: (clarity, -feature)."""

    def see(self, records: Iterable[Record]) -> None:
        """Consider some records, in the order of their features."""
        for record in records:
            if record.firings >= FEWEST_FIRINGS and len(top_targets(record)):
                token, clarity = _theme(record)
                self._consider(token, clarity, -record.feature)

    def arrays(self) -> dict[str, np.ndarray]:
        """What was seen, for `add`."""
        clarity, feature = zip(*self.clearest.values(), strict=True) if self.clearest else ((), ())
        return {
            "picks.token": np.array(list(self.clearest), dtype=np.int64),
            "picks.clarity": np.array(clarity, dtype=np.float64),
            "picks.feature": np.array(feature, dtype=np.int64),
        }

    def add(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take in what was seen of other features."""
        columns = (arrays[f"picks.{key}"].tolist() for key in ("token", "clarity", "feature"))
        for token, clarity, feature in zip(*columns, strict=True):
            self._consider(token, clarity, feature)

    def _consider(self, token: int, clarity: float, feature: int) -> None:
        self.clearest[token] = max(self.clearest.get(token, (-1.0, 0)), (clarity, feature))

    def best(self) -> list[int]:
        """Up to 12 feature numbers, no two with the same favourite token, the clearest first."""
        ranked = sorted(self.clearest.values(), reverse=True)[:WANTED]
        return [-feature for _, feature in ranked]


def _theme(record: Record) -> tuple[int, float]:
    """The commonest target of the top windows, and its clearness: its share times the feature's largest logit."""
    targets = top_targets(record)
    token, hits = Counter(targets.tolist()).most_common(1)[0]
    return token, hits / len(targets) * _strength(record)


def _strength(record: Record) -> float:
    """The largest logit; 1 where an import has none."""
    return float(record.logit_table.positive.logit[0]) if record.logit_table else 1.0
