"""Whether a decoded record is the one that was encoded, to within the bounds that the format states."""

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from featviz.records import Effects, Record, Windows

SIX_DIGITS = 5.1e-6
FOUR_DECIMALS = 5.1e-5


def assert_same_record(found: Record, expected: Record) -> None:
    """Integers and text equal; numbers within half a step, 6 digits or 4 decimals."""
    for field in fields(Record):
        if field.name != "windows":
            _assert_same(getattr(found, field.name), getattr(expected, field.name), field.name)
    _assert_same_windows(found.windows, expected.windows)


def _assert_same(found: Any, expected: Any, name: str) -> None:
    assert type(found) is type(expected), name
    if is_dataclass(expected):
        for field in fields(expected):
            _assert_same(getattr(found, field.name), getattr(expected, field.name), field.name)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            _assert_same(found[key], expected[key], key)
    elif isinstance(expected, float | np.ndarray):
        absolute = FOUR_DECIMALS if name in ("pearson", "cosine") else 0
        np.testing.assert_allclose(found, expected, rtol=0 if absolute else SIX_DIGITS, atol=absolute, err_msg=name)
    elif isinstance(expected, list) and expected and is_dataclass(expected[0]):
        assert found == expected, name
    else:
        assert found == expected, name


def _assert_same_windows(found: Windows, expected: Windows) -> None:
    for name in ("seq", "pos", "start", "length", "count", "tokens", "activation_at", "uncounted"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)
    _assert_scaled(found.activation, expected.activation, steps=1)
    _assert_same_effects(found.effects, expected.effects)


def _assert_same_effects(found: Effects, expected: Effects) -> None:
    np.testing.assert_array_equal(found.at, expected.at)
    np.testing.assert_array_equal(found.token, expected.token)
    _assert_scaled(found.loss, expected.loss, steps=0.5)
    _assert_scaled(found.value, expected.value, steps=0.5)


def _assert_scaled(found: np.ndarray, expected: np.ndarray, steps: float) -> None:
    scale = np.abs(expected).max(initial=0) / 1000 * (1 + SIX_DIGITS)
    np.testing.assert_allclose(found, expected, rtol=0, atol=steps * scale)
