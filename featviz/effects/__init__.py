"""Pass 2: what removing a feature does to the prediction of the next token."""

from featviz.effects.effects import EffectSettings, EffectTable, Pairs, token_effects
from featviz.effects.logits import LogitRows, centred, extreme, logit_rows

__all__ = ["EffectSettings", "EffectTable", "LogitRows", "Pairs", "centred", "extreme", "logit_rows", "token_effects"]
