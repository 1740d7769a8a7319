"""Pass 2: what removing a feature does to the prediction of the next token."""

from featviz.effects.effects import EffectSettings, token_effects
from featviz.effects.exact import Removed, exact_effects
from featviz.effects.logits import LogitRows, centred, logit_rows
from featviz.effects.table import EffectTable, Pairs

__all__ = [
    "EffectSettings",
    "EffectTable",
    "LogitRows",
    "Pairs",
    "Removed",
    "centred",
    "exact_effects",
    "logit_rows",
    "token_effects",
]
