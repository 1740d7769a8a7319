"""Every error that featviz raises on purpose: one line of what was found, expected, and to be done."""

from collections.abc import Iterable
from difflib import get_close_matches

import click


class FeatvizError(click.ClickException):
    """The base: ``str(error)`` is the whole message; the command line prints it and exits with 1."""


class InputError(FeatvizError):
    """A model, SAE, tokens, label or settings file that cannot be used as it is."""


class BundleError(FeatvizError):
    """A bundle or site that is missing, damaged, of another version, or not ours."""


class FeatureNotFound(BundleError):
    """A feature or SAE that the bundle does not hold."""


def nearest(name: str, known: Iterable[str]) -> str:
    """``" Did you mean x?"`` for the known name nearest to ``name``, or an empty string."""
    matches = get_close_matches(name, list(known), n=1)
    return f" Did you mean {matches[0]}?" if matches else ""
