"""The same build by the fast path and by the reference."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from featviz.pipeline.compute import compute_records
from featviz.pipeline.inputs import load_inputs
from featviz.records import Record
from featviz.select.shuffle import Shuffle
from featviz.settings import Settings
from tests import tiny
from tests.reference import forward as reference
from tests.reference import settings as reference_settings
from tests.reference.record import Truth
from tests.reference.windows import Position


@dataclass(frozen=True)
class Compared:
    """One SAE's records by both paths."""

    truth: Truth
    fast: list[Record]
    slow: dict[int, Record]

    def __iter__(self) -> Iterator[tuple[Record, Record]]:
        """(fast, slow) of every feature that the reference computed."""
        return ((self.fast[feature], record) for feature, record in self.slow.items())


def compare(files: tiny.Tiny, settings: Settings, features: Collection[int]) -> dict[str, Compared]:
    """Both paths of both SAEs; the reference for some features only."""
    fast = fast_records(settings)
    return {
        name: Compared(truth, fast[name], {feature: truth.record(feature) for feature in features})
        for name, truth in truths(files, settings).items()
    }


def settings_of(files: tiny.Tiny, **changed: Any) -> Settings:
    """Settings of a build of the tiny model."""
    paths = Settings(model=str(files.model), sae=str(files.sae_a), sae_b=str(files.sae_b), tokens=str(files.tokens))
    return replace(paths, **changed)


def fast_records(settings: Settings) -> dict[str, list[Record]]:
    """The product's records, by SAE."""
    return compute_records(load_inputs(settings), settings)


def truths(files: tiny.Tiny, settings: Settings) -> dict[str, Truth]:
    """The reference with the same settings, tokens and random order, by SAE."""
    known = {field.name: getattr(settings, field.name) for field in fields(reference_settings.Settings)}
    masked = set() if settings.count_special else {tiny.BOS_ID}
    masked |= {int(number) for number in filter(None, settings.mask_ids.split(","))}
    forward = reference.run(files.model, np.load(settings.tokens), masked)
    if settings.sink_norm:
        forward = replace(forward, counts=forward.counts & ~sinks(forward, settings.sink_norm))
    saes = {"A": reference.read_sae(files.sae_a), "B": reference.read_sae(files.sae_b)}
    shuffle = Shuffle(settings.seed, len(forward.positions))
    drawn = np.random.default_rng(settings.seed).permutation(len(forward.positions))

    def order(feature: int) -> list[Position]:
        return [forward.positions[ordinal] for ordinal in np.roll(drawn, -shuffle.start(feature))]

    return {name: Truth(forward, saes, name, order, reference_settings.Settings(**known)) for name in saes}


def sinks(forward: reference.Forward, factor: int) -> np.ndarray:
    """Positions whose neurons are longer than so many times the median of those that count. [seq pos]"""
    norm = np.linalg.norm(forward.neurons, axis=-1)
    return np.asarray(norm > factor * np.median(norm[forward.counts]))


def close(found: Record, expected: Record) -> None:
    """The same windows with the same values, to the rounding of their columns."""
    for column in ("seq", "pos", "start", "length", "count", "tokens", "activation_at", "uncounted"):
        np.testing.assert_array_equal(getattr(found.windows, column), getattr(expected.windows, column))
    largest = expected.max or 0
    np.testing.assert_allclose(found.windows.activation, expected.windows.activation, atol=largest / 900)
    effect = np.abs(expected.windows.effects.loss).max(initial=0)
    np.testing.assert_allclose(found.windows.effects.loss, expected.windows.effects.loss, atol=effect / 900 + 1e-4)
