"""A vocabulary with the tokens that break pages, and made-up words."""

import re

from featviz.records import Vocabulary

BOS = 0
HOSTILE = [
    "<|bos|>",
    "<script>alert(1)</script>",
    "</script>",
    "’",
    r"\xe2",
    r"\xe2",
    r"\x80\x99",
    "\n",
    "\t",
    " ",
    "",
    "\n\n    ",
    " leading",
    "שלום",
    " مرحبا",
    "👩🏽\u200d🔬",
    "&amp;",
    '"quoted\\',
    "{{ window }}",
    "__proto__",
    "\u202eoverride",
    "\ufeff",
    "e\u0301",
    "pneumonoultramicroscopicsilicovolcanoconiosis" * 5,
]
PARTIAL = {4: b"\xe2", 6: b"\x80\x99"}
"""Token 5 is a backslash, an x and two letters; token 4 is one byte that is spelled the same."""
SYLLABLES = re.findall("[a-z]+", "al be con de er fi go his in ja ko lu mo ne or pre qua re st ti un ver wo xi yon zu")


def synthetic_vocabulary(d_vocab: int = 5000) -> Vocabulary:
    """A vocabulary that starts with the hostile tokens and goes on with made-up words."""
    words = [(" " if k % 3 else "") + made_up_word(k) for k in range(d_vocab - len(HOSTILE))]
    return Vocabulary([*HOSTILE, *words][:d_vocab], PARTIAL, frozenset({BOS}))


def made_up_word(k: int) -> str:
    """The k-th word of some syllables."""
    syllables: list[str] = []
    rest = k
    while rest or not syllables:
        rest, digit = divmod(rest, len(SYLLABLES))
        syllables.append(SYLLABLES[digit])
    return "".join(syllables)
