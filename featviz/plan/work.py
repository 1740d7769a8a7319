"""How much of everything a build does, by stage."""

from dataclasses import dataclass
from math import ceil, exp

from featviz.capture.residuals import kept_tokens
from featviz.effects.direct import POSITION_TILE, SHARD_BYTES
from featviz.pipeline.compute import BLOCK_FEATURES
from featviz.pipeline.neurons import SUM_BYTES
from featviz.plan.shapes import SaeShape, Shapes
from featviz.settings import Settings

NEIGHBOURS_FIRE = 0.05
"""Share of the tokens beside a target at which its feature fires too: features of text come in runs."""
FEATURE_BYTES, TOKEN_BYTES = 1600.0, 3.9
"""What a record takes, compressed: by itself, and for each token shown."""


@dataclass(frozen=True)
class SaeWork:
    """Of one SAE."""

    features: int
    """With a dashboard."""
    firings: float
    windows: float
    """A feature."""
    shown: float
    """Tokens in the windows of a feature."""
    pairs: float
    """(Position, feature) that are ablated."""
    blocks: int
    kept: int
    """Tokens whose final residuals are on disk: the model need not run on them again."""
    unembedded: float
    """Positions, in all blocks."""
    flops: dict[str, float]
    """Of matrix products, by stage."""
    exponentials: float
    products: float
    """Multiply-adds of correlations."""
    ranked: float
    """Correlations and cosines with features, among which the highest are looked for."""
    neurons: float
    """Correlations with neurons, likewise."""
    passes: int
    """Of the model, for sums with neurons that are not taken in pass 1."""
    chunks: int
    bytes: float


def sae_work(shapes: Shapes, sae: SaeShape, features: int, settings: Settings) -> SaeWork:
    """What one SAE asks for."""
    model, tokens = shapes.model, shapes.tokens
    firings = tokens * sae.l0
    each = firings / sae.d_sae
    chosen = min(each, settings.top + settings.intervals * settings.per_interval)
    length = shapes.context if settings.reach is None else min(2 * settings.reach + 1, shapes.context)
    beside = min(1.0, max(each / tokens, NEIGHBOURS_FIRE))
    windows, exact = chosen + settings.bottom, settings.effect == "exact"
    pairs = features * (windows * (length - 1) if exact else min(each, chosen * (1 + (length - 1) * beside)))
    blocks = ceil(features / BLOCK_FEATURES)
    shards = ceil(4 * model.d_model * tokens / SHARD_BYTES)
    """Of tokens: each reads the logits of a block's features out anew."""
    touched = 1 - exp(-pairs / max(blocks, 1) * POSITION_TILE / tokens)
    unembedded = blocks * tokens * touched
    kept = 0 if exact or not features else kept_tokens(tokens, model.d_model, settings.device)
    again = features * windows * shapes.context * model.flops(shapes.context)
    """Passes of exact effects, at most: all windows in sequences of their own, and the hook at the first layer."""
    chunk = settings.chunk_size if features == sae.d_sae else 1
    share, sums = features / sae.d_sae, 8 * features * sae.d_in * sae.neuron_basis
    others = sum(firings * other.l0 for other in shapes.saes.values())
    candidates = sae.d_sae + sum(other.d_sae for other in shapes.saes.values())
    return SaeWork(
        features=features,
        firings=firings,
        windows=windows,
        shown=windows * length,
        pairs=pairs,
        blocks=blocks,
        kept=kept,
        unembedded=unembedded,
        flops={
            "capture": 2.0 * tokens * sae.d_in * sae.d_sae,
            "neighbours": 2.0 * features * sae.d_sae * sae.d_in,
            "logits": 2.0 * features * model.d_model * (model.d_vocab + sae.d_in),
            "effects": again + 4.0 * pairs * model.d_model * model.d_vocab
            if exact
            else blocks * (tokens - kept) * model.flops(shapes.context)
            + 2.0 * (unembedded + shards * features) * model.d_model * model.d_vocab,
        },
        exponentials=(unembedded + pairs) * model.d_vocab,
        products=share * others,
        ranked=float(features * candidates),
        neurons=float(features * sae.d_in * sae.neuron_basis),
        passes=ceil(sums / SUM_BYTES) if sums > SUM_BYTES else 0,
        chunks=ceil(features / chunk),
        bytes=features * (FEATURE_BYTES + TOKEN_BYTES * windows * length),
    )
