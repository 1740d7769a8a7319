"""What every JSON document of a release starts with: its format version and its SAE."""

import orjson

from featviz.bundle.codec.fields import Fields
from featviz.bundle.format import FORMAT_VERSION
from featviz.errors import BundleError


def document(text: bytes, where: str, sae: str | None = None) -> Fields:
    """The JSON object in ``text``, of this format version and, if given, of that SAE; messages call it ``where``."""
    fields = Fields(_parse(text), where)
    version = fields.integer("format")
    if version != FORMAT_VERSION:
        raise BundleError(f"format version {version}: this featviz reads version {FORMAT_VERSION}")
    found = fields.text("sae")
    if sae is not None and found != sae:
        raise BundleError(f'the {where or "chunk"} holds features of SAE "{found}", not of "{sae}"')
    return fields


def _parse(text: bytes) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BundleError(f"not valid JSON: {error}") from error
