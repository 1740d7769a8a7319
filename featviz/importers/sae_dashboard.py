"""Reads the batches that SAEDashboard writes for Neuronpedia: a folder of ``batch-0.json``, ``batch-1.json`` …"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from featviz.bundle.codec.fields import Fields
from featviz.errors import BundleError, InputError
from featviz.importers.dashboards import Dashboard, Moved, Origin, Snippet, SnippetGroup
from featviz.importers.fields import correlation, histogram, in_file, parse, read_text, small, text_of
from featviz.provenance import sha256_of_file
from featviz.records import Correlation, Histogram, NeuronAlignment

NAME = "SAEDashboard's batch JSON"
LOOKED_FOR = "a folder with batch-0.json, or one such file"
BATCH = re.compile(r"batch-(\d{1,9})\.json", re.ASCII)
LACKS = (
    "effects of removing the feature",
    "similar features",
    "sequences and positions of the windows",
    "vocabulary ids",
    "numbers of firings in each interval",
    "labels",
)
NOTES = (
    "Correlated features were looked for only among the features of the same batch.",
    "Correlations count masked positions (BOS, padding and others); N, of which densities are shares, counts them too.",
    "Models are loaded without processing there: the final norm's gain is missing from the logits.",
    "Firings are the sum of the activation histogram. The largest activation is the one that is printed: it counts "
    "masked positions too.",
    "Windows of the lowest interval whose target is silent are shown as bottom activations.",
    "Numbers are rounded to 0.001.",
)


def find(place: Path) -> tuple[Path, ...] | None:
    """The batches in their order, if there are any."""
    if place.is_file():
        return (place,) if place.suffix == ".json" else None
    found = {path: BATCH.fullmatch(path.name) for path in place.iterdir() if path.is_file()}
    return tuple(sorted((path for path, match in found.items() if match), key=_order)) or None


def _order(path: Path) -> int:
    return int(path.stem.removeprefix("batch-"))


class SaeDashboard:
    """The dashboards of one SAE, a batch at a time."""

    def __init__(self, files: tuple[Path, ...]) -> None:
        self._files = files
        first = _batch(files[0])
        self.origin = _origin(first, {path.name: sha256_of_file(path) for path in files}, files[0])

    def __iter__(self) -> Iterator[Dashboard]:
        seq = 0
        for path in self._files:
            for fields in sorted(_features(path), key=lambda fields: _number(fields, path)):
                try:
                    dashboard = _dashboard(fields, seq)
                except BundleError as error:
                    raise in_file(error, path, NAME) from error
                seq += sum(len(group.snippets) for group in dashboard.groups)
                yield dashboard


read = SaeDashboard


def _batch(path: Path) -> Fields:
    content = parse(read_text(path), path)
    if not isinstance(content, dict) or not isinstance(content.get("features"), list):
        raise InputError(f"{path} is no {NAME}: expected an object with model_id, sae_set and a list of features.")
    return Fields(content, "")


def _features(path: Path) -> list[Fields]:
    try:
        return _batch(path).list_of_fields("features")
    except BundleError as error:
        raise in_file(error, path, NAME) from error


def _number(fields: Fields, path: Path) -> int:
    try:
        return fields.integer("feature_index")
    except BundleError as error:
        raise in_file(error, path, NAME) from error


def _origin(batch: Fields, files: dict[str, str], path: Path) -> Origin:
    try:
        features = batch.list_of_fields("features")
        first = features[0] if features else Fields({}, "features")
        prompts, length = (_optional(first, key) for key in ("n_prompts_total", "n_tokens_in_prompt"))
        names = [text_of(str(_optional(batch, key) or ""), batch, key) for key in ("layer", "sae_set", "sae_id_suffix")]
        return Origin(
            program="SAEDashboard (Neuronpedia batches)",
            files=files,
            sae="-".join(filter(None, names)),
            model=_text(batch, "model_id"),
            tokens=_text(first, "dataset"),
            counted=prompts * length if type(prompts) is int and type(length) is int else None,
            whole=True,
            lacks=LACKS,
            notes=NOTES,
        )
    except BundleError as error:
        raise in_file(error, path, NAME) from error


def _optional(fields: Fields, key: str) -> Any:
    return fields.get(key) if key in fields.names() else None


def _text(fields: Fields, key: str) -> str:
    value = _optional(fields, key)
    return "" if value is None else text_of(value, fields, key)


def _dashboard(fields: Fields, seq: int) -> Dashboard:
    feature = fields.integer("feature_index")
    small(np.array([feature]), fields, "feature_index")
    activations = histogram(fields, "freq_hist_data_bar_values", "freq_hist_data_bar_heights")
    return Dashboard(
        feature=feature,
        activations=activations,
        density=fields.number_or_null("frac_nonzero"),
        groups=_groups(fields, activations, seq) if activations else [],
        largest=_largest(fields) if activations else None,
        neuron_alignment=_alignment(fields),
        correlated_neurons=_correlation(fields, "correlated_neurons"),
        correlated_features=_correlation(fields, "correlated_features"),
        logits=(_logits(fields, "neg"), _logits(fields, "pos")),
        logit_histogram=histogram(fields, "logits_hist_data_bar_values", "logits_hist_data_bar_heights"),
    )


def _alignment(fields: Fields) -> NeuronAlignment | None:
    names = [f"neuron_alignment_{column}" for column in ("indices", "values", "l1")]
    if not all(_optional(fields, name) for name in names):
        return None
    fields.same_length(*names)
    share = np.abs(fields.numbers(names[2]))
    if (share > 1).any():
        fields.fail(names[2], "expected shares of at most 1")
    return NeuronAlignment(small(fields.integers(names[0]), fields, names[0]), fields.numbers(names[1]), share)


def _correlation(fields: Fields, noun: str) -> Correlation | None:
    names = [f"{noun}_{column}" for column in ("indices", "pearson", "l1")]
    if not all(_optional(fields, name) for name in names):
        return None
    fields.same_length(*names)
    pearson, cosine = (fields.numbers(name, -1.0, 1.0) for name in names[1:])
    return correlation(small(fields.integers(names[0]), fields, names[0]), pearson, cosine)


def _logits(fields: Fields, side: str) -> Moved:
    texts, values = f"{side}_str", f"{side}_values"
    fields.same_length(texts, values)
    named = [text_of(text, fields, texts) for text in fields.texts(texts)]
    return list(zip(named, fields.numbers(values).tolist(), strict=True))


def _largest(fields: Fields) -> float | None:
    tops = [item for item in fields.list_of_fields("activations") if item.number("bin_min") < 0]
    return tops[0].number("bin_max") if tops else None


def _groups(fields: Fields, activations: Histogram, seq: int) -> list[SnippetGroup]:
    """Top, intervals from the highest to the lowest, and the silent windows of the lowest as bottom."""
    bins: defaultdict[tuple[float, float], list[Snippet]] = defaultdict(list)
    for place, item in enumerate(fields.list_of_fields("activations")):
        bins[item.number("bin_min"), item.number("bin_max")].append(_snippet(item, seq + place))
    tops = [snippet for (low, _), found in bins.items() if low < 0 for snippet in found]
    ranges = sorted((bounds for bounds in bins if bounds[0] >= 0), reverse=True)
    firing = {bounds: [each for each in bins[bounds] if _fires(each)] for bounds in ranges}
    silent = [each for bounds in ranges for each in bins[bounds] if not _fires(each)]
    counted = int(activations.counts.sum())
    groups = [SnippetGroup("top", [each for each in tops if _fires(each)], counted)]
    groups += [
        SnippetGroup("interval", firing[bounds], None, round(bounds[0] / max(bounds[1] - bounds[0], 1e-9)))
        for bounds in ranges
        if firing[bounds] and bounds[1] > bounds[0]
    ]
    return groups + ([SnippetGroup("bottom", silent)] if silent else [])


def _fires(snippet: Snippet) -> bool:
    return bool(snippet.activation[snippet.target] > 0)


def _snippet(fields: Fields, seq: int) -> Snippet:
    fields.same_length("tokens", "values")
    tokens = [text_of(text, fields, "tokens") for text in fields.texts("tokens")]
    values = fields.numbers("values", 0.0)
    if not tokens or np.isnan(values).any():
        fields.fail("values", "expected an activation of at least 0 for each of at least one token")
    stated = _optional(fields, "qualifying_token_index")
    known = type(stated) is int and 0 <= stated < len(tokens)
    return Snippet(tokens, values, stated if known else int(values.argmax()), seq, 0)
