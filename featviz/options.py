"""The options of the command line: one for every setting, and the kinds of values that click does not know."""

from collections.abc import Callable
from dataclasses import fields
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import click

from featviz.settings import Settings


class Window(click.ParamType[int | str]):
    """A number of tokens each side, or ``full``."""

    name = "N|full"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        if value == "full" or isinstance(value, int):
            return value
        try:
            return int(value)
        except ValueError:
            self.fail(f'{str(value)[:80]!r} is neither a number of tokens nor "full"', param, ctx)


class PickedFeatures(click.ParamType[list[tuple[str | None, int]]]):
    """Numbers with commas between, each after its SAE's name where that is another than the command's."""

    name = "[SAE:]N,…"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[tuple[str | None, int]]:
        """Each feature's SAE, if it says so, and number."""
        picked: list[tuple[str | None, int]] = []
        for part in str(value).split(","):
            part = part.strip()
            sae, colon, number = part.rpartition(":")
            if not (number.isascii() and number.isdecimal() and len(number) < 16) or (colon and not sae):
                self.fail(f"{part!r} is no feature number; expected numbers such as 7,12 or A:7,B:12", param, ctx)
            picked.append((sae or None, int(number)))
        return picked


def setting_options(without: tuple[str, ...] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """One option for every setting; what is not given stays out, so that ``featviz.toml`` can say it."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for item in reversed([item for item in fields(Settings) if item.name not in without]):
            command = _setting_option(item.name, item.default, item.metadata["help"])(command)
        return command

    return decorate


def _setting_option(name: str, default: Any, help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    kind = get_type_hints(Settings)[name]
    flag = "--" + name.replace("_", "-")
    shown = f"{help}  [default: {default}]" if default not in ("", True, False) else help
    if kind is bool:
        return click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=shown)
    if any(get_origin(each) is tuple for each in get_args(kind)):
        return click.option(flag, name, multiple=True, help=shown)
    return click.option(flag, name, type=Window() if isinstance(kind, UnionType) else kind, default=None, help=shown)


def given(options: dict[str, Any]) -> dict[str, Any]:
    """The options that stand on the command line; one that was given several times is a list."""
    found = {name: value for name, value in options.items() if value not in (None, ())}
    return {name: value[0] if isinstance(value, tuple) and len(value) == 1 else value for name, value in found.items()}
