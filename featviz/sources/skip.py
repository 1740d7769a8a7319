"""Passes that begin in the middle of a network: the blocks before are left out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor


@contextmanager
def skipped(blocks: Sequence[torch.nn.Module], as_tuple: bool) -> Iterator[None]:
    """Let these blocks hand on what they are given; ``as_tuple`` is how the model's blocks return their output."""

    def hand_on(*args: Any, **named: Any) -> Any:
        hidden = args[0] if args else named["hidden_states"]
        return (hidden,) if as_tuple else hidden

    for block in blocks:
        object.__setattr__(block, "forward", hand_on)
    try:
        yield
    finally:
        for block in blocks:
            object.__delattr__(block, "forward")


@contextmanager
def watched(block: torch.nn.Module) -> Iterator[list[bool]]:
    """Whether the block returns a tuple, once it has run."""
    found: list[bool] = []

    def see(module: torch.nn.Module, args: Any, output: Tensor | tuple[Any, ...]) -> None:
        found.append(isinstance(output, tuple))

    handle = block.register_forward_hook(see)
    try:
        yield found
    finally:
        handle.remove()
