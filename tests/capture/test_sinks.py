"""Positions that are left out for the length of their activations."""

import numpy as np
import pytest
import torch
from torch import Tensor

from featviz.capture.sinks import without_sinks
from featviz.errors import InputError
from featviz.sources.model import LanguageModel
from featviz.sources.tokens import Tokens

IDS = np.arange(12).reshape(3, 4)
LENGTHS = {"one": [90, 2, 1, 3, 8, 2, 2, 2, 1, 1, 9, 1], "other": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5]}
"""By hook, the length of the activation of each of the twelve tokens; the median of those that count is 2, and 1."""


class Lengths(LanguageModel):
    """A model whose activations are as long as they are told."""

    def run(self, tokens: Tensor, hooks: list[str], change: None = None) -> dict[str, Tensor]:  # type: ignore[override]
        return {hook: torch.tensor(LENGTHS[hook])[tokens][..., None] * torch.tensor([0.6, -0.8]) for hook in hooks}


def tokens() -> Tokens:
    """The first token, whose activation is the longest, does not count."""
    return Tokens("x", IDS, IDS > 0)


@pytest.mark.parametrize(
    ("hooks", "factor", "left_out"),
    [(["one"], 4, [0, 10]), (["one"], 3, [0, 4, 10]), (["one"], 100, [0]), (["one", "other"], 4, [0, 10, 11])],
)
@pytest.mark.parametrize("batch_size", [1, 2, 9])
def test_what_is_longer_than_so_many_medians_at_any_hook_does_not_count(
    hooks: list[str], factor: int, left_out: list[int], batch_size: int
) -> None:
    found = without_sinks(Lengths("x", None), hooks, tokens(), factor, batch_size)
    assert np.flatnonzero(~found.counts.ravel()).tolist() == left_out


def test_the_tokens_that_were_given_stay_as_they_are() -> None:
    given = tokens()
    without_sinks(Lengths("x", None), ["one"], given, 4, 9)
    assert given.counted == 11


def test_nothing_left_to_count_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LENGTHS, "one", [float("nan")] * 12)
    with pytest.raises(InputError, match="sink_norm is 4: no position of x counts then"):
        without_sinks(Lengths("x", None), ["one"], tokens(), 4, 9)
