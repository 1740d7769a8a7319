"""Spellings are decoded where all of an import leave no doubt, and only there."""

import pytest

from featviz.importers.spelling import Speller, Text
from tests.foreign import SPELLED, sae_vis_token

BYTE_LEVEL = [sae_vis_token(spelled) for spelled in SPELLED] + ["ãĤģ", "<|BOS|>"]
WORDS = [f" word{'ab'[k % 2] * k}" for k in range(1, 120)]


@pytest.mark.parametrize(
    ("spelled", "text"),
    [
        ("Ã©", Text("é")),
        ("ãĤģ", Text("め")),
        ("âĢ", Text("\\xe2\\x80", b"\xe2\x80")),
        ("’", Text("’")),
        (" the", Text(" the")),
    ],
)
def test_byte_level_spellings_become_text(spelled: str, text: Text) -> None:
    assert Speller(BYTE_LEVEL)(spelled) == text


def test_one_character_outside_the_alphabet_leaves_all_as_they_are() -> None:
    assert Speller([*BYTE_LEVEL, "め"])("Ã©") == Text("Ã©")


def test_latin_letters_alone_are_no_byte_level_spelling() -> None:
    assert Speller(["é", "Ã©", "the"])("Ã©") == Text("Ã©")


def test_special_tokens_stay_as_they_are() -> None:
    assert Speller(BYTE_LEVEL)("<|BOS|>") == Text("<|BOS|>")


def test_sentencepiece_becomes_text() -> None:
    speller = Speller(["▁the", "ing", "<0xE2>", "<bos>"])
    assert [speller(each).text for each in ("▁the", "ing", "<bos>")] == [" the", "ing", "<bos>"]
    assert speller("<0xE2>").partial == b"\xe2"


def test_an_escape_is_a_newline_where_signs_and_letters_never_mix() -> None:
    speller = Speller([*BYTE_LEVEL, *WORDS, "\\n   "], escapes=True)
    assert speller("\\n   ") == Text("\n   ")
    assert speller("\\") == Text("\\")


@pytest.mark.parametrize("mixed", [".com", "(self"])
def test_where_they_mix_an_escape_stays(mixed: str) -> None:
    assert Speller([*BYTE_LEVEL, *WORDS, "\\n", mixed], escapes=True)("\\n") == Text("\\n")


def test_few_tokens_leave_an_escape_as_it_is() -> None:
    assert Speller([*BYTE_LEVEL, "\\n"], escapes=True)("\\n") == Text("\\n")


def test_who_never_escapes_means_what_is_written() -> None:
    assert Speller([*BYTE_LEVEL, *WORDS, "\\n"])("\\n") == Text("\\n")
