"""featviz: look at what a neural network learned.

``featviz.open("build").sae("A").feature(7)`` reads a site; ``featviz.build(model=…, saes=…, tokens=…)`` makes one. What
these need is imported when they are used, so that ``import featviz`` takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from featviz.api.build import build_from as build
    from featviz.api.feature import Feature, LogitRow, Window, WindowGroup
    from featviz.api.site import Sae, Site
    from featviz.api.site import open_site as open  # noqa: A004
    from featviz.errors import FeatvizError
    from featviz.sources.sae import SparseAutoencoder

__all__ = [
    "Feature",
    "FeatvizError",
    "LogitRow",
    "Sae",
    "Site",
    "SparseAutoencoder",
    "Window",
    "WindowGroup",
    "__version__",
    "build",
    "open",
]

_PLACES = {
    "Feature": "featviz.api.feature:Feature",
    "FeatvizError": "featviz.errors:FeatvizError",
    "LogitRow": "featviz.api.feature:LogitRow",
    "Sae": "featviz.api.site:Sae",
    "Site": "featviz.api.site:Site",
    "SparseAutoencoder": "featviz.sources.sae:SparseAutoencoder",
    "Window": "featviz.api.feature:Window",
    "WindowGroup": "featviz.api.feature:WindowGroup",
    "build": "featviz.api.build:build_from",
    "open": "featviz.api.site:open_site",
}


def __getattr__(name: str) -> Any:
    """What a public name stands for, imported when it is first asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _PLACES[name].partition(":")
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
