"""What each stage of a build is expected to take, for the time left that is shown while it runs."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from featviz.errors import InputError
from featviz.pipeline.subset import chosen_features
from featviz.plan.estimate import estimate
from featviz.plan.rates import TYPICAL, Rates, measure_rates
from featviz.plan.shapes import read_shapes
from featviz.plan.work import sae_work
from featviz.progress import Expected
from featviz.settings import Settings

LONG_SECONDS = 60.0
"""A build that would take less on a typical machine is not worth measuring this one."""
MEASURED_SECONDS = 0.15
"""How long each rate is measured before a long build."""


def expectation(settings: Settings, rates: Rates | None = None) -> Expected | None:
    """From the SAEs' L0, as far as they are known, to seconds by stage; ``None`` where sizes cannot be read.

    Without ``rates`` this machine's are measured, unless the build is short.
    """
    try:
        shapes = read_shapes(settings, None)
        chosen = chosen_features(settings, {name: sae.d_sae for name, sae in shapes.saes.items()})
    except InputError:
        return None

    def expected(l0: Mapping[str, float], rates: Rates) -> Mapping[str, float]:
        known = replace(shapes, saes={name: replace(sae, l0=l0.get(name, sae.l0)) for name, sae in shapes.saes.items()})
        work = {name: sae_work(known, sae, len(chosen[name]), settings) for name, sae in known.saes.items()}
        return estimate(known, work, settings, rates).seconds

    if rates is None:
        long = sum(expected({}, TYPICAL).values()) > LONG_SECONDS
        rates = measure_rates(MEASURED_SECONDS, device=settings.device) if long else TYPICAL
    return partial(expected, rates=rates)
