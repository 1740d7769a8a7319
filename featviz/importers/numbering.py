"""Token ids for an import: the vocabulary's own where they are known, and others, larger, for what is spelled alone."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from featviz.importers.dashboards import Snippet
from featviz.importers.spelling import Speller
from featviz.importers.survey import Survey
from featviz.records import Vocabulary


class Numbering:
    """Ids of spellings, and what they look like."""

    def __init__(self, found: Survey, escapes: bool) -> None:
        spellings = Counter(found.ids.values())
        self._id = {text: token for token, text in found.ids.items() if spellings[text] == 1}
        self.first_own = max(found.ids, default=-1) + 1
        self._id |= {text: self.first_own + place for place, text in enumerate(sorted(found.spelled - self._id.keys()))}
        self.vocabulary = _vocabulary(Speller(found.spelled, escapes), found.ids, self._id)

    def of_texts(self, texts: Iterable[str]) -> np.ndarray:
        """The ids of spellings."""
        return np.array([self._id[text] for text in texts], dtype=np.int64)

    def of_snippet(self, snippet: Snippet) -> np.ndarray:
        """The ids of a snippet's tokens."""
        return self.of_texts(snippet.tokens) if snippet.ids is None else np.array(snippet.ids, dtype=np.int64)


def _vocabulary(speller: Speller, stated: dict[int, str], numbered: dict[str, int]) -> Vocabulary:
    spelled = stated | {token: text for text, token in numbered.items()}
    text, partial = [""] * (max(spelled, default=-1) + 1), dict[int, bytes]()
    for token, spelling in spelled.items():
        text[token], raw = speller(spelling)
        if raw is not None:
            partial[token] = raw
    return Vocabulary(text, partial)
