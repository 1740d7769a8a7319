"""What a record depends on besides the model, the SAE and the tokens."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """The names of ``featviz.toml``, with the documented defaults."""

    window: int | str = 5
    top: int = 20
    bottom: int = 20
    intervals: int = 10
    per_interval: int = 5
    histogram_bins: int = 40
    logit_tokens: int = 10
    effect_tokens: int = 5
    neighbours: int = 5
