"""One feature as JSON in real units, for ``featviz show``. ``site_template/docs/format.md`` documents the keys."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from featviz.bundle.codec.tokens import Tokens
from featviz.bundle.reader import Bundle, record_in
from featviz.records import Correlation, Effects, Group, Record, TokenLogits, Windows

Json = dict[str, Any]


def show(bundle: Bundle, feature: int, sae: str | None = None) -> Json:
    """Everything the bundle knows about a feature of ``sae`` (of the first SAE, if None)."""
    name = bundle.sae(sae).name
    chunk = bundle.chunk_with(name, feature)
    record = record_in(chunk, feature)
    imported = bundle.manifest.imported
    shown = Shown(record, chunk.tokens, None if imported is None else imported.token_ids)
    return {
        "sae": name,
        "feature": record.feature,
        "firings": record.firings,
        "density": record.firings / max(bundle.manifest.tokens.counted, 1),
        "max": record.max,
        **_statistics(record),
        "logit_table": shown.logit_table(),
        "logit_histogram": _columns(record.logit_histogram),
        "groups": shown.groups(bundle.manifest.settings["intervals"]),
    }


def _statistics(record: Record) -> Json:
    return {
        "label": _columns(record.label),
        "neuron_alignment": _columns(record.neuron_alignment),
        "correlated_neurons": _correlation("neuron", record.correlated_neurons),
        "correlated_features": {
            sae: _correlation("feature", correlation) for sae, correlation in record.correlated_features.items()
        },
        "similar_features": _columns(record.similar_features),
        "activation_histogram": _columns(record.activation_histogram),
    }


def _columns(part: Any) -> Json | None:
    return part and {key: _plain(getattr(part, key)) for key in part.__slots__}


def _correlation(noun: str, correlation: Correlation | None) -> Json | None:
    if correlation is None:
        return None
    columns = _columns(correlation)
    return columns and {noun: columns.pop("index"), **columns}


def _plain(value: Any) -> Any:
    """Arrays as lists, with None for NaN."""
    if not isinstance(value, np.ndarray):
        return value
    return [None if item != item else item for item in value.tolist()]


def _tidy(values: np.ndarray) -> list[float]:
    """Scaled values without the last bits' noise: 3.4, not 3.4000000000000004."""
    return [float(f"{value:.10g}") for value in values.tolist()]


class Shown:
    """A record's windows and tokens, nested as one reads them."""

    def __init__(self, record: Record, tokens: Tokens, ids: int | None) -> None:
        self._record = record
        self._tokens = tokens
        self._ids = ids
        """Token ids from here on are none of the vocabulary; None if all are."""

    def token(self, token: int) -> Json:
        """A token's id and text, with its ``bytes`` where it is a part of a character."""
        part = self._tokens.partial.get(token)
        known = self._ids is None or token < self._ids
        return {"id": token if known else None, "text": self._tokens.text[token]} | (
            {} if part is None else {"bytes": part.hex()}
        )

    def logit_table(self) -> Json | None:
        """Both halves of the table."""
        table = self._record.logit_table
        if table is None:
            return None
        return {"negative": self.logits(table.negative), "positive": self.logits(table.positive)}

    def logits(self, logits: TokenLogits) -> list[Json]:
        """Tokens with their logits."""
        pairs = zip(logits.token.tolist(), _plain(logits.logit), strict=True)
        return [self.token(token) | {"logit": logit} for token, logit in pairs]

    def groups(self, intervals: int) -> list[Json]:
        """The groups, each with its own windows."""
        windows = iter(self._windows())
        return [
            {
                "kind": group.kind,
                "index": group.index,
                **_bounds(group, self._record.max or 0.0, intervals),
                "population": group.population,
                "windows": [next(windows) for _ in range(group.windows)],
            }
            for group in self._record.groups
        ]

    def _windows(self) -> Iterator[Json]:
        windows = self._record.windows
        tokens = iter(self._flat_tokens(windows))
        columns = (windows.seq, windows.pos, windows.start, windows.count, windows.length)
        for seq, pos, start, count, length in zip(*(column.tolist() for column in columns), strict=True):
            shown = [next(tokens) for _ in range(length)]
            yield {"sequence": seq, "position": pos, "start": start, "count": count, "tokens": shown}

    def _flat_tokens(self, windows: Windows) -> list[Json]:
        activation: list[float | None] = [0.0] * windows.tokens.size
        for at, value in zip(windows.activation_at.tolist(), _tidy(windows.activation), strict=True):
            activation[at] = value
        for at in windows.uncounted.tolist():
            activation[at] = None
        nothing = {"loss_effect": None, "top": None, "bottom": None}
        effects = self._effects(windows.effects)
        pairs = zip(windows.tokens.tolist(), activation, strict=True)
        return [
            self.token(token) | {"activation": value} | effects.get(at, nothing)
            for at, (token, value) in enumerate(pairs)
        ]

    def _effects(self, effects: Effects) -> dict[int, Json]:
        """By flat index of the affected token."""
        half = effects.token.shape[1] // 2
        shown = {}
        rows = zip(effects.at.tolist(), _tidy(effects.loss), effects.token.tolist(), effects.value, strict=True)
        for at, loss, token, value in rows:
            changes = [self.token(t) | {"change": change} for t, change in zip(token, _tidy(value), strict=True)]
            shown[at] = {"loss_effect": loss, "top": changes[:half], "bottom": changes[half:]}
        return shown


def _bounds(group: Group, largest: float, intervals: int) -> Json:
    if group.index is None:
        return {"low": 0.0, "high": largest}
    width = largest / max(intervals, 1)
    return {"low": width * group.index, "high": width * (group.index + 1)}
