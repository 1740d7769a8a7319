"""The bundle format's constants and paths, named by the words of ``site_template/docs/format.md``."""

import re

from featviz.errors import BundleError

FORMAT_NAME = "featviz"
FORMAT_VERSION = 1

STEPS = 1000
"""A scaled column's largest |x| is this many steps of its scale."""
SIGNIFICANT_DIGITS = 6
CORRELATION_DECIMALS = 4

DEFAULT_CHUNK_SIZE = 16
FOLDER_SIZE = 256
"""Chunks in one folder."""
MAX_CHUNK_BYTES = 64 * 2**20
"""A chunk that declares more uncompressed bytes than this is refused."""

MANIFEST = "manifest.json"
DIGESTS = "digests.json"
DATA = "data"
CHUNK_SUFFIX = ".json.zst"
OVERVIEW = "overview"
SEARCH = "search"
OVERVIEW_BLOCKS = "overview_blocks"
PARTS = (OVERVIEW, OVERVIEW_BLOCKS, SEARCH)
"""What an SAE may have beside its chunks."""

GROUP_KINDS = ("top", "interval", "bottom")

RELEASE_NAME = re.compile(r"[0-9a-f]{16}")
SAE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def sae_name(name: str) -> str:
    """``name``, if it may name an SAE in a bundle (it becomes a folder and a part of every link)."""
    if not SAE_NAME.fullmatch(name) or name == DIGESTS:
        raise BundleError(
            f"{name!r} cannot name an SAE: expected 1 to 64 letters, digits, dots, underscores or hyphens, "
            f"the first a letter or digit (and not {DIGESTS})"
        )
    return name


def chunk_of(feature: int, chunk_size: int) -> int:
    """The number of the chunk that holds ``feature``."""
    return feature // chunk_size


def chunks_for(features: int, chunk_size: int) -> int:
    """How many chunks hold ``features`` features."""
    return -(-features // chunk_size)


def release_path(release: str) -> str:
    """The release's folder below the site's root."""
    return f"{DATA}/{release}"


def chunk_name(sae: str, chunk: int) -> str:
    """A chunk's path below its release, as ``digests.json`` spells it."""
    return f"{sae}/{chunk // FOLDER_SIZE}/{chunk}{CHUNK_SUFFIX}"


def overview_name(sae: str) -> str:
    """The overview's path below its release."""
    return f"{sae}/{OVERVIEW}.zst"


def overview_block_name(sae: str, block: int) -> str:
    """The path below its release of a block of an overview that is not one file."""
    return f"{sae}/{OVERVIEW}/{block}.zst"


def vocabulary_name(sae: str) -> str:
    """The search vocabulary's path below its release."""
    return f"{sae}/{SEARCH}/vocabulary.json.zst"


def shard_name(sae: str, index: str, shard: int) -> str:
    """A search shard's path below its release."""
    return f"{sae}/{SEARCH}/{index}/{shard // FOLDER_SIZE}/{shard}.zst"


def overflow_name(sae: str, index: str, overflow: int) -> str:
    """An overflow file's path below its release."""
    return f"{sae}/{SEARCH}/{index}/overflow/{overflow // FOLDER_SIZE}/{overflow}.zst"


def chunk_path(release: str, sae: str, chunk: int) -> str:
    """A chunk's path below the site's root."""
    return f"{release_path(release)}/{chunk_name(sae, chunk)}"
