"""Some features of a bundle as a bundle of their own: what an exported page carries."""

from collections.abc import Mapping, Sequence
from typing import Any

from featviz.bundle.codec.encode import encode_chunk
from featviz.bundle.codec.tokens import Tokens
from featviz.bundle.format import MANIFEST, SEARCH, chunk_path, release_path
from featviz.bundle.manifest import manifest_json
from featviz.bundle.parts.collect import Parts
from featviz.bundle.parts.search import search_files
from featviz.bundle.reader import Bundle, record_in
from featviz.records import Vocabulary

PICKS = 12

Files = dict[str, bytes]
"""By path below the site's root."""


def excerpt(bundle: Bundle, picked: Mapping[str, Sequence[int]]) -> tuple[dict[str, Any], Files]:
    """A manifest as JSON, and the files that it calls for: a chunk for each feature, and an index of each SAE's.

    ``picked`` holds the features of each SAE that has some.
    """
    files = {sae: _chunks_and_index(bundle, sae, features) for sae, features in picked.items()}
    return _manifest(bundle, picked, files), {path: data for own in files.values() for path, data in own.items()}


def _chunks_and_index(bundle: Bundle, sae: str, features: Sequence[int]) -> Files:
    info, release, parts, files = bundle.sae(sae), bundle.manifest.release, Parts(sae, ()), Files()
    for feature in features:
        chunk = bundle.chunk_with(sae, feature)
        record = record_in(chunk, feature)
        parts.see([record], chunk.tokens)
        files[chunk_path(release, sae, feature)] = encode_chunk(sae, feature, [record], _vocabulary(chunk.tokens))
    index = search_files(sae, info.d_sae, parts.postings())
    return files | {f"{release_path(release)}/{name}": data for name, data in index}


def _vocabulary(tokens: Tokens) -> Vocabulary:
    """The chunk's tokens at their places, and nothing between them."""
    text = [tokens.text.get(token, "") for token in range(max(tokens.text, default=-1) + 1)]
    return Vocabulary(text, tokens.partial, tokens.special)


def _manifest(bundle: Bundle, picked: Mapping[str, Sequence[int]], files: Mapping[str, Files]) -> dict[str, Any]:
    """The site's own, with these SAEs first, and with what is in the excerpt."""
    manifest = manifest_json((bundle.root / MANIFEST).read_bytes())
    manifest["format"].pop("sha256", None)
    for entry in manifest["saes"]:
        here = list(picked.get(entry["name"], ()))
        index = sum(len(data) for path, data in files.get(entry["name"], {}).items() if f"/{SEARCH}/" in path)
        parts = {SEARCH: index} if here else {}
        entry |= {"chunk_size": 1, "chunks": entry["d_sae"], "parts": parts, "features": here, "picks": here[:PICKS]}
    order = [*picked, *(entry["name"] for entry in manifest["saes"] if entry["name"] not in picked)]
    manifest["saes"].sort(key=lambda entry: order.index(entry["name"]))
    return manifest
