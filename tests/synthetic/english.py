"""English-like text: sentences of a fixed pattern, words by Zipf's law, for looking at pages without hostile tokens."""

import numpy as np

from featviz.records import Vocabulary
from tests.synthetic.vocabulary import BOS, made_up_word


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


DETERMINERS = words("the a this every some no its their our another")
ADJECTIVES = words(
    "old small new long good great young early large high different important quiet bright cold deep heavy narrow "
    "green open plain rare slow warm wide wooden hollow patient careful silver"
)
NOUNS = words(
    "time year people way day man thing world life hand part child eye woman place work week case point number river "
    "letter house table garden engine signal harbour mountain lantern window story bridge forest captain market paper "
    "winter morning theory measure circle needle kitchen compass orchard tunnel"
)
VERBS = words(
    "follows keeps takes finds holds turns opens carries crosses measures draws breaks answers remembers reaches "
    "leaves covers hides changes repeats builds loses moves explains"
)
PREPOSITIONS = words("of in to with for on from by under over behind across without against")
STOPS = [".", ",", ".", ";", ".\n"]
SENTENCE = (DETERMINERS, ADJECTIVES, NOUNS, VERBS, DETERMINERS, NOUNS, PREPOSITIONS, DETERMINERS, NOUNS, STOPS)
"""Which kind of word stands at each place, over and over."""


def clean_vocabulary(d_vocab: int) -> Vocabulary:
    """Real words first, each as ``" word"``, ``"word"`` and ``" Word"``, then made-up ones."""
    stops = sorted(set(STOPS))
    real = [word for kind in SENTENCE[:4] for word in kind] + PREPOSITIONS
    made_up = [made_up_word(k) for k in range(d_vocab // 3)]
    variants = [text for word in [*real, *made_up] for text in (f" {word}", word, f" {word.title()}")]
    text = list(dict.fromkeys(["<|bos|>", *stops, *variants]))[:d_vocab]
    return Vocabulary(text, {}, frozenset({BOS}))


def clean_tokens(rng: np.random.Generator, vocabulary: Vocabulary, shape: tuple[int, int]) -> np.ndarray:
    """Token ids of sentences; one word in twelve is a made-up one."""
    ids = {text: token for token, text in enumerate(vocabulary.text)}
    tokens = np.zeros(shape, dtype=np.int64)
    place = (np.arange(shape[1]) + rng.integers(0, len(SENTENCE), (shape[0], 1))) % len(SENTENCE)
    for at, kind in enumerate(SENTENCE):
        choices = np.array([ids.get(word if kind is STOPS else f" {word}", BOS + 1) for word in kind])
        here = place == at
        tokens[here] = choices[(rng.zipf(1.3, int(here.sum())) - 1) % choices.size]
    rare = (rng.random(shape) < 1 / 12) & (place != len(SENTENCE) - 1)
    tokens[rare] = (rng.zipf(1.1, int(rare.sum())) + 300) % (len(vocabulary) - 1) + 1
    return tokens
