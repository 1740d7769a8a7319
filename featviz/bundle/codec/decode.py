"""The bytes of a chunk to records in real units, refusing everything that the format does not allow."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from featviz.bundle.codec.compression import decompress
from featviz.bundle.codec.document import document
from featviz.bundle.codec.fields import Fields
from featviz.bundle.codec.tokens import Tokens
from featviz.bundle.format import GROUP_KINDS
from featviz.errors import BundleError
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


@dataclass(frozen=True, slots=True)
class Chunk:
    """The records of consecutive features, and the tokens they mention."""

    sae: str
    first: int
    records: list[Record]
    tokens: Tokens


def decode_chunk(data: bytes, sae: str | None = None, first: int | None = None) -> Chunk:
    """The chunk in ``data``; where ``sae`` and ``first`` are given, it must be theirs."""
    fields = document(decompress(data), "", sae)
    chunk_sae, chunk_first = fields.text("sae"), fields.integer("first")
    if first is not None and chunk_first != first:
        raise BundleError(f"the chunk starts at feature {chunk_first}, not at {first}")
    ids, tokens = _tokens(fields.fields("tokens"))
    records = [_record(record, ids) for record in fields.list_of_fields("features")]
    for feature, record in enumerate(records, chunk_first):
        if record.feature != feature:
            fields.fail(f"features[{feature - chunk_first}].feature", f"expected {feature}, found {record.feature}")
    return Chunk(chunk_sae, chunk_first, records, tokens)


def _tokens(fields: Fields) -> tuple[np.ndarray, Tokens]:
    fields.same_length("id", "text")
    ids, text = fields.integers("id"), fields.texts("text")
    if np.unique(ids).size != ids.size:
        fields.fail("id", "a vocabulary id stands there twice")
    special = ids[fields.integers("special", high=ids.size - 1)]
    bytes_ = fields.fields("bytes")
    partial_bytes = {int(ids[bytes_.index(key, ids.size)]): bytes_.hexadecimal(key) for key in bytes_.names()}
    return ids, Tokens(dict(zip(ids.tolist(), text, strict=True)), partial_bytes, frozenset(special.tolist()))


def _record(fields: Fields, ids: np.ndarray) -> Record:
    windows = _windows(fields.fields("windows"), ids)
    groups = [_group(group) for group in fields.list_of_fields("groups")]
    if sum(group.windows for group in groups) != windows.seq.size:
        fields.fail("groups", f"their windows do not add up to the {windows.seq.size} windows of the record")
    correlated = fields.fields("correlated_features")
    return Record(
        feature=fields.integer("feature"),
        firings=fields.integer("firings"),
        max=fields.number_or_null("max"),
        neuron_alignment=fields.optional("neuron_alignment", _neuron_alignment),
        correlated_neurons=fields.optional("correlated_neurons", partial(_correlation, "neuron")),
        correlated_features={
            sae: correlated.optional(sae, partial(_correlation, "feature")) for sae in correlated.names()
        },
        similar_features=fields.optional("similar_features", _similarity),
        activation_histogram=fields.optional("activation_histogram", _histogram),
        logit_table=fields.optional("logit_table", partial(_logit_table, ids)),
        logit_histogram=fields.optional("logit_histogram", _histogram),
        groups=groups,
        windows=windows,
        label=fields.optional("label", _label),
    )


def _label(fields: Fields) -> Label:
    return Label(fields.text("text"), fields.number_or_null("score"), fields.text_or_null("source"))


def _neuron_alignment(fields: Fields) -> NeuronAlignment:
    fields.same_length("neuron", "value", "share")
    return NeuronAlignment(fields.integers("neuron"), fields.numbers("value"), fields.numbers("share", 0.0, 1.0))


def _correlation(noun: str, fields: Fields) -> Correlation:
    fields.same_length(noun, "pearson", "cosine")
    return Correlation(fields.integers(noun), fields.numbers("pearson", -1.0, 1.0), fields.numbers("cosine", -1.0, 1.0))


def _similarity(fields: Fields) -> Similarity:
    fields.same_length("feature", "cosine")
    return Similarity(fields.integers("feature"), fields.numbers("cosine", -1.0, 1.0))


def _histogram(fields: Fields) -> Histogram:
    low, high = fields.number("low"), fields.number("high")
    if low > high:
        fields.fail("low", f"expected at most high = {high:g}, found {low:g}")
    return Histogram(low, high, fields.integers("counts"))


def _logit_table(ids: np.ndarray, fields: Fields) -> LogitTable:
    return LogitTable(_logits(fields.fields("negative"), ids), _logits(fields.fields("positive"), ids))


def _logits(fields: Fields, ids: np.ndarray) -> TokenLogits:
    fields.same_length("token", "logit")
    return TokenLogits(ids[fields.integers("token", high=ids.size - 1)], fields.numbers("logit"))


def _group(fields: Fields) -> Group:
    kind = fields.text("kind")
    if kind not in GROUP_KINDS:
        fields.fail("kind", f"expected one of {', '.join(GROUP_KINDS)}, found {kind!r}")
    index = fields.integer("index") if kind == "interval" else None
    return Group(kind, fields.integer("windows"), fields.integer_or_null("population"), index)


def _windows(fields: Fields, ids: np.ndarray) -> Windows:
    fields.same_length("seq", "pos", "start", "length", "count")
    tokens = ids[fields.integers("tokens", high=ids.size - 1)]
    size = tokens.size
    pos, start = fields.integers("pos"), fields.integers("start")
    length = fields.integers("length", low=1, high=size)
    if ((pos < start) | (pos - start >= length)).any():
        fields.fail("pos", "a window's target stands outside the window")
    if length.sum() != size:
        fields.fail("tokens", f"expected {length.sum()} tokens, the sum of the windows' lengths, found {size}")
    activation = fields.fields("activation")
    at = activation.positions("at", size)
    return Windows(
        seq=fields.integers("seq"),
        pos=pos,
        start=start,
        length=length,
        count=fields.integers("count", low=1),
        tokens=tokens,
        activation_at=at,
        activation=activation.scaled(at.size, low=1),
        uncounted=fields.positions("uncounted", size),
        effects=_effects(fields, ids, size),
    )


def _effects(windows: Fields, ids: np.ndarray, size: int) -> Effects:
    loss, effect = windows.fields("loss_effect"), windows.fields("effect")
    at = loss.positions("at", size)
    token = ids[effect.integers("token", high=ids.size - 1)]
    per_token = token.size // max(at.size, 1)
    if per_token * at.size != token.size or per_token % 2:
        effect.fail("token", f"expected the same even number for each of {at.size} affected tokens, found {token.size}")
    value = effect.scaled(token.size)
    return Effects(at, loss.scaled(at.size), token.reshape(at.size, per_token), value.reshape(at.size, per_token))
