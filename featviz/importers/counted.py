"""N, the number of positions that dashboards count over, from what they print."""

from math import floor, log10

from featviz.errors import InputError

HALF_A_STEP = 0.5e-5
"""Densities are printed as percentages with three decimals."""
SLACK = 1 + 1e-6


def positions_counted(densities: list[tuple[int, float]], stated: int | None) -> tuple[int, str]:
    """N and how it is known: ``stated`` where all densities agree with it, else ``estimated`` from them."""
    if stated and all(abs(firings / stated - density) <= HALF_A_STEP * SLACK for firings, density in densities):
        return stated, "stated"
    printed = [(firings, density) for firings, density in densities if density > HALF_A_STEP]
    if not printed:
        raise InputError(
            "The dashboards do not tell how many positions they count over: no density is printed, or all are rounded "
            "to 0. Say how many with --counted."
        )
    low, high = _bounds(printed)
    most = max(firings for firings, _ in densities)
    return max(_round(low, high), most), "estimated"


def _bounds(printed: list[tuple[int, float]]) -> tuple[float, float]:
    """The numbers that every density allows; if there is none, those that the largest density allows."""
    ranges = [(firings / (density + HALF_A_STEP), firings / (density - HALF_A_STEP)) for firings, density in printed]
    low, high = max(low for low, _ in ranges), min(high for _, high in ranges)
    if low <= high:
        return low, high
    largest = max(range(len(printed)), key=lambda place: printed[place][1])
    return ranges[largest]


def _round(low: float, high: float) -> int:
    """The middle, without digits that the bounds leave open."""
    step = 10 ** max(floor(log10(max(high - low, 1))), 0)
    return round((low + high) / 2 / step) * step
