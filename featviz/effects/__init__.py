"""Pass 2: what removing a feature does to the prediction of the next token."""

from featviz.effects.direct import GROUPS, Claim, Direct
from featviz.effects.exact import Removed, exact_effects
from featviz.effects.logits import LogitRows, centred, directions, logit_rows
from featviz.effects.table import EffectSettings, EffectTable, Pairs

__all__ = [
    "GROUPS",
    "Claim",
    "Direct",
    "EffectSettings",
    "EffectTable",
    "LogitRows",
    "Pairs",
    "Removed",
    "centred",
    "directions",
    "exact_effects",
    "logit_rows",
]
