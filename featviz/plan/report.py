"""A plan as text and as JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from featviz.plan.plan import Plan, gigabytes
from featviz.progress import duration


def lines(plan: Plan) -> Iterator[str]:
    """For a person to read."""
    shapes, found = plan.shapes, plan.estimate
    model = shapes.model
    yield f"model         {model.n_layers} layers, d_model {model.d_model:,}, vocabulary {model.d_vocab:,}"
    yield f"tokens        {shapes.tokens:,} in {shapes.sequences:,} sequences of {shapes.context}"
    for name, sae in shapes.saes.items():
        work = plan.work[name]
        yield (
            f"SAE {name:<9} {sae.d_sae:,} features of {sae.d_in:,}, {sae.l0:g} firing at a token; "
            f"{work.features:,} dashboards in {work.chunks:,} chunks"
        )
    yield ""
    yield from _pieces(plan)
    yield f"{'FLOPs':<14}{sum(_flops(plan).values()):.2e} in matrix products"
    yield f"{'moved':<14}{gigabytes(_moved(plan))} of vocabulary rows read and changed"
    stored = f"{gigabytes(found.site)} of site in {found.files:,} files, {gigabytes(found.work)} of finished pieces"
    yield f"{'stored':<14}{stored}"
    yield f"{'memory':<14}{gigabytes(found.peak)} at most"
    yield ""
    yield "time on this machine"
    for stage, seconds in found.seconds.items():
        yield f"  {stage:<20}{duration(seconds):>10}{seconds / found.total:>7.0%}"
    yield f"  {'all':<20}{duration(found.total):>10}"
    misfits = list(plan.misfits())
    yield ""
    yield from ([f"does not fit: {misfit}" for misfit in misfits] or ["Everything fits: disk, memory, every host."])


def document(plan: Plan) -> dict[str, Any]:
    """For a program to read."""
    found = plan.estimate
    return {
        "shapes": asdict(plan.shapes),
        "work": {name: asdict(each) for name, each in plan.work.items()},
        "rates": asdict(plan.rates),
        "flops": _flops(plan),
        "estimate": asdict(found) | {"total_seconds": found.total},
        "misfits": list(plan.misfits()),
    }


def _pieces(plan: Plan) -> Iterator[str]:
    shards = len(plan.shapes.shards(plan.settings.batch_size))
    blocks = sum(work.blocks for work in plan.work.values())
    yield f"{'pieces':<14}{shards:,} shards of tokens, {blocks:,} blocks of features"
    for name, work in plan.work.items():
        ablated = f"{work.pairs:,.0f} ablations at {work.unembedded:,.0f} unembedded positions"
        yield f"{'  ' + name:<14}{work.firings:,.0f} firings, {ablated}"


def _flops(plan: Plan) -> dict[str, float]:
    flops = {"forward": plan.shapes.tokens * plan.shapes.model.flops(plan.shapes.context)}
    for name, work in plan.work.items():
        flops |= {f"{stage} {name}": amount for stage, amount in work.flops.items()}
    return flops


def _moved(plan: Plan) -> float:
    return 4.0 * sum(work.exponentials for work in plan.work.values())
