"""Dataclasses from JSON objects, every field checked against its annotation."""

import dataclasses
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from featviz.errors import BundleError

T = TypeVar("T")


def read(kind: type[T], value: dict[str, Any], where: str) -> T:
    """A dataclass from its JSON object; ``where`` names the object in messages. Unknown keys are passed over.

    A field whose metadata say ``optional`` may be missing.
    """
    hints = get_type_hints(kind)
    known = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        if field.name not in value and "optional" in field.metadata:
            continue
        if field.name not in value:
            raise BundleError(f"{where}: the key {field.name!r} is missing")
        known[field.name] = _value(hints[field.name], value[field.name], f"{where}.{field.name}")
    return kind(**known)


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin is UnionType:
        return None if value is None else _value(arguments[0], value, where)
    expected = dict if dataclasses.is_dataclass(hint) else origin or hint
    if type(value) is not expected or (type(value) is int and value < 0):
        raise BundleError(f"{where}: expected {_NAMES.get(expected, expected.__name__)}, found {value!r}")
    if dataclasses.is_dataclass(hint):
        return read(hint, value, where)  # type: ignore[arg-type]
    if origin is list:
        return [_value(arguments[0], item, f"{where}[{k}]") for k, item in enumerate(value)]
    if origin is dict:
        return {key: _value(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    return value


_NAMES = {dict: "an object", list: "a list", str: "a string", int: "an integer of at least 0", bool: "true or false"}
