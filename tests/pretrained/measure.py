"""A stage in a process of its own, with the time and the memory that it took."""

import os
import time
from collections.abc import Callable
from typing import Any

import click


def measured(name: str, stage: Callable[..., Any], *arguments: Any) -> None:
    """Run a stage and print what it took; a stage that fails ends the program."""
    start, child = time.monotonic(), os.fork()
    if child == 0:
        try:
            stage(*arguments)
        except BaseException as error:
            click.echo(f"{name}: {type(error).__name__}: {error}", err=True)
            os._exit(1)
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    cpu, wall = usage.ru_utime + usage.ru_stime, time.monotonic() - start
    click.echo(f"{name}: {wall:.0f} s, {cpu:.0f} s of CPU, peak {usage.ru_maxrss / 2**20:.2f} GB")
    if status:
        raise SystemExit(f"{name} failed")
