"""The overview of an SAE, decoded into columns of values."""

from typing import Any

import numpy as np

from featviz.bundle.format import OVERVIEW, OVERVIEW_BLOCKS, release_path
from featviz.bundle.manifest import SaeInfo
from featviz.bundle.parts.overview import LOWEST_EXPONENT, MANTISSAS, Column, Overview
from featviz.bundle.parts.overview_blocks import read_overview
from featviz.bundle.reader import Bundle
from featviz.errors import BundleError


def overview_columns(bundle: Bundle, info: SaeInfo) -> dict[str, Any]:
    """The values by column, of the features that have a dashboard."""
    overview = _read(bundle, info)
    here = np.arange(info.d_sae) if info.features is None else np.array(info.features, dtype=np.int64)
    codes = {column: values[here] for column, values in overview.columns.items()}
    firings = codes[Column("firings")]
    columns: dict[str, Any] = {
        "feature": here,
        "firings": firings,
        "density": firings / max(bundle.manifest.tokens.counted or 0, 1),
        "max": _max(codes[Column("max")]),
        "fires_on": _texts(codes[Column("fires_on")], overview),
        "share": np.where(codes[Column("share")] > 0, codes[Column("share")] / 100, np.nan),
        "promotes": _texts(codes[Column("promotes")], overview),
    }
    for column, values in codes.items():
        if column.name == "correlated_feature":
            columns[f"{column.name}_{column.sae}"] = values - 1
        elif column.name == "pearson":
            columns[f"{column.name}_{column.sae}"] = np.where(values > 0, (values - 101) / 100, np.nan)
    return columns | {"label": [overview.labels.get(feature) for feature in here.tolist()]}


def _read(bundle: Bundle, info: SaeInfo) -> Overview:
    if not {OVERVIEW, OVERVIEW_BLOCKS} & info.parts.keys():
        raise BundleError(f"{bundle.root} has no overview of SAE {info.name}. Its features can be read one by one.")
    folder = bundle.root / release_path(bundle.manifest.release)

    def read(name: str) -> bytes:
        try:
            return (folder / name).read_bytes()
        except OSError as error:
            raise BundleError(f"{folder / name} cannot be read: {error.strerror}. Copy the site again.") from error

    return read_overview(info, read)


def _max(codes: np.ndarray) -> np.ndarray:
    """Three significant digits and an exponent, as the format has them; NaN for none."""
    exponent, mantissa = np.divmod(codes - 1, MANTISSAS)
    values = [f"{m + 100}e{e + LOWEST_EXPONENT - 2}" for m, e in zip(mantissa.tolist(), exponent.tolist(), strict=True)]
    return np.where(codes > 0, np.array(values, dtype=np.float64) if values else np.zeros(0), np.nan)


def _texts(codes: np.ndarray, overview: Overview) -> list[str | None]:
    table: list[str | None] = [None, *(spelling.text for spelling in overview.tokens)]
    return [table[code] for code in codes.tolist()]
