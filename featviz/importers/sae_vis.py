"""Reads the HTML that sae_vis 0.3 writes: the argument of its ``defineData``, taken as JSON and never run."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from featviz.bundle.codec.fields import Fields
from featviz.errors import BundleError, InputError
from featviz.importers.dashboards import Change, Dashboard, Moved, Origin, Snippet, SnippetGroup
from featviz.importers.fields import correlation, histogram, in_file, number, parse, read_text, small, text_of
from featviz.importers.sae_vis_groups import groups_of
from featviz.provenance import sha256_of_file
from featviz.records import Correlation, NeuronAlignment

NAME = "sae_vis HTML"
LOOKED_FOR = "an .html file with the function defineData"
DATA = re.compile(r"function defineData\(\) \{\s{0,80}return (.*)")
"""The data stand on one line: ``json.dumps`` writes no line breaks."""
KEY = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)
LARGEST = re.compile(r"MAX(?: ACT)? = (\d{1,20}\.\d{1,6})", re.ASCII)
DENSITY = re.compile(r"DENSITY = (\d{1,3}\.\d{1,6})%", re.ASCII)
ENTITIES = {
    "&mdash;": "—",
    "&ndash;": "–",
    "&#8203;": "\u200b",
    "&ldquo;": "“",
    "&rdquo;": "”",
    "&lsquo;": "‘",
    "&rsquo;": "’",
    "&nbsp;": " ",
    "&bsol;": "\\",
}
"""What it writes for some characters, and takes back in some places only."""
LACKS = (
    "exact effects (those shown are off by a factor)",
    "similar features",
    "bottom activations",
    "labels",
    "the vocabulary ids of tokens in tables",
)
NOTES = (
    "sae_vis divides the final residual by its variance where the final norm divides by the standard deviation: its "
    "loss effects and changes of log-probability are off by a factor that differs from token to token.",
    "Firings are the sum of the activation histogram. The largest activation is the one that is printed: it leaves out "
    "positions near a sequence's ends, where the histogram may go on.",
    "It shows no window whose target stands within a window's reach of a sequence's ends, and may show overlapping "
    "windows.",
    "Numbers are rounded as they are printed there: logits to 0.01, correlations to 0.001, densities to 0.001 %.",
    "Columns with direct feature attribution are left out: they may carry another feature's values.",
)


def find(place: Path) -> tuple[Path, ...] | None:
    """The file, if it is one."""
    if place.suffix.lower() not in (".html", ".htm") or not place.is_file():
        return None
    return (place,) if DATA.search(read_text(place)) else None


class SaeVis:
    """The dashboards in one file."""

    def __init__(self, files: tuple[Path, ...]) -> None:
        [self._path] = files
        self._content = _content(self._path)
        found = {self._path.name: sha256_of_file(self._path)}
        self.origin = Origin("sae_vis (HTML)", found, "A", escapes=True, lacks=LACKS, notes=NOTES)

    def __iter__(self) -> Iterator[Dashboard]:
        for feature, value in self._content:
            try:
                yield _dashboard(feature, Fields(value, f"feature {feature}"))
            except BundleError as error:
                raise in_file(error, self._path, NAME) from error


read = SaeVis


def _content(path: Path) -> list[tuple[int, Any]]:
    match = DATA.search(read_text(path))
    content = parse(match[1].rstrip().rstrip(";"), path) if match else None
    if not isinstance(content, dict) or not content or not all(KEY.fullmatch(key) for key in content):
        raise InputError(f"{path} is no {NAME} that can be read: expected an object whose keys are feature numbers.")
    return sorted((int(key), value) for key, value in content.items())


def _dashboard(feature: int, fields: Fields) -> Dashboard:
    small(np.array([feature]), fields, "number")
    if "actsHistogram" not in fields.names():
        fields.fail("actsHistogram", "it is left out, so how often the feature fired is not known")
    acts = fields.fields("actsHistogram")
    activations = histogram(acts, "x", "y")
    firings = 0 if activations is None else int(activations.counts.sum())
    printed = DENSITY.search(str(acts.get("title")))
    tables, names = _tables(fields), fields.names()
    titled = [_group(group) for group in fields.list_of_fields("seqMultiGroup")] if "seqMultiGroup" in names else []
    largest = LARGEST.search(titled[0][0]) if titled else None
    return Dashboard(
        feature=feature,
        activations=activations,
        density=float(printed[1]) / 100 if printed else None,
        groups=groups_of(titled, firings),
        largest=float(largest[1]) if largest else None,
        logits=_logits(fields.fields("logitsTable")) if "logitsTable" in names else None,
        logit_histogram=histogram(fields.fields("logitsHistogram"), "x", "y") if "logitsHistogram" in names else None,
        **tables,
    )


def _tables(fields: Fields) -> dict[str, Any]:
    if "featureTables" not in fields.names():
        return {}
    tables = fields.fields("featureTables")
    rows = {name: tables.list_of_fields(name) for name in tables.names()}
    alignment = rows.get("neuronAlignment")
    return {
        "neuron_alignment": NeuronAlignment(*_columns(alignment)) if alignment else None,
        "correlated_neurons": _correlation(rows.get("correlatedNeurons")),
        "correlated_features": _correlation(rows.get("correlatedFeatures")),
        "correlated_b": _correlation(rows.get("correlatedFeaturesB")),
    }


def _correlation(rows: list[Fields] | None) -> Correlation | None:
    return correlation(*_columns(rows)) if rows else None


def _columns(rows: list[Fields]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    index = np.array([row.integer("index") for row in rows], dtype=np.int64)
    value = np.array([number(row.get("value"), row, "value") for row in rows])
    share = np.array([number(row.get("percentageL1"), row, "percentageL1") for row in rows])
    if (np.abs(share) > 1).any():
        rows[0].fail("percentageL1", "expected shares and cosines of at most 1")
    return small(index, rows[0], "index"), value, share


def _logits(fields: Fields) -> tuple[Moved, Moved]:
    negative, positive = (
        [(plain(row, "symbol"), row.number("value")) for row in fields.list_of_fields(side)]
        for side in ("negLogits", "posLogits")
    )
    return negative, positive


def plain(fields: Fields, key: str) -> str:
    """A token without the entities."""
    return _without_entities(text_of(fields.get(key), fields, key))


def _without_entities(text: str) -> str:
    if "&" in text:
        for entity, character in ENTITIES.items():
            text = text.replace(entity, character)
    return text


def _group(fields: Fields) -> tuple[str, SnippetGroup]:
    title = text_of(fields.fields("seqGroupMetadata").get("title"), fields, "seqGroupMetadata.title")
    snippets = [_snippet(item) for item in fields.list_of_fields("seqGroupData")]
    return title, SnippetGroup("interval", snippets)


def _snippet(fields: Fields) -> Snippet:
    if isinstance(fields.get("seqData"), dict):
        fields.fail("seqData", "it holds a board game's board; expected a list of tokens")
    tokens = fields.list_of_fields("seqData")
    if not tokens:
        fields.fail("seqData", "expected at least one token")
    activation = np.array([token.number("featAct") if "featAct" in token.names() else 0.0 for token in tokens])
    if (activation < 0).any():
        fields.fail("seqData", "a featAct is negative; expected activations of at least 0")
    bold = [at for at, token in enumerate(tokens) if token.get("isBold") is True]
    target = bold[0] if len(bold) == 1 else int(activation.argmax())
    seq, start = _place(tokens)
    return Snippet(
        tokens=[plain(token, "tok") for token in tokens],
        activation=activation,
        target=target,
        seq=seq,
        start=start,
        ids=small(np.array([token.integer("tokID") for token in tokens]), fields, "seqData.tokID").tolist(),
        changes=[_change(at, token) for at, token in enumerate(tokens) if "lossEffect" in token.names()],
    )


def _place(tokens: list[Fields]) -> tuple[int, int]:
    match = re.fullmatch(r"\((\d{1,12}), (\d{1,12})\)", str(tokens[0].get("tokPosn")), re.ASCII)
    if match is None:
        tokens[0].fail("tokPosn", "expected a place such as (1527, 31)")
    return int(match[1]), int(match[2])


def _change(at: int, token: Fields) -> Change:
    promoted, suppressed = (_moved(token, f"{side}Toks", f"{side}Val") for side in ("pos", "neg"))
    return Change(at, token.number("lossEffect"), promoted, suppressed)


def _moved(token: Fields, texts: str, values: str) -> Moved:
    token.same_length(texts, values)
    named = [_without_entities(text_of(text, token, texts)) for text in token.texts(texts)]
    return list(zip(named, token.numbers(values).tolist(), strict=True))
