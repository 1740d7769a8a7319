"""Records of realistic shape, made of seeded noise."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from featviz.records import (
    Correlation,
    Effects,
    Group,
    Histogram,
    Label,
    LogitTable,
    NeuronAlignment,
    Record,
    Similarity,
    TokenLogits,
    Windows,
)
from tests.synthetic.corpus import DEFAULT, Corpus, Shape


def synthetic_records(features: int, seed: int = 0, shape: Shape = DEFAULT, sae: str = "A") -> list[Record]:
    """Records of features 0 … features − 1 of ``sae``, with correlations in "A" and "B".

    Feature 1 is dead, 2 always fires, 3 lacks every statistic that may be missing, 4 has a label, 5 fires eight times.
    """
    corpus = Corpus(seed, shape)
    return [_special_case(corpus, feature, sae) for feature in range(features)]


def _special_case(corpus: Corpus, feature: int, sae: str) -> Record:
    shape = corpus.shape
    if feature == 1:
        return _dead(corpus, feature, sae)
    if feature == 2:
        return _record(corpus, feature, sae, shape.counted)
    record = _record(corpus, feature, sae, 8 if feature == 5 else None)
    if feature == 3:
        nothing = np.full(3, np.nan)
        unknown = Correlation(np.arange(3) % shape.d_sae, nothing, nothing)
        return replace(
            record,
            neuron_alignment=None,
            correlated_neurons=None,
            correlated_features={"A": None, "B": unknown},
            similar_features=None,
        )
    if feature == 4:
        return replace(record, label=Label("closing </script> tags & “quotes”", 0.82, "a test"))
    return record


def _dead(corpus: Corpus, feature: int, sae: str) -> Record:
    record = _record(corpus, feature, sae, 1)
    nothing = np.empty(0, dtype=np.int64)
    silent = np.empty(0)
    windows = Windows(
        *(nothing,) * 7, silent, nothing, Effects(nothing, silent, np.empty((0, 0), dtype=np.int64), np.empty((0, 0)))
    )
    return replace(
        record,
        firings=0,
        max=None,
        correlated_neurons=None,
        correlated_features={"A": None, "B": None},
        activation_histogram=None,
        groups=[],
        windows=windows,
    )


def _record(corpus: Corpus, feature: int, sae: str, firings: int | None) -> Record:
    shape, rng = corpus.shape, corpus.generator(feature, sae)
    firings = firings or int(rng.integers(10 + shape.counted // 300, 20 + shape.counted // 30))
    activations = np.sort(rng.beta(1, 2, firings) * rng.uniform(1, 9) + 0.01)[::-1]
    logits = np.sort(rng.normal(0, 0.02, shape.d_vocab))
    groups = _groups(shape, activations)
    return Record(
        feature=feature,
        firings=firings,
        max=float(activations[0]),
        neuron_alignment=_alignment(shape, rng),
        correlated_neurons=_correlation(_some(rng, shape.d_mlp), rng),
        correlated_features={
            other: _correlation(_some(rng, shape.d_sae, feature if other == sae else None), rng) for other in "AB"
        },
        similar_features=_similarity(_some(rng, shape.d_sae, feature), rng),
        activation_histogram=_histogram(activations, shape.bins),
        logit_table=LogitTable(
            TokenLogits(rng.permutation(shape.d_vocab)[: shape.logit_tokens], logits[: shape.logit_tokens]),
            TokenLogits(rng.permutation(shape.d_vocab)[: shape.logit_tokens], logits[::-1][: shape.logit_tokens]),
        ),
        logit_histogram=_histogram(logits, shape.bins),
        groups=groups,
        windows=_windows(corpus, rng, groups, activations),
    )


def _alignment(shape: Shape, rng: np.random.Generator) -> NeuronAlignment:
    value = _falling(rng, 3) * np.array([1, -1, 1])
    return NeuronAlignment(_some(rng, shape.d_mlp), value, np.abs(value) / 20)


def _some(rng: np.random.Generator, size: int, without: int | None = None) -> np.ndarray:
    """Three (or as many as there are) different indices below ``size``."""
    others = np.setdiff1d(np.arange(size), [] if without is None else [without])
    return rng.permutation(others)[:3]


def _correlation(index: np.ndarray, rng: np.random.Generator) -> Correlation:
    return Correlation(index, _falling(rng, index.size), _falling(rng, index.size))


def _similarity(feature: np.ndarray, rng: np.random.Generator) -> Similarity:
    return Similarity(feature, _falling(rng, feature.size))


def _falling(rng: np.random.Generator, size: int) -> np.ndarray:
    return np.sort(rng.random(size))[::-1]


def _histogram(values: np.ndarray, bins: int) -> Histogram:
    counts, edges = np.histogram(values, bins)
    return Histogram(float(edges[0]), float(edges[-1]), counts)


def _groups(shape: Shape, activations: np.ndarray) -> list[Group]:
    bounds = activations[0] * np.arange(shape.intervals + 1) / shape.intervals
    bounds[-1] = np.inf
    groups = [Group("top", min(shape.top, activations.size), activations.size)]
    for index in reversed(range(shape.intervals)):
        population = int(((activations > bounds[index]) & (activations <= bounds[index + 1])).sum())
        groups.append(Group("interval", min(shape.per_interval, population), population, index))
    return [*groups, Group("bottom", shape.bottom, shape.counted)]


def _windows(corpus: Corpus, rng: np.random.Generator, groups: Sequence[Group], activations: np.ndarray) -> Windows:
    shape = corpus.shape
    n = sum(group.windows for group in groups)
    seq, pos = rng.integers(0, shape.sequences, n), rng.integers(1, shape.context, n)
    start = np.maximum(pos - shape.window, 0)
    length = np.minimum(pos + shape.window + 1, shape.context) - start
    opening = np.cumsum(length) - length
    flat_seq = np.repeat(seq, length)
    flat_pos = np.arange(length.sum()) - np.repeat(opening - start, length)
    density = 1.0 if activations.size == shape.counted else 0.085
    background = np.where(rng.random(flat_pos.size) < density, rng.exponential(0.2, flat_pos.size) * activations[0], 0)
    background[opening + pos - start] = _targets(rng, groups, activations)
    activation = np.where(flat_pos == 0, 0, np.minimum(background, activations[0]))
    at = np.flatnonzero(activation)
    return Windows(
        seq=seq,
        pos=pos,
        start=start,
        length=length,
        count=_counts(rng, groups),
        tokens=corpus.tokens[flat_seq, flat_pos],
        activation_at=at,
        activation=activation[at],
        uncounted=np.flatnonzero(flat_pos == 0),
        effects=_effects(corpus, rng, np.flatnonzero((np.roll(activation, 1) > 0) & (flat_pos > 0))),
    )


def _counts(rng: np.random.Generator, groups: Sequence[Group]) -> np.ndarray:
    """How often each window's tokens occur: mostly once."""
    room = np.repeat([group.population // max(group.windows, 1) for group in groups], [g.windows for g in groups])
    return np.where(rng.random(room.size) < 0.1, np.minimum(rng.integers(2, 40, room.size), room), 1)


def _targets(rng: np.random.Generator, groups: Sequence[Group], activations: np.ndarray) -> np.ndarray:
    """The targets' activations, falling in each group; silent at the bottom unless the feature always fires."""
    largest, always = activations[0], activations.size == groups[-1].population
    width = 1 / max(sum(group.kind == "interval" for group in groups), 1)
    values = []
    for group in groups:
        low, high = (1 - width, 1.0) if group.index is None else (group.index * width, (group.index + 1) * width)
        low, high = (low, high) if group.kind != "bottom" else (0.001 * always, 0.002 * always)
        values.append(largest * np.sort(high - (high - low) * rng.random(group.windows))[::-1])
    values[0][0] = largest
    return np.concatenate(values)


def _effects(corpus: Corpus, rng: np.random.Generator, at: np.ndarray) -> Effects:
    """Changes that fall in size; the tokens come from the 60 that this feature moves most, as in real models."""
    k = corpus.shape.effect_tokens
    moved = corpus.frequent((60,), rng)
    token = moved[(rng.zipf(1.3, (at.size, 2 * k)) - 1) % moved.size]
    change = np.sort(rng.exponential(0.2, (at.size, k)), axis=1)[:, ::-1] * rng.random((at.size, 1))
    fall = -np.sort(rng.exponential(0.05, (at.size, k)), axis=1)[:, ::-1] * rng.random((at.size, 1))
    return Effects(at, rng.normal(-0.1, 0.2, at.size), token, np.concatenate([change, fall], axis=1))
