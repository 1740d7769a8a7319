"""A release with other labels, made from one that is there: nothing else of it changes, and nothing is computed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson

from featviz.bundle.codec.compression import compress, decompress
from featviz.bundle.codec.encode import label_json
from featviz.bundle.digests import decode_digests, digest
from featviz.bundle.format import (
    DIGESTS,
    MAX_CHUNK_BYTES,
    OVERVIEW,
    OVERVIEW_BLOCKS,
    SEARCH,
    chunk_name,
    chunks_for,
    release_path,
)
from featviz.bundle.manifest import SaeInfo
from featviz.bundle.parts.overview_blocks import overview_files, read_overview
from featviz.bundle.parts.postings import RecordPostings
from featviz.bundle.parts.search import read_search, search_files
from featviz.bundle.reader import Bundle
from featviz.bundle.within import read_within
from featviz.bundle.writer import BundleWriter
from featviz.errors import BundleError
from featviz.records import Label


@dataclass(frozen=True)
class Relabelled:
    """What became of the labels of one SAE."""

    sae: str
    features: int
    """Features with a dashboard."""
    labelled: int
    """Those with a label now."""
    changed: int
    """Those whose label is another than before."""
    absent: int
    """Labels of features without a dashboard, which were left out."""


class Relabelling:
    """Writes the files of a published release once more, with labels put on."""

    def __init__(self, bundle: Bundle, writer: BundleWriter) -> None:
        self._bundle = bundle
        self._folder = bundle.root / release_path(bundle.manifest.release)
        self._digests = decode_digests(self._bytes(DIGESTS))
        self._writer = writer

    def sae(self, info: SaeInfo, labels: Mapping[int, Label]) -> tuple[SaeInfo, Relabelled]:
        """Write one SAE's files; a label without text takes away what is there."""
        held = range(chunks_for(info.d_sae, info.chunk_size)) if info.features is None else info.features
        texts, changed = dict[int, str](), 0
        for chunk in held:
            name = chunk_name(info.name, chunk)
            try:
                data, found, different = relabelled(self.read(name), labels, name)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise BundleError(f"{self._folder / name} holds no records as featviz writes them") from error
            self._writer.add(info.name, chunk, data)
            texts |= found
            changed += different
        self._write_parts(info, texts)
        parts, size = dict(self._writer.parts[info.name]), self._writer.bytes[info.name]
        with_dashboard = len(held) if info.features is not None else info.d_sae
        absent = 0 if info.features is None else len(labels.keys() - set(info.features))
        report = Relabelled(info.name, with_dashboard, len(texts), changed, absent)
        return replace(info, bytes=size, parts=parts), report

    def read(self, name: str) -> bytes:
        """A file of the release; a BundleError unless it is what was published."""
        data = self._bytes(name)
        if digest(data) != self._digests.get(name):
            raise BundleError(
                f"{self._folder / name} is not what {DIGESTS} names, so nothing was changed. "
                f"featviz check {self._bundle.root} says what is wrong with this site."
            )
        return data

    def _bytes(self, name: str) -> bytes:
        try:
            return read_within(self._bundle.root, self._folder / name)
        except BundleError as error:
            raise BundleError(f"{self._folder / name} {error}.") from error
        except OSError as error:
            raise BundleError(
                f"{self._folder / name} cannot be read: {error.strerror}. Build or copy it again."
            ) from error

    def _write_parts(self, info: SaeInfo, texts: Mapping[int, str]) -> None:
        """The overview with these labels, and the search index with their words."""
        if {OVERVIEW, OVERVIEW_BLOCKS} & info.parts.keys():
            for part, name, data in overview_files(replace(read_overview(info, self.read), labels=dict(texts))):
                self._writer.add_part(info.name, part, [(name, data)])
        if SEARCH in info.parts:
            postings = RecordPostings()
            for feature, text in texts.items():
                postings.see_label(feature, text)
            tokens = read_search(info.name, info.d_sae, self.read)[0]
            index = search_files(info.name, info.d_sae, (tokens, postings.postings()[1]))
            self._writer.add_part(info.name, SEARCH, index)


def relabelled(data: bytes, labels: Mapping[int, Label], name: str) -> tuple[bytes, dict[int, str], int]:
    """A chunk with labels put on, the texts of all its labels by feature, and how many are others than before."""
    content = orjson.loads(decompress(data))
    texts, changed = dict[int, str](), 0
    for record in content["features"]:
        new = labels.get(record["feature"])
        label = record["label"] if new is None else label_json(new if new.text else None)
        changed += label != record["label"]
        record["label"] = label
        if label is not None:
            texts[record["feature"]] = label["text"]
    if not changed:
        return data, texts, 0
    encoded = orjson.dumps(content)
    if len(encoded) > MAX_CHUNK_BYTES:
        raise BundleError(f"{name} would hold more than {MAX_CHUNK_BYTES:,} bytes with these labels: shorten them")
    return compress(encoded), texts, changed
