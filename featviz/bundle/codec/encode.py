"""Records to the bytes of a chunk."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from featviz.bundle.codec.columns import correlations, differences, integers, scaled, significant, significants
from featviz.bundle.codec.compression import compress
from featviz.bundle.codec.tokens import StringTable
from featviz.bundle.format import FORMAT_VERSION, MAX_CHUNK_BYTES, sae_name
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
    Vocabulary,
    Windows,
)

Json = dict[str, Any]


def encode_chunk(sae: str, first: int, records: Sequence[Record], vocabulary: Vocabulary) -> bytes:
    """The compressed chunk of consecutive ``records``, the first of feature ``first``. Same records, same bytes."""
    content = chunk_json(sae, first, records, vocabulary)
    if len(content) > MAX_CHUNK_BYTES:
        raise BundleError(
            f"the chunk of SAE {sae} from feature {first} on holds {len(content):,} bytes, more than the "
            f"{MAX_CHUNK_BYTES:,} that readers take: lower chunk_size, or show fewer or smaller windows"
        )
    return compress(content)


def chunk_json(sae: str, first: int, records: Sequence[Record], vocabulary: Vocabulary) -> bytes:
    """The chunk before compression."""
    found = [record.feature for record in records]
    if found != list(range(first, first + len(found))):
        raise BundleError(f"a chunk that starts at feature {first} holds consecutive features; found {found}")
    table = StringTable(records, vocabulary)
    chunk = {
        "format": FORMAT_VERSION,
        "sae": sae_name(sae),
        "first": first,
        "tokens": table.encode(),
        "features": [_record(record, table) for record in records],
    }
    return orjson.dumps(chunk, option=orjson.OPT_SERIALIZE_NUMPY)


def _record(record: Record, table: StringTable) -> Json:
    try:
        windows = _windows(record.windows, table)
    except BundleError as error:
        raise BundleError(f"feature {record.feature}: {error}") from error
    return {
        "feature": record.feature,
        "firings": record.firings,
        "max": None if record.max is None else significant(record.max),
        "label": label_json(record.label),
        "neuron_alignment": _neuron_alignment(record.neuron_alignment),
        "correlated_neurons": _correlation("neuron", record.correlated_neurons),
        "correlated_features": {
            sae: _correlation("feature", correlation) for sae, correlation in record.correlated_features.items()
        },
        "similar_features": _similarity(record.similar_features),
        "activation_histogram": _histogram(record.activation_histogram),
        "logit_table": _logit_table(record.logit_table, table),
        "logit_histogram": _histogram(record.logit_histogram),
        "groups": [_group(group) for group in record.groups],
        "windows": windows,
    }


def label_json(label: Label | None) -> Json | None:
    """A label as a record has it."""
    return None if label is None else {"text": label.text, "score": label.score, "source": label.source}


def _neuron_alignment(alignment: NeuronAlignment | None) -> Json | None:
    return (
        None
        if alignment is None
        else {
            "neuron": integers(alignment.neuron),
            "value": significants(alignment.value),
            "share": significants(alignment.share),
        }
    )


def _correlation(noun: str, correlation: Correlation | None) -> Json | None:
    return (
        None
        if correlation is None
        else {
            noun: integers(correlation.index),
            "pearson": correlations(correlation.pearson),
            "cosine": correlations(correlation.cosine),
        }
    )


def _similarity(similarity: Similarity | None) -> Json | None:
    return (
        None
        if similarity is None
        else {"feature": integers(similarity.feature), "cosine": correlations(similarity.cosine)}
    )


def _histogram(histogram: Histogram | None) -> Json | None:
    return (
        None
        if histogram is None
        else {
            "low": significant(histogram.low),
            "high": significant(histogram.high),
            "counts": integers(histogram.counts),
        }
    )


def _logit_table(logits: LogitTable | None, table: StringTable) -> Json | None:
    if logits is None:
        return None
    return {"negative": _token_logits(logits.negative, table), "positive": _token_logits(logits.positive, table)}


def _token_logits(logits: TokenLogits, table: StringTable) -> Json:
    return {"token": table.indices(logits.token), "logit": significants(logits.logit)}


def _group(group: Group) -> Json:
    index = {} if group.index is None else {"index": group.index}
    return {"kind": group.kind, "windows": group.windows, "population": group.population} | index


def _windows(windows: Windows, table: StringTable) -> Json:
    return {
        "seq": integers(windows.seq),
        "pos": integers(windows.pos),
        "start": integers(windows.start),
        "length": integers(windows.length),
        "count": integers(windows.count),
        "tokens": table.indices(windows.tokens),
        "activation": _activation(windows),
        "uncounted": differences(windows.uncounted),
        **_effects(windows.effects, table),
    }


def _activation(windows: Windows) -> Json:
    scale, value = scaled(windows.activation)
    return {"at": differences(windows.activation_at), "scale": scale, "value": np.maximum(value, 1)}


def _effects(effects: Effects, table: StringTable) -> dict[str, Json]:
    loss_scale, loss = scaled(effects.loss)
    scale, value = scaled(effects.value)
    return {
        "loss_effect": {"at": differences(effects.at), "scale": loss_scale, "value": loss},
        "effect": {"scale": scale, "token": table.indices(effects.token), "value": value},
    }
