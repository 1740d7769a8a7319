"""Strict reading of one JSON object, key by key: what is wrong is said with the place where it stands."""

from collections.abc import Callable
from math import isfinite, nan
from typing import Any, NoReturn, TypeVar

import numpy as np

from featviz.bundle.codec.columns import from_differences, from_scaled
from featviz.bundle.format import STEPS
from featviz.errors import BundleError

T = TypeVar("T")
LARGEST = 2**53 - 1
"""The largest integer that JavaScript reads exactly."""


class Fields:
    """A JSON object, and the path to it that error messages name. Unknown keys are never looked at."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise BundleError(f"{where}: expected an object, found {_short(value)}")
        self._value: dict[str, Any] = value
        self.where = where

    def at(self, key: str) -> str:
        """The path to ``key``, for messages."""
        return f"{self.where}.{key}" if self.where else key

    def fail(self, key: str, message: str) -> NoReturn:
        """Raise that ``key`` is wrong."""
        raise BundleError(f"{self.at(key)}: {message}")

    def get(self, key: str) -> Any:
        """The value of a key that must be there."""
        if key not in self._value:
            raise BundleError(f"{self.where or 'chunk'}: the key {key!r} is missing")
        return self._value[key]

    def names(self) -> list[str]:
        """The object's own keys, where they are names rather than fields."""
        return list(self._value)

    def fields(self, key: str) -> "Fields":
        """A nested object."""
        return Fields(self.get(key), self.at(key))

    def optional(self, key: str, read: "Callable[[Fields], T]") -> T | None:
        """A nested object through ``read``, or None for null."""
        return None if self.get(key) is None else read(self.fields(key))

    def list_of_fields(self, key: str) -> "list[Fields]":
        """A list of nested objects."""
        return [Fields(item, f"{self.at(key)}[{k}]") for k, item in enumerate(self._list(key))]

    def text(self, key: str) -> str:
        """A string."""
        value = self.get(key)
        return value if isinstance(value, str) else self._unexpected(key, "a string")

    def texts(self, key: str) -> list[str]:
        """A list of strings."""
        value: list[str] = self._list(key)
        return value if set(map(type, value)) <= {str} else self._unexpected(key, "a list of strings")

    def integer(self, key: str, low: int = 0) -> int:
        """One integer that is at least ``low``."""
        value = self.get(key)
        if type(value) is not int or not low <= value <= LARGEST:
            self._unexpected(key, f"an integer of at least {low}")
        return int(value)

    def integer_or_null(self, key: str, low: int = 0) -> int | None:
        """One integer that is at least ``low``, or None for null."""
        return None if self.get(key) is None else self.integer(key, low)

    def number(self, key: str) -> float:
        """One finite number."""
        value = self.get(key)
        return float(value) if type(value) in (int, float) and isfinite(value) else self._unexpected(key, "a number")

    def number_or_null(self, key: str) -> float | None:
        """One finite number, or None for null."""
        return None if self.get(key) is None else self.number(key)

    def text_or_null(self, key: str) -> str | None:
        """A string, or None for null."""
        return None if self.get(key) is None else self.text(key)

    def integers(self, key: str, low: int = 0, high: int = LARGEST) -> np.ndarray:
        """A column of integers in low ... high."""
        values, expected = self._list(key), f"a list of integers from {low} to {high}"
        if not set(map(type, values)) <= {int}:
            self._unexpected(key, expected)
        try:
            column = np.array(values, dtype=np.int64)
        except OverflowError:
            self._unexpected(key, expected)
        if column.size and not low <= column.min() <= column.max() <= high:
            self._unexpected(key, expected)
        return column

    def numbers(self, key: str, low: float = -np.inf, high: float = np.inf) -> np.ndarray:
        """A column of numbers in low ... high; null becomes NaN."""
        values = self._list(key)
        if not set(map(type, values)) <= {int, float, type(None)}:
            self._unexpected(key, "a list of numbers or null")
        column = np.array([nan if value is None else value for value in values], dtype=np.float64)
        if ((column < low) | (column > high)).any():
            self._unexpected(key, f"numbers from {low:g} to {high:g}")
        return column

    def positions(self, key: str, size: int) -> np.ndarray:
        """Strictly increasing indices below ``size``, stored as differences."""
        steps = self.integers(key, high=max(size - 1, 0))
        if (steps[1:] == 0).any() or steps.sum() >= max(size, 1) or steps.size > size:
            self.fail(key, f"expected strictly increasing indices below {size}, as differences")
        return from_differences(steps)

    def scaled(self, size: int, low: int = -STEPS) -> np.ndarray:
        """The column ``value`` in units of ``scale``, of ``size`` entries."""
        scale = self.number("scale")
        if scale < 0 or not isfinite(scale * STEPS):
            self._unexpected("scale", "a scale of at least 0")
        steps = self.integers("value", low=low, high=STEPS)
        if steps.size != size:
            self.fail("value", f"expected {size} entries, found {steps.size}")
        return from_scaled(scale, steps)

    def index(self, key: str, size: int) -> int:
        """A key that is itself an index below ``size``."""
        if not (key.isascii() and key.isdecimal() and len(key) < 10 and int(key) < size):
            self.fail(key, f"expected an index below {size} as the key")
        return int(key)

    def hexadecimal(self, key: str) -> bytes:
        """Bytes, spelled in hexadecimal."""
        try:
            return bytes.fromhex(self.text(key))
        except ValueError as error:
            raise BundleError(f"{self.at(key)}: expected bytes in hexadecimal ({error})") from error

    def same_length(self, *keys: str) -> None:
        """Refuse columns that should run side by side and do not."""
        lengths = {key: len(self._list(key)) for key in keys}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{key} {length}" for key, length in lengths.items())
            raise BundleError(f"{self.where}: columns of unequal lengths: {found}")

    def _list(self, key: str) -> list[Any]:
        value = self.get(key)
        return value if isinstance(value, list) else self._unexpected(key, "a list")

    def _unexpected(self, key: str, expected: str) -> NoReturn:
        self.fail(key, f"expected {expected}, found {_short(self.get(key))}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
