"""The figures of ``tests.benchmarks.precompute`` as a table, with the targets."""

from typing import Any

from featviz.usage import GIB

FEATURES_A_CALL = 1000
"""Of the baseline."""
FEW = 32
PEER_TARGET = 4
"""Times fewer CPU seconds than SAEDashboard, which leaves out effects and encoder B; sae_vis does more than that."""


def table(figures: dict[str, Any]) -> list[str]:
    """The report, line by line."""
    ours, seed, few, peers = (figures[key] for key in ("featviz", "seed", "few", "peers"))
    lowest, shape = sum(figures["floor"].values()), figures["shape"]
    tokens = shape["sequences"] * shape["context"]
    return [
        f"{shape['d_sae']:,} features of A, B as many, {tokens:,} tokens, d_vocab {shape['d_vocab']:,}, "
        f"{figures['work']['pairs']:,} effects at {figures['work']['positions']:,} positions",
        "",
        f"{'':<40}{'CPU-s':>10}{'wall s':>9}{'GiB':>7}{'bytes a feature':>17}",
        row("featviz, all", ours["cpu"], ours["wall"], ours["peak"], ours["bytes_per_feature"]),
        row(f"featviz, {FEW} features", few["cpu"], few["wall"], few["peak"]),
        row("seed, all (extrapolated)", seed["all"], None, seed["peak"], seed["bytes_per_feature"]),
        row(f"seed, {FEW} features (extrapolated)", seed["few"]),
        *line_rows(seed, FEATURES_A_CALL),
        *(line for peer in peers for line in peer_rows(peer)),
        row("floor", lowest),
        *(row(f"   {name}", seconds) for name, seconds in figures["floor"].items()),
        "",
        *(verdict(*target) for target in targets(ours, seed, few, lowest)),
        *(verdict(*target) for peer in peers for target in peer_targets(peer, ours)),
        "",
        f"{'where featviz spends it, all':<40}{'CPU-s':>10}{'wall s':>9}{'GiB':>7}",
        *profile_rows(figures["profile"]),
        f"{f'where featviz spends it, {FEW} features':<40}{'CPU-s':>10}{'wall s':>9}{'GiB':>7}",
        *profile_rows(figures["profile_few"]),
    ]


def row(
    name: str, cpu: float, wall: float | None = None, peak: float | None = None, of_bytes: float | None = None
) -> str:
    """A line of the table."""
    seconds = f"{cpu:>10,.2f}" if cpu < 10 else f"{cpu:>10,.1f}" if cpu < 1000 else f"{cpu:>10,.0f}"
    others = ((wall, 9, ".1f"), (peak, 7, ".2f"), (of_bytes, 17, ",.0f"))
    cells = "".join(f"{'':>{width}}" if value is None else f"{value:>{width}{form}}" for value, width, form in others)
    return f"{name:<40}{seconds}{cells}".rstrip()


def line_rows(line: dict[str, Any], batch: int) -> list[str]:
    """What an extrapolation is made of."""
    return [row(f"   a call of up to {batch:,} features", line["fixed"]), row("   a feature", line["per_feature"])]


def peer_rows(peer: dict[str, Any]) -> list[str]:
    whole = row(f"{peer['name']}, all (extrapolated)", peer["all"], None, peer["peak"], peer["bytes_per_feature"])
    return [whole, row("   once", peer["once"]), *line_rows(peer, peer["batch"])]


def profile_rows(profile: dict[str, Any]) -> list[str]:
    return [
        row(f"   {name}", stage["cpu_seconds"], stage["wall_seconds"], stage["peak_bytes"] / GIB)
        for name, stage in profile["stages"].items()
    ]


Target = tuple[str, float, float, bool]
"""What, found, target, and whether more is better."""


def targets(ours: dict[str, float], seed: dict[str, float], few: dict[str, float], lowest: float) -> list[Target]:
    return [
        ("seed / featviz, all, CPU", seed["all"] / ours["cpu"], 110, True),
        (f"seed / featviz, {FEW} features, CPU", seed["few"] / few["cpu"], 10, True),
        ("featviz / floor, CPU", ours["cpu"] / lowest, 1.5, False),
        ("featviz, wall / CPU", ours["wall"] / ours["cpu"], 0.6, False),
        ("featviz, peak memory in GiB", ours["peak"], 4.0, False),
    ]


def peer_targets(peer: dict[str, Any], ours: dict[str, float]) -> list[Target]:
    return [(f"{peer['name']} / featviz, all, CPU", peer["all"] / ours["cpu"], PEER_TARGET, True)]


def verdict(what: str, found: float, target: float, more: bool) -> str:
    """One target, and whether it was reached."""
    reached = found >= target if more else found <= target
    return f"{what:<44}{found:>9.2f}  {'at least' if more else 'at most '} {target:<6} {'ok' if reached else 'MISSED'}"
