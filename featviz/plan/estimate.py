"""Seconds, memory and disk of a build, from its work and this machine's rates."""

from collections.abc import Mapping
from dataclasses import dataclass

from featviz.pipeline.compute import LOGIT_ROW_BYTES
from featviz.plan.rates import Rates
from featviz.plan.shapes import Shapes
from featviz.plan.work import SaeWork
from featviz.settings import Settings

LOAD_STEPS = 1.5e6
"""Imports, model, SAEs, the check of the readout and the pages, as so many small numpy calls."""
BASE_BYTES = 700e6
"""Of a process that has imported everything."""
EXPONENTIALS_A_PAIR = 3.0
"""What the pass over a vocabulary row of an ablation costs, in exponentials."""
STEPS_A_FEATURE, STEPS_A_WINDOW = 140.0, 5.5
"""Small numpy calls of selection, record, index and chunk."""
FIRING_BYTES, FIRING_PEAK_BYTES = 20, 60
"""On disk; in memory while they are sorted."""
PAIR_BYTES = 24
"""Of an effect on disk, beside its tokens."""
RAW_BYTES = 3.0
"""Bytes given to zstd for one that it leaves."""
INDEX_SHARE = 0.02
"""Overview and search index beside the chunks, in files."""


@dataclass(frozen=True)
class Estimate:
    """Of one build."""

    seconds: dict[str, float]
    """By stage."""
    peak: float
    """Bytes of memory."""
    site: float
    """Bytes of the site."""
    work: float
    """Bytes of finished pieces beside it."""
    files: int

    @property
    def total(self) -> float:
        """Seconds."""
        return sum(self.seconds.values())


def estimate(shapes: Shapes, work: Mapping[str, SaeWork], settings: Settings, rates: Rates) -> Estimate:
    """What the work takes on a machine of these rates."""
    forward = shapes.tokens * shapes.model.flops(shapes.context)
    capture = sum(each.flops["capture"] for each in work.values())
    seconds = {"load": LOAD_STEPS / rates.steps, "capture": (forward + capture) / rates.flops}
    for name, each in work.items():
        passes = each.unembedded + EXPONENTIALS_A_PAIR * each.pairs
        steps = each.features * (STEPS_A_FEATURE + STEPS_A_WINDOW * each.windows)
        seconds |= {
            f"correlations {name}": each.products / rates.products,
            f"logits {name}": each.flops["logits"] / rates.flops,
            f"effects {name}": each.flops["effects"] / rates.flops + passes * shapes.model.d_vocab / rates.exponentials,
            f"records {name}": steps / rates.steps + RAW_BYTES * each.bytes / rates.compressed,
        }
    chunks = sum(each.chunks for each in work.values())
    return Estimate(
        seconds={stage: taken for stage, taken in seconds.items() if taken},
        peak=_peak(shapes, work),
        site=sum(each.bytes for each in work.values()) * (1 + INDEX_SHARE) + 2e6,
        work=sum(
            each.firings * FIRING_BYTES + each.pairs * (PAIR_BYTES + 16 * settings.effect_tokens)
            for each in work.values()
        ),
        files=round(chunks * (1 + INDEX_SHARE)) + 100,
    )


def _peak(shapes: Shapes, work: Mapping[str, SaeWork]) -> float:
    """Weights, firings, neuron moments, and the logits of a block of features."""
    weights = 4.0 * shapes.model.parameters + sum(8.0 * sae.d_in * sae.d_sae for sae in shapes.saes.values())
    firings = sum(each.firings for each in work.values()) * FIRING_PEAK_BYTES
    moments = sum(8.0 * sae.d_in * sae.d_sae for sae in shapes.saes.values() if sae.neuron_basis)
    rows = max(min(LOGIT_ROW_BYTES, 4.0 * each.features * shapes.model.d_vocab) for each in work.values())
    return BASE_BYTES + weights + firings + moments + rows
