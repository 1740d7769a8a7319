"""The overview of one SAE: a few numbers of every feature, by column, for the page that shows all of them."""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import orjson

from featviz.bundle.codec.binary import Cursor, text_field
from featviz.bundle.codec.columns import differences, integers, significant
from featviz.bundle.codec.compression import SMALLEST, compress, decompress
from featviz.bundle.codec.document import document
from featviz.bundle.codec.fields import Fields
from featviz.bundle.codec.tokens import Tokens
from featviz.bundle.format import CORRELATION_DECIMALS, FORMAT_VERSION
from featviz.bundle.parts.spelling import (
    Spelling,
    decode_spellings,
    encode_spellings,
    pack_spellings,
    spellings,
    unpack_spellings,
)
from featviz.errors import BundleError
from featviz.records import Correlation, Record, Vocabulary
from featviz.records.targets import top_targets

MAGIC = b"FVO\x01"
MANTISSAS = 900
"""100 … 999: three significant digits."""
LOWEST_EXPONENT, HIGHEST_EXPONENT = -36, 35
HIGHEST = {"max": MANTISSAS * (HIGHEST_EXPONENT + 1 - LOWEST_EXPONENT), "share": 100, "pearson": 201}
"""The highest code of a column, where the format bounds it."""
TOKEN_COLUMNS = ("fires_on", "promotes")
NAMES = ("firings", "max", "fires_on", "share", "promotes", "correlated_feature", "pearson")


class Column(NamedTuple):
    """What a column says, and of correlations with which SAE."""

    name: str
    sae: str | None = None


@dataclass(frozen=True)
class Overview:
    """The codes of every column, in which 0 is nothing; tokens are indices into ``tokens`` plus 1.

    A block of an overview holds every ``blocks``-th feature, from feature ``block`` on; block 0 has all blocks' tokens.
    """

    sae: str
    features: int
    tokens: list[Spelling]
    columns: dict[Column, np.ndarray]
    labels: dict[int, str]
    block: int = 0
    blocks: int = 1

    @property
    def shown(self) -> range:
        """The features that the codes are of."""
        return range(self.block, self.features, self.blocks)

    def encode(self) -> bytes:
        """The compressed file."""
        sizes = {column: _bytes_of(codes) for column, codes in self.columns.items()}
        planes = b"".join(_planes(codes, sizes[column]) for column, codes in self.columns.items())
        return compress(MAGIC + text_field(self._header(sizes)) + planes, SMALLEST)

    def _header(self, sizes: dict[Column, int]) -> str:
        columns = [
            {"name": column.name, "bytes": size} | ({"sae": column.sae} if column.sae else {})
            for column, size in sizes.items()
        ]
        header: dict[str, Any] = {
            "format": FORMAT_VERSION,
            "sae": self.sae,
            "features": self.features,
            "tokens": encode_spellings(self.tokens),
            "columns": columns,
            "label": {
                "feature": differences(integers(np.array(list(self.labels)))),
                "text": list(self.labels.values()),
            },
        }
        if self.blocks > 1:
            header |= {"block": self.block, "blocks": self.blocks}
        return orjson.dumps(header, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def decode_overview(data: bytes, sae: str, features: int, start: Overview | None = None) -> Overview:
    """The overview, or a block of one, in ``data``, which must be that of this SAE; ``start`` is its block 0."""
    cursor = Cursor(decompress(data, MAGIC[:3]), MAGIC)
    fields = document(cursor.text().encode(), "overview", sae)
    if fields.integer("features") != features:
        fields.fail("features", f"expected {features}, found {fields.integer('features')}")
    block, blocks = (fields.integer("block"), fields.integer("blocks")) if "blocks" in fields.names() else (0, 1)
    if not block < blocks <= max(features, 1):
        fields.fail("block", f"there is no block {block} of {blocks} of {features} features")
    tokens = start.tokens if start else decode_spellings(fields.fields("tokens"))
    columns: dict[Column, np.ndarray] = {}
    found = Overview(sae, features, tokens, columns, _labels(fields.fields("label"), features), block, blocks)
    size = len(found.shown)
    for each in fields.list_of_fields("columns"):
        column, codes = _column(each), _codes(cursor.take(each.integer("bytes", low=1) * size), size)
        highest = len(tokens) if column.name in TOKEN_COLUMNS else HIGHEST.get(column.name)
        if highest is not None and codes.max(initial=0) > highest:
            each.fail("name", f"{column.name} has the code {codes.max()}; the highest is {highest}")
        if column.name in NAMES:
            columns[column] = codes
    if rest := cursor.rest():
        raise BundleError(f"{len(rest)} bytes too many stand at its end")
    return found


def _column(fields: Fields) -> Column:
    return Column(fields.text("name"), fields.text("sae") if "sae" in fields.names() else None)


def _labels(fields: Fields, features: int) -> dict[int, str]:
    fields.same_length("feature", "text")
    return dict(zip(fields.positions("feature", features).tolist(), fields.texts("text"), strict=True))


def _bytes_of(codes: np.ndarray) -> int:
    return max(-(-int(codes.max(initial=0)).bit_length() // 8), 1)


def _planes(codes: np.ndarray, size: int) -> bytes:
    return b"".join((codes >> 8 * plane & 0xFF).astype(np.uint8).tobytes() for plane in range(size))


def _codes(planes: bytes, features: int) -> np.ndarray:
    size = len(planes) // features if features else 1
    if size > 7:
        raise BundleError(f"a column has {size} bytes a feature; at most 7 are read")
    rows = np.frombuffer(planes, dtype=np.uint8).reshape(size, features).astype(np.int64)
    codes: np.ndarray = (rows << 8 * np.arange(size)[:, None]).sum(axis=0)
    return codes


@dataclass
class RecordOverview:
    """Collects the overview from records, seen block by block in the order of their features."""

    correlated_with: Iterable[str]
    _terms: dict[Spelling, int] = field(default_factory=dict)
    _codes: dict[Column, "array[int]"] = field(default_factory=dict)
    _labels: dict[int, str] = field(default_factory=dict)
    _features: "array[int]" = field(default_factory=lambda: array("q"))

    def __post_init__(self) -> None:
        pairs = [Column(name, sae) for sae in self.correlated_with for name in ("correlated_feature", "pearson")]
        self._codes = {column: array("q") for column in [*(Column(name) for name in NAMES[:5]), *pairs]}

    def see(self, records: Iterable[Record], vocabulary: Vocabulary | Tokens) -> None:
        """Take in the numbers of some records."""
        for record in records:
            self._features.append(record.feature)
            for column, code in self._of(record, vocabulary).items():
                self._codes[column].append(code)
            if record.label:
                self._labels[record.feature] = record.label.text

    def arrays(self) -> dict[str, np.ndarray]:
        """What was seen, without labels, for `add`."""
        codes = [np.array(codes, dtype=np.int64) for codes in self._codes.values()]
        terms = pack_spellings(self._terms)
        features = np.array(self._features, dtype=np.int64)
        return {"overview.feature": features, "overview.code": np.stack(codes), "overview.term": terms}

    def add(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take in what another one of the same columns has seen."""
        self._features.frombytes(arrays["overview.feature"].tobytes())
        known = np.array([0, *(self._number([term]) for term in unpack_spellings(arrays["overview.term"]))])
        for (column, codes), more in zip(self._codes.items(), arrays["overview.code"], strict=True):
            codes.frombytes((known[more] if column.name in TOKEN_COLUMNS else more).astype(np.int64).tobytes())

    def see_labels(self, labels: Mapping[int, str]) -> None:
        """Take in the labels of some features, by feature in increasing order."""
        self._labels |= labels

    def absorb(self, later: "RecordOverview") -> None:
        """Take in what another has seen of later records."""
        self.add(later.arrays())
        self.see_labels(later._labels)

    def overview(self, sae: str, d_sae: int) -> Overview:
        """The overview of all records that were seen; a feature that was not has the code 0 in every column."""
        tokens = sorted(self._terms, key=Spelling.order)
        rank = np.zeros(len(tokens) + 1, dtype=np.int64)
        rank[[self._terms[spelling] for spelling in tokens]] = np.arange(1, len(tokens) + 1)
        columns = {column: np.zeros(d_sae, dtype=np.int64) for column in self._codes}
        for column, codes in self._codes.items():
            columns[column][np.array(self._features)] = codes
        for name in TOKEN_COLUMNS:
            columns[Column(name)] = rank[columns[Column(name)]]
        return Overview(sae, d_sae, tokens, columns, self._labels)

    def _of(self, record: Record, vocabulary: Vocabulary | Tokens) -> dict[Column, int]:
        targets = Counter(spellings(vocabulary, top_targets(record).tolist())).most_common(1)
        promoted = spellings(vocabulary, record.logit_table.positive.token[:1].tolist()) if record.logit_table else []
        total = record.groups[0].windows if targets else 1
        codes = {
            Column("firings"): record.firings,
            Column("max"): max_code(record.max),
            Column("fires_on"): self._number([spelling for spelling, _ in targets]),
            Column("share"): sum(max(round(100 * windows / total), 1) for _, windows in targets),
            Column("promotes"): self._number(promoted),
        }
        for sae in self.correlated_with:
            feature, pearson = _correlation_codes(record.correlated_features.get(sae))
            codes |= {Column("correlated_feature", sae): feature, Column("pearson", sae): pearson}
        return codes

    def _number(self, found: list[Spelling]) -> int:
        """1 plus the place of the one spelling in the table, as it grows; 0 where there is none."""
        return self._terms.setdefault(found[0], len(self._terms) + 1) if found else 0


def max_code(value: float | None) -> int:
    """The code of a largest activation: three significant digits and an exponent."""
    if value is None:
        return 0
    mantissa, exponent = f"{significant(value):.2e}".split("e")
    power = int(exponent)
    if not LOWEST_EXPONENT <= power <= HIGHEST_EXPONENT:
        bounds = f"1e{LOWEST_EXPONENT} … 1e{HIGHEST_EXPONENT + 1}"
        raise BundleError(f"a largest activation of {value:g} lies outside {bounds}")
    return 1 + int(mantissa.replace(".", "")) - 100 + MANTISSAS * (power - LOWEST_EXPONENT)


def _correlation_codes(correlation: Correlation | None) -> tuple[int, int]:
    if correlation is None or not correlation.index.size or np.isnan(correlation.pearson[0]):
        return 0, 0
    pearson = float(np.round(np.float64(correlation.pearson[0]), CORRELATION_DECIMALS))
    return 1 + int(correlation.index[0]), 101 + round(100 * pearson)
