import pytest

from featviz.bundle.codec.fields import Fields
from featviz.bundle.parts.spelling import (
    Spelling,
    decode_spellings,
    encode_spellings,
    label_words,
    search_key,
    spellings,
)
from featviz.errors import BundleError
from featviz.records import Vocabulary


@pytest.mark.parametrize("text", ["the", " the", "The", " THE", "▁the", "\nthe", "\r\n\t the"])
def test_variants_of_a_token_have_one_key(text: str) -> None:
    assert search_key(text) == "the"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", ""),
        (" ", " "),
        ("\n\n ", "\n\n "),
        ("a ", "a "),
        (" ÉTÉ", "été"),
        ("İ", "i̇"),
        ("\xa0a", "\xa0a"),
        ("ß", "ß"),
    ],
)
def test_keys(text: str, key: str) -> None:
    assert search_key(text) == key


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("", []),
        ("— … !", []),
        ("The end, the END", ["end", "the"]),
        ("self.x_1 = 2²", ["1", "2²", "self", "x"]),
        ("नमस्ते दुनिया", ["दुनिया", "नमस्ते"]),
        ("</script>", ["script"]),
    ],
)
def test_words_of_labels(label: str, words: list[str]) -> None:
    assert label_words(label) == words


def test_tokens_that_look_the_same_are_one() -> None:
    vocabulary = Vocabulary(["a", "a", "a", r"\xe2", r"\xe2"], {3: b"\xe2"}, frozenset({2}))
    assert spellings(vocabulary, range(5)) == [
        Spelling("a"),
        Spelling("a"),
        Spelling("a", None, True),
        Spelling(r"\xe2", b"\xe2"),
        Spelling(r"\xe2"),
    ]


TABLE = [Spelling(" b"), Spelling("b"), Spelling("b", None, True), Spelling(r"\xe2"), Spelling(r"\xe2", b"\xe2")]


def test_a_table_comes_back() -> None:
    table = sorted(TABLE, key=Spelling.order)
    assert decode_spellings(Fields(encode_spellings(table), "tokens")) == table


def test_the_order_is_by_key_then_text_then_bytes_then_special() -> None:
    assert [TABLE.index(spelling) for spelling in sorted(TABLE, key=Spelling.order)] == [3, 4, 0, 1, 2]


@pytest.mark.parametrize("table", [TABLE, [TABLE[0], TABLE[0]]])
def test_refuses_a_table_out_of_order(table: list[Spelling]) -> None:
    with pytest.raises(BundleError, match=r"tokens.text: entry \d, .* out of order"):
        decode_spellings(Fields(encode_spellings(table), "tokens"))
