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
from featviz.records.targets import top_targets
from tests.synthetic.corpus import DEFAULT, Corpus, Shape


def synthetic_records(features: int, seed: int = 0, shape: Shape = DEFAULT, sae: str = "A") -> list[Record]:
    """Records of features 0 … features − 1 of ``sae``, with correlations in "A" and "B"; see ``synthetic_record``."""
    corpus = Corpus(seed, shape)
    return [synthetic_record(corpus, feature, sae) for feature in range(features)]


def synthetic_record(corpus: Corpus, feature: int, sae: str) -> Record:
    """One record.

    Feature 1 is dead, 2 always fires, 3 lacks every statistic that may be missing, 4 has a label, 5 fires eight times.
    In a clean corpus every fifth feature has a label too, and every fortieth is dead.
    """
    shape = corpus.shape
    if feature == 1 or (shape.clean and feature % 40 == 39):
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
    if shape.clean and feature % 5 == 0:
        return replace(record, label=_theme_label(corpus, record))
    return record


def _theme_label(corpus: Corpus, record: Record) -> Label:
    words = dict.fromkeys(corpus.vocabulary.text[token].strip() for token in top_targets(record)[:4])
    return Label("the words " + ", ".join(words), 0.5 + record.feature % 50 / 100, "synthetic")


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
    firings = firings or int(np.clip(rng.lognormal(np.log(shape.counted / 200), 1.3), 10, shape.counted // 5))
    activations = np.sort(rng.beta(1, 2, firings) * rng.uniform(1, 9) + 0.01)[::-1]
    logits = corpus.logits * rng.uniform(0.5, 2)
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
            TokenLogits(corpus.moved(rng, 1), logits[: shape.logit_tokens]),
            TokenLogits(corpus.moved(rng, 0), logits[::-1][: shape.logit_tokens]),
        ),
        logit_histogram=Histogram(float(logits[0]), float(logits[-1]), corpus.logit_counts),
        groups=groups,
        windows=_windows(corpus, rng, groups, activations),
    )


def _alignment(shape: Shape, rng: np.random.Generator) -> NeuronAlignment:
    value = _falling(rng, 3) * np.array([1, -1, 1])
    return NeuronAlignment(_some(rng, shape.d_mlp), value, np.abs(value) / 20)


def _some(rng: np.random.Generator, size: int, without: int | None = None) -> np.ndarray:
    """Three (or as many as there are) different indices below ``size``."""
    if size < 8:
        return rng.permutation(np.setdiff1d(np.arange(size), [without]))[:3]
    found = dict.fromkeys(rng.integers(0, size, 12).tolist())
    return np.array([index for index in found if index != without][:3], dtype=np.int64)


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
    if shape.clean:
        on_theme = slice(0, n - groups[-1].windows)
        seq[on_theme], pos[on_theme] = _on_theme(corpus, rng, n - groups[-1].windows)
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


def _on_theme(corpus: Corpus, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences and positions where one of the feature's few tokens stands, the first of them most often."""
    theme = corpus.tokens[rng.integers(0, corpus.shape.sequences, 4), rng.integers(1, corpus.shape.context, 4)]
    token = theme[(rng.zipf(2.0, n) - 1) % theme.size]
    places = np.array([rng.choice(corpus.positions_of(int(each))) for each in token], dtype=np.int64)
    return places // corpus.shape.context, places % corpus.shape.context


def _counts(rng: np.random.Generator, groups: Sequence[Group]) -> np.ndarray:
    """How often each window's tokens occur: mostly once."""
    each = [(group.population or 0) // max(group.windows, 1) for group in groups]
    room = np.repeat(each, [group.windows for group in groups])
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
