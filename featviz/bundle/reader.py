"""Reading a bundle from disk: its manifest, chunks and records."""

from collections import Counter
from pathlib import Path

from featviz.bundle.codec.decode import Chunk, decode_chunk
from featviz.bundle.format import MANIFEST, chunk_of, chunk_path
from featviz.bundle.manifest import Manifest, SaeInfo, decode_manifest
from featviz.bundle.within import read_within
from featviz.errors import BundleError, FeatureNotFound, nearest
from featviz.records import Record
from featviz.records.targets import top_targets


class Bundle:
    """A bundle on disk. Chunks are read when asked for, and not kept."""

    def __init__(self, root: Path, manifest: Manifest) -> None:
        self.root = root
        self.manifest = manifest

    @staticmethod
    def open(path: Path) -> "Bundle":
        """The bundle in a site's folder, or of a ``manifest.json``."""
        file = path / MANIFEST if path.is_dir() or path.name != MANIFEST else path
        try:
            return Bundle(file.parent, decode_manifest(_read(file.parent, file)))
        except FileNotFoundError as error:
            raise BundleError(
                f"{path} holds no {MANIFEST}; expected the folder that featviz build or featviz demo wrote"
            ) from error
        except BundleError as error:
            raise BundleError(f"{file}: {error}") from error

    def sae(self, name: str | None = None) -> SaeInfo:
        """The SAE of that name, or the first."""
        saes = {sae.name: sae for sae in self.manifest.saes}
        if name is None and saes:
            return self.manifest.saes[0]
        if name is None or name not in saes:
            known = ", ".join(saes) or "no SAE at all"
            raise FeatureNotFound(f'{self.root} has no SAE "{name}"; it has {known}.{nearest(name or "", saes)}')
        return saes[name]

    def chunk(self, sae: str, chunk: int) -> Chunk:
        """One decoded chunk, whatever the state of the others."""
        path = self.root / chunk_path(self.manifest.release, sae, chunk)
        try:
            return decode_chunk(_read(self.root, path), sae, chunk * self.sae(sae).chunk_size)
        except FileNotFoundError as error:
            raise BundleError(f"{path} is missing; build or copy the site again") from error
        except BundleError as error:
            raise BundleError(f"{path}: {error}") from error

    def chunk_with(self, sae: str, feature: int) -> Chunk:
        """The chunk that holds a feature."""
        info = self.sae(sae)
        if not 0 <= feature < info.d_sae:
            raise FeatureNotFound(f'SAE "{info.name}" has no feature {feature}; its features are 0 … {info.d_sae - 1}')
        if info.features is not None and feature not in info.features:
            held = f"{len(info.features)} features" if info.features else "none of its features"
            raise FeatureNotFound(f'{self.root} holds {held} of SAE "{info.name}", and not {feature}')
        return self.chunk(sae, chunk_of(feature, info.chunk_size))

    def record(self, sae: str, feature: int) -> Record:
        """The record of one feature."""
        return record_in(self.chunk_with(sae, feature), feature)


def record_in(chunk: Chunk, feature: int) -> Record:
    """The feature's record in its chunk."""
    try:
        return chunk.records[feature - chunk.first]
    except IndexError as error:
        raise BundleError(
            f'the chunk of SAE "{chunk.sae}" from feature {chunk.first} ends before feature {feature}'
        ) from error


def commonest_target(record: Record) -> int | None:
    """The token id that most of the top windows have as their target; none for a dead feature."""
    targets = top_targets(record).tolist()
    return Counter(targets).most_common(1)[0][0] if targets else None


def _read(root: Path, path: Path) -> bytes:
    try:
        return read_within(root, path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(path) from error
    except OSError as error:
        raise BundleError(f"cannot be read: {error.strerror}") from error
