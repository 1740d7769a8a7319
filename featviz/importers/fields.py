"""Values of foreign JSON: numbers written as text, histograms as bars, NaN."""

import json
import re
from math import nan
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from featviz.bundle.codec.fields import Fields
from featviz.errors import BundleError, InputError
from featviz.importers.dashboards import LARGEST_NUMBER
from featviz.records import Correlation, Histogram

NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?(%?)", re.ASCII | re.IGNORECASE)
LARGEST_FILE = 2**31
"""Bytes; a larger file is not read into memory."""


def read_text(path: Path) -> str:
    """A file's text, if it is UTF-8 and not too large."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise InputError(f"{path} has {size:,} bytes, more than the {LARGEST_FILE:,} that are read. Split it.")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start:,}.") from error


def parse(text: str, path: Path) -> Any:
    """JSON as Python's ``json`` writes it: NaN and Infinity become null."""
    try:
        return json.loads(text, parse_constant=lambda name: None)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not the JSON that was expected: {error}.") from error


def number(text: Any, fields: Fields, key: str) -> float:
    """A number written as text, such as ``+0.180`` or ``0.5%``; NaN for ``nan``."""
    if text is None or (isinstance(text, str) and text.lstrip("+-").lower() in ("nan", "nan%")):
        return nan
    if type(text) in (int, float):
        return float(text)
    match = NUMBER.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        fields.fail(key, f"expected a number such as +0.180, found {str(text)[:40]!r}")
    return float(match[0].rstrip("%")) / (100 if match[1] else 1)


def histogram(fields: Fields, centres: str, counts: str) -> Histogram | None:
    """Bars at the centres of equal bins; None if there are none or nothing was counted."""
    fields.same_length(centres, counts)
    x, y = fields.numbers(centres), fields.numbers(counts)
    if x.size == 0 or not y.sum() > 0:
        return None
    if np.isnan(x).any() or np.isnan(y).any() or (y < 0).any() or (y != np.rint(y)).any() or y.sum() > 2**53:
        fields.fail(counts, "expected whole counts of at least 0 at places that are numbers")
    if (np.diff(x) < 0).any():
        fields.fail(centres, "expected the places of the bars in increasing order")
    width = (x[-1] - x[0]) / max(x.size - 1, 1)
    if width == 0:
        return Histogram(float(x[0]), float(x[0]), np.array([y.sum()], dtype=np.int64))
    return Histogram(float(x[0] - width / 2), float(x[-1] + width / 2), y.astype(np.int64))


def correlation(index: np.ndarray, pearson: np.ndarray, cosine: np.ndarray) -> Correlation | None:
    """Correlated neurons or features; None where none are listed."""
    for column in (pearson, cosine):
        if column.size and np.nanmax(np.abs(column), initial=0) > 1:
            raise BundleError(f"a correlation of {column[np.nanargmax(np.abs(column))]:g} lies outside -1 … 1")
    return Correlation(index, pearson, cosine) if index.size else None


def small(column: np.ndarray, fields: Fields, key: str) -> np.ndarray:
    """Feature, neuron or token numbers, none of them absurd."""
    if column.size and column.max() > LARGEST_NUMBER:
        too_large(int(column.max()), fields, key)
    return column


def too_large(found: int, fields: Fields, key: str) -> NoReturn:
    """Raise that a number is absurd."""
    fields.fail(key, f"expected a number of at most {LARGEST_NUMBER}, found {found}")


def text_of(value: Any, fields: Fields, key: str) -> str:
    """A text that can be written as UTF-8; half a surrogate pair can not."""
    if not isinstance(value, str) or any("\ud800" <= character <= "\udfff" for character in value):
        fields.fail(key, f"expected a text, found {value!r:.60}")
    return value


def in_file(error: BundleError, path: Path, what: str) -> InputError:
    """What is wrong, with the file that it is wrong in."""
    return InputError(f"{path} is no {what} that can be read: {error}.")
