"""The files of an overview: one, or of a large SAE many blocks, the first of which already shows the whole coarsely."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from featviz.bundle.format import OVERVIEW, OVERVIEW_BLOCKS, overview_block_name, overview_name
from featviz.bundle.manifest import SaeInfo
from featviz.bundle.parts.overview import Column, Overview, decode_overview
from featviz.errors import BundleError

Read = Callable[[str], bytes]
"""The bytes of a file of the release, by its name."""

BLOCK = 65_536
"""Features of a block at most; an overview of up to twice as many is one file."""


def overview_files(overview: Overview, block: int = BLOCK) -> Iterator[tuple[str, str, bytes]]:
    """Every file of an overview: its part, its name below the release, its bytes."""
    if overview.features <= 2 * block:
        yield OVERVIEW, overview_name(overview.sae), overview.encode()
        return
    blocks = -(-overview.features // block)
    for number in range(blocks):
        yield OVERVIEW_BLOCKS, overview_block_name(overview.sae, number), block_of(overview, number, blocks).encode()


def block_of(overview: Overview, block: int, blocks: int) -> Overview:
    """Every ``blocks``-th feature from ``block`` on."""
    return replace(
        overview,
        tokens=[] if block else overview.tokens,
        columns={column: codes[block::blocks] for column, codes in overview.columns.items()},
        labels={feature: text for feature, text in overview.labels.items() if feature % blocks == block},
        block=block,
        blocks=blocks,
    )


def read_overview(sae: SaeInfo, read: Read) -> Overview:
    """The whole overview, from one file or from its blocks; a BundleError begins with the file's name."""
    if OVERVIEW in sae.parts:
        return _read(sae, overview_name(sae.name), read)
    first = _read_block(sae, 0, read, None)
    return _joined([first, *(_read_block(sae, block, read, first) for block in range(1, first.blocks))])


def overview_names(sae: SaeInfo, read: Read) -> Iterator[tuple[str, str]]:
    """The files of an SAE's overview, each with its part; a BundleError if a first block is unreadable."""
    if OVERVIEW in sae.parts:
        yield OVERVIEW, overview_name(sae.name)
    if OVERVIEW_BLOCKS in sae.parts:
        blocks = _read_block(sae, 0, read, None).blocks
        yield from ((OVERVIEW_BLOCKS, overview_block_name(sae.name, block)) for block in range(blocks))


def _read_block(sae: SaeInfo, block: int, read: Read, start: Overview | None) -> Overview:
    name = overview_block_name(sae.name, block)
    found = _read(sae, name, read, start)
    wanted = (block, start.blocks if start else found.blocks)
    if (found.block, found.blocks) != wanted:
        raise BundleError(f"{name}: it is block {found.block} of {found.blocks}; expected {block} of {wanted[1]}")
    return found


def _read(sae: SaeInfo, name: str, read: Read, start: Overview | None = None) -> Overview:
    try:
        return decode_overview(read(name), sae.name, sae.d_sae, start)
    except BundleError as error:
        raise BundleError(f"{name}: {error}") from error


def _joined(blocks: list[Overview]) -> Overview:
    first = blocks[0]
    columns: dict[Column, np.ndarray] = {}
    for column in first.columns:
        columns[column] = np.zeros(first.features, dtype=np.int64)
        for each in blocks:
            if column not in each.columns:
                raise BundleError(f"{overview_block_name(each.sae, each.block)}: it lacks the column {column.name}")
            columns[column][each.block :: each.blocks] = each.columns[column]
    labels = {feature: text for each in blocks for feature, text in each.labels.items()}
    return replace(first, columns=columns, labels=dict(sorted(labels.items())), blocks=1)
