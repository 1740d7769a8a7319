"""A trainer's JSON configuration, each value checked for its kind when it is asked for."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featviz.errors import InputError, nearest

_KINDS = {str: "a text", int: "a whole number", bool: "true or false", dict: "an object", float: "a number"}


@dataclass(frozen=True)
class Config:
    """The object in a JSON file, or one inside it."""

    path: Path
    values: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Config":
        """Parse the file; anything but an object is an `InputError`."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}.") from error
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path} is not JSON: {error}.") from error
        if not isinstance(values, dict):
            raise InputError(f"{path} holds {type(values).__name__}, expected an object.")
        return cls(path, values)

    def get(self, key: str, kind: type) -> Any:
        """The value of a key, or ``None`` where it is missing or null."""
        value = self.values.get(key)
        if value is not None and type(value) is not kind and not (kind is float and type(value) is int):
            raise InputError(f"{self.path}: {key} is {json.dumps(value)[:60]}, expected {_KINDS[kind]}.")
        return value

    def within(self, key: str) -> "Config":
        """The object at a key; empty where there is none."""
        return Config(self.path, self.get(key, dict) or {})

    def merged(self, other: "Config") -> "Config":
        """Both, with the values of ``other`` where both have a key."""
        return Config(self.path, {**self.values, **other.values})

    def first(self, *keys: str) -> str:
        """The first text among keys, or an empty one."""
        return next(filter(None, (self.get(key, str) for key in keys)), "")

    def k(self) -> int:
        """``k`` of a top-k SAE: a whole number from 1 on."""
        k = self.get("k", int)
        if k is None or k < 1:
            found = "which is missing" if k is None else f"found {k}"
            raise InputError(f'{self.path}: a top-k SAE needs "k", a whole number from 1 on; {found}.')
        return int(k)

    def unknown(self, what: str, found: str, known: tuple[str, ...]) -> InputError:
        """The error for an architecture or such that is not read."""
        return InputError(
            f'{self.path}: {what} "{found}" is not known. Expected one of {", ".join(known)}.{nearest(found, known)}'
        )

    def check_sizes(self, **sizes: int) -> None:
        """Raise where the configuration names another size than the weights have."""
        for key, size in sizes.items():
            said = self.get(key, int)
            if said not in (None, size):
                raise InputError(
                    f"{self.path} says {key}={said}, but its weights have {key}={size}. "
                    "Are the two files of the same SAE?"
                )
