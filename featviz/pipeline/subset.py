"""Which features get a dashboard."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from featviz.errors import InputError
from featviz.settings import Settings


def chosen_features(settings: Settings, d_sae: Mapping[str, int]) -> dict[str, Sequence[int]]:
    """By SAE, the features that get a dashboard, increasing; ``d_sae`` holds the sizes, A's first."""
    if not settings.features:
        return {name: range(size) for name, size in d_sae.items()}
    first = next(iter(d_sae))
    return {name: range(0) for name in d_sae} | {first: _numbers(settings.features, d_sae[first])}


def runs(features: Sequence[int], size: int) -> Iterable[range]:
    """The features as runs of consecutive numbers, of at most ``size`` each."""
    if isinstance(features, range):
        return (features[first : first + size] for first in range(0, len(features), size))
    cuts = [place for place in range(1, len(features)) if features[place] != features[place - 1] + 1]
    whole = (range(features[a], features[b - 1] + 1) for a, b in zip([0, *cuts], [*cuts, len(features)], strict=True))
    return chain.from_iterable(runs(run, size) for run in whole)


def within(features: Sequence[int], low: int, high: int) -> Sequence[int]:
    """Those of increasing features that are at least ``low`` and less than ``high``."""
    return features[bisect_left(features, low) : bisect_left(features, high)]


def _numbers(text: str, d_sae: int) -> Sequence[int]:
    """The numbers that a text such as ``0-31,99`` names; all of them are a ``range``."""
    found = set[int]()
    for part in text.split(","):
        low, _, high = part.partition("-")
        numbers = range(int(low), int(high or low) + 1)
        if not numbers or numbers[-1] >= d_sae:
            raise InputError(f"features names {part}, but the features of SAE A are 0 … {d_sae - 1}.")
        found.update(numbers)
    return range(d_sae) if len(found) == d_sae else sorted(found)
