"""Seconds, memory and disk of a build, from its work and this machine's rates."""

from collections.abc import Mapping
from dataclasses import dataclass

from featviz.capture.encode import SCREENED_SHARE
from featviz.capture.runs import SLICE_FIRINGS
from featviz.effects.partial import ROW_BYTES
from featviz.pipeline.neurons import SUM_BYTES
from featviz.plan.rates import Rates
from featviz.plan.shapes import SaeShape, Shapes
from featviz.plan.work import SaeWork
from featviz.settings import Settings

LOAD_STEPS, SITE_STEPS = 2.4e6, 2e5
"""Imports, model, SAEs, the check of the readout; the pages: as so many small numpy calls."""
BASE_BYTES = 700e6
"""Of a process that has imported everything."""
FORWARD, LOGITS, SCREENED, ENCODED, SIMILAR = 2.5, 1.3, 1.1, 1.1, 2.0
"""What a stage takes beside its matrix products, as a multiple of these: the model's other layers; ranking and counting
rows of the vocabulary; rounding for an encoder's products in bfloat16; looking through products, and cosines."""
EXPONENTIALS_A_PAIR, EXPONENTIALS_RANKED, EXPONENTIALS_SCREENED, EXPONENTIALS_A_PRODUCT = 1.7, 10.0, 1.7, 0.45
"""What an entry of a vocabulary row of an ablation costs, one among which the highest are looked for, one of an
encoder's products in bfloat16, and a product of those that are made again in float32, two for each that fires."""
SELECT_STEPS, RECORD_STEPS, WRITE_STEPS, INDEX_STEPS = 80.0, 120.0, 170.0, 15.0
"""Small numpy calls of a feature, by stage."""
WINDOW_STEPS = 1.4
"""Those of selecting a window."""
FIRING_BYTES, FIRING_PEAK_BYTES = 20, 60
"""On disk; in memory while they are sorted."""
PLACE_BYTES = 57
"""What all stages know of a token."""
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
    encoding = sum(_encoding(sae, work[name], rates) for name, sae in shapes.saes.items())
    forward = FORWARD * shapes.tokens * shapes.model.flops(shapes.context) / rates.flops
    seconds = {"load": LOAD_STEPS / rates.steps, "capture": forward + encoding}
    for name, each in work.items():
        stages = {"neurons": each.passes * forward, **_block_stages(each, shapes, rates)}
        seconds |= {f"{stage} {name}": taken for stage, taken in stages.items()}
    seconds["site"] = SITE_STEPS / rates.steps
    chunks = sum(each.chunks for each in work.values())
    return Estimate(
        seconds={stage: taken for stage, taken in seconds.items() if taken},
        peak=_peak(shapes, work),
        site=sum(each.bytes for each in work.values()) * (1 + INDEX_SHARE) + 2e6,
        work=sum(
            each.firings * FIRING_BYTES + each.pairs * (PAIR_BYTES + 16 * settings.effect_tokens) + each.bytes
            for each in work.values()
        )
        + 4.0 * shapes.model.d_model * max((each.kept for each in work.values()), default=0),
        files=round(chunks * (1 + INDEX_SHARE)) + 100,
    )


def _encoding(sae: SaeShape, work: SaeWork, rates: Rates) -> float:
    """Seconds; where few entries fire, bfloat16 tells which may, on processors that multiply such matrices faster."""
    if rates.screened and sae.elementwise and sae.l0 / sae.d_sae < SCREENED_SHARE / 3:
        entries, candidates = work.flops["capture"] / (2 * sae.d_in), 2 * work.firings
        looked_at = EXPONENTIALS_SCREENED * entries + EXPONENTIALS_A_PRODUCT * candidates * sae.d_in
        return SCREENED * work.flops["capture"] / rates.screened + looked_at / rates.exponentials
    return ENCODED * work.flops["capture"] / rates.flops


def _block_stages(work: SaeWork, shapes: Shapes, rates: Rates) -> dict[str, float]:
    """Seconds of what follows pass 1, by stage."""
    passes = work.unembedded + EXPONENTIALS_A_PAIR * work.pairs
    ranking = EXPONENTIALS_RANKED / rates.exponentials
    feature = work.features / rates.steps
    return {
        "correlations": work.neurons * ranking,
        "neighbours": _similar(work, rates) + work.products / rates.products + work.ranked * ranking,
        "logits": LOGITS * work.flops["logits"] / rates.flops,
        "select": feature * (SELECT_STEPS + WINDOW_STEPS * work.windows),
        "effects": work.flops["effects"] / rates.flops + passes * shapes.model.d_vocab / rates.exponentials,
        "records": feature * RECORD_STEPS,
        "write": feature * WRITE_STEPS + RAW_BYTES * work.bytes / rates.compressed,
        "index": feature * INDEX_STEPS,
    }


def _similar(work: SaeWork, rates: Rates) -> float:
    """Seconds for the products of decoder rows; on processors with units for it in bfloat16, of which few are left."""
    return (
        SIMILAR * work.flops["neighbours"] / rates.screened
        if rates.screened
        else work.flops["neighbours"] / rates.flops
    )


def _peak(shapes: Shapes, work: Mapping[str, SaeWork]) -> float:
    """Weights, the firings of a shard, sums with neurons, a block's logits in a slice of the vocabulary, tokens."""
    weights = 4.0 * shapes.model.parameters + sum(8.0 * sae.d_in * sae.d_sae for sae in shapes.saes.values())
    firings = min(SLICE_FIRINGS, sum(each.firings for each in work.values())) * FIRING_PEAK_BYTES
    moments = min(SUM_BYTES, sum(8.0 * each.neurons for each in work.values()))
    rows = max(min(ROW_BYTES, 4.0 * each.features * shapes.model.d_vocab) for each in work.values())
    return BASE_BYTES + weights + firings + moments + rows + PLACE_BYTES * shapes.tokens
