"""What a release holds beside the chunks: collected from the same records, written at the end of an SAE."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from featviz.bundle.codec.tokens import Tokens
from featviz.bundle.format import SEARCH
from featviz.bundle.parts.overview import Overview, RecordOverview
from featviz.bundle.parts.overview_blocks import BLOCK, overview_files
from featviz.bundle.parts.postings import Postings, RecordPostings
from featviz.bundle.parts.search import search_files
from featviz.bundle.writer import BundleWriter
from featviz.records import Record, Vocabulary


class Parts:
    """The overview and the search index of one SAE. Records come in the order of their features, in any blocks."""

    def __init__(self, sae: str, correlated_with: Iterable[str]) -> None:
        self._sae = sae
        self._overview = RecordOverview(list(correlated_with))
        self._postings = RecordPostings()

    def see(self, records: Sequence[Record], vocabulary: Vocabulary | Tokens) -> None:
        """Take in some records, and what their tokens look like."""
        self._overview.see(records, vocabulary)
        self._postings.see(records, vocabulary)

    def arrays(self) -> dict[str, np.ndarray]:
        """What was seen, without labels, for `add`."""
        return self._overview.arrays() | self._postings.arrays()

    def add(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take in what the parts of other features have seen."""
        self._overview.add(arrays)
        self._postings.add(arrays)

    def see_labels(self, labels: Mapping[int, str]) -> None:
        """Take in the labels of features whose records had none, by feature in increasing order."""
        self._overview.see_labels(labels)
        for feature, text in labels.items():
            self._postings.see_label(feature, text)

    def absorb(self, later: "Parts") -> None:
        """Take in what another has seen of later records."""
        self._overview.absorb(later._overview)
        self._postings.absorb(later._postings)

    def write(self, writer: BundleWriter, d_sae: int, block: int = BLOCK) -> None:
        """Add the parts to the release; nothing where ``d_sae`` is 0.

        ``block`` is how many features a block of the overview has at most.
        """
        if d_sae == 0:
            return
        for part, name, data in overview_files(self.overview(d_sae), block):
            writer.add_part(self._sae, part, [(name, data)])
        writer.add_part(self._sae, SEARCH, search_files(self._sae, d_sae, self.postings()))

    def overview(self, d_sae: int) -> Overview:
        """The overview of the records seen so far."""
        return self._overview.overview(self._sae, d_sae)

    def postings(self) -> tuple[Postings, Postings]:
        """What the records seen so far are found by."""
        return self._postings.postings()
