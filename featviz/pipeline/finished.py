"""What is finished of some features: their chunks, and what the rest of a site needs to know of their records."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

import numpy as np

from featviz.bundle.codec.encode import encode_chunk
from featviz.bundle.parts.collect import Parts
from featviz.bundle.relabel import relabelled
from featviz.pieces import Pieces
from featviz.pipeline.inputs import Inputs
from featviz.provenance import sha256_of_bytes
from featviz.records import Label, Record
from featviz.records.picks import Picks
from featviz.settings import Settings
from featviz.threads import in_order

RECORDS = "records"
"""Folder of the finished pieces in the store."""
FORM = 1
"""Of a finished piece: raised when what it holds changes."""
LEAVE_RECORDS = (
    *("model", "processing", "sae", "sae_b", "hook", "write_hook", "device", "batch_size"),
    *("tokens", "text_key", "split", "subset", "context", "max_tokens", "bos", "pack"),
    *("count_special", "mask_ids", "sink_norm"),
    *("out", "work", "title", "pages", "labels", "features"),
)
"""Settings that a record does not depend on, or only through inputs that the work's own key tells apart."""


@dataclass(frozen=True)
class Finished:
    """Consecutive chunks of one SAE without labels, and what overview, search index and picks hold of them."""

    first: int
    """Number of the first chunk."""
    size: int
    """Features a chunk."""
    chunks: list[bytes]
    seen: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, name: str, size: int, records: list[Record], inputs: Inputs) -> "Finished":
        """Encode the records of consecutive features, ``size`` a chunk, the first of them a chunk's first."""
        parts, picks, vocabulary = Parts(name, inputs.saes), Picks(), inputs.vocabulary
        parts.see(records, vocabulary)
        picks.see(records)
        chunks = [records[low : low + size] for low in range(0, len(records), size)]
        encoded = list(in_order(lambda chunk: encode_chunk(name, chunk[0].feature, chunk, vocabulary), chunks))
        return cls(records[0].feature // size, size, encoded, parts.arrays() | picks.arrays())

    def labelled(self, labels: Mapping[int, Label]) -> Iterator[tuple[int, bytes]]:
        """Each chunk with its number and the labels of its features."""
        for number, chunk in enumerate(self.chunks, self.first):
            features = range(number * self.size, (number + 1) * self.size)
            found = {feature: labels[feature] for feature in features if feature in labels}
            yield number, relabelled(chunk, found, f"chunk {number}")[0] if found else chunk

    def tell(self, parts: Parts, picks: Picks) -> None:
        """Let those of the whole site know of its features."""
        parts.add(self.seen)
        picks.add(self.seen)


@dataclass(frozen=True)
class FinishedPieces:
    """Those of one SAE on disk."""

    store: Pieces
    key: str
    """The `records_key`."""
    name: str
    size: int
    """Features a chunk."""

    def load(self, features: range) -> Finished | None:
        """That of these features, or ``None`` where it is missing or damaged."""
        arrays = self.store.load(self._piece(features))
        if arrays is None:
            return None
        data, ends = arrays.pop("chunks").tobytes(), arrays.pop("ends").tolist()
        chunks = [data[low:high] for low, high in zip([0, *ends], ends, strict=False)]
        return Finished(features.start // self.size, self.size, chunks, arrays)

    def save(self, features: range, finished: Finished) -> None:
        """Put it on disk."""
        chunks = np.frombuffer(b"".join(finished.chunks), dtype=np.uint8)
        ends = np.cumsum([len(chunk) for chunk in finished.chunks])
        arrays = {"chunks": chunks, "ends": ends, **finished.seen}
        self.store.save(self._piece(features), arrays)

    def _piece(self, features: range) -> str:
        return f"{RECORDS}/{self.key}/{self.name}/{features.start}-{features.stop}"


def records_key(inputs: Inputs, settings: Settings) -> str:
    """A digest of what records depend on beside that of `work_key`; a setting that is new counts."""
    vocabulary = inputs.vocabulary
    depends_on = {
        "form": FORM,
        "saes": list(inputs.saes),
        "vocabulary": [vocabulary.text, sorted((k, v.hex()) for k, v in vocabulary.partial.items())],
        "special": sorted(vocabulary.special),
        "settings": {
            field.name: getattr(settings, field.name) for field in fields(settings) if field.name not in LEAVE_RECORDS
        },
    }
    return sha256_of_bytes(json.dumps(depends_on, sort_keys=True).encode())[:16]
