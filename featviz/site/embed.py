"""A feature's dashboard inside another page, such as a notebook."""

from html import escape

from featviz.bundle.reader import Bundle
from featviz.site.export import page_of

HEIGHT = 900
"""Pixels; what is longer scrolls."""


def embedded(bundle: Bundle, sae: str, feature: int) -> str:
    """A frame that holds the whole dashboard and asks for nothing; its scripts cannot reach the page around it."""
    page = escape(page_of(bundle, {sae: [feature]}))
    look = f'title="Feature {feature} of {escape(sae)}" style="width: 100%; height: {HEIGHT}px; border: 0"'
    return f'<iframe sandbox="allow-scripts" {look} srcdoc="{page}"></iframe>'
