"""What tokens look like: decoded bytes, whatever the tokenizer's own spelling."""

from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from featviz.records import Vocabulary
from featviz.sources.vocabulary import read_vocabulary
from tests import tiny


def fast(vocabulary: dict[str, int], decoder: Any, **special: str) -> Any:
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=next(iter(vocabulary))))
    tokenizer.decoder = decoder
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)


@pytest.fixture(scope="module")
def byte_level(files: tiny.Tiny) -> Any:
    return PreTrainedTokenizerFast.from_pretrained(files.model)


@pytest.fixture(scope="module")
def vocabulary(byte_level: Any) -> Vocabulary:
    return read_vocabulary(byte_level, 300)


def text_of(vocabulary: Vocabulary, byte_level: Any, spelled: str) -> str:
    return vocabulary.text[byte_level.convert_tokens_to_ids(spelled)]


@pytest.mark.parametrize(
    ("spelled", "text"), [("âĢĻ", "’"), ("Ġthe", " the"), ("Ċ", "\n"), ("ĉ", "\t"), ("<", "<"), ("\\", "\\")]
)
def test_byte_level_tokens_are_decoded(vocabulary: Vocabulary, byte_level: Any, spelled: str, text: str) -> None:
    assert text_of(vocabulary, byte_level, spelled) == text


@pytest.mark.parametrize(("spelled", "raw"), [("â", b"\xe2"), ("âĢ", b"\xe2\x80"), ("ĠðŁ", b" \xf0\x9f")])
def test_a_part_of_a_character_is_spelled_and_kept_as_bytes(
    vocabulary: Vocabulary, byte_level: Any, spelled: str, raw: bytes
) -> None:
    token = byte_level.convert_tokens_to_ids(spelled)
    assert vocabulary.partial[token] == raw
    assert vocabulary.text[token] == raw.decode(errors="backslashreplace")


def test_a_whole_character_is_no_part(vocabulary: Vocabulary, byte_level: Any) -> None:
    assert byte_level.convert_tokens_to_ids("âĢĻ") not in vocabulary.partial


def test_every_id_reads_as_the_tokenizer_decodes_it(vocabulary: Vocabulary, byte_level: Any) -> None:
    whole = [token for token in range(300) if token not in vocabulary.partial]
    assert [vocabulary.text[token] for token in whole] == [byte_level.decode([token]) for token in whole]


def test_special_tokens_keep_their_name(vocabulary: Vocabulary) -> None:
    assert vocabulary.special == {tiny.BOS_ID}
    assert vocabulary.text[tiny.BOS_ID] == tiny.BOS


def test_ids_beyond_the_tokenizer_are_special_holes(byte_level: Any) -> None:
    vocabulary = read_vocabulary(byte_level, 303)
    assert vocabulary.text[299:] == [vocabulary.text[299], "[300]", "[301]", "[302]"]
    assert {300, 301, 302} <= vocabulary.special


def test_a_tokenizer_that_is_larger_than_the_model_is_cut(byte_level: Any) -> None:
    vocabulary = read_vocabulary(byte_level, 5)
    assert (len(vocabulary), set(vocabulary.special)) == (5, {tiny.BOS_ID})


def test_special_ids_beyond_the_model_are_left_out() -> None:
    tokenizer = fast({"a": 0, "b": 1, "</s>": 2}, None, eos_token="</s>")
    assert read_vocabulary(tokenizer, 2).special == frozenset()


def test_holes_between_ids_are_holes() -> None:
    vocabulary = read_vocabulary(fast({"a": 0, "b": 3}, None), 5)
    assert vocabulary.text == ["a", "[1]", "[2]", "b", "[4]"]
    assert vocabulary.special == {1, 2, 4}


def test_sentencepiece_tokens_are_decoded() -> None:
    pieces = {"<unk>": 0, "▁the": 1, "▁": 2, "fox": 3, "<0xE2>": 4, "<0x0A>": 5, "<0xZZ>": 6}
    vocabulary = read_vocabulary(fast(pieces, decoders.Metaspace(), unk_token="<unk>"), 7)
    assert vocabulary.text == ["<unk>", " the", " ", "fox", "\\xe2", "\n", "<0xZZ>"]
    assert vocabulary.partial == {4: b"\xe2"}


def test_added_tokens_of_a_byte_level_tokenizer_are_text_already() -> None:
    tokenizer = Tokenizer(models.BPE({letter: number for number, letter in enumerate("Ġabc")}, []))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    tokenizer.add_tokens([AddedToken("  a", normalized=False), AddedToken("éĠ", normalized=False)])
    vocabulary = read_vocabulary(PreTrainedTokenizerFast(tokenizer_object=tokenizer), 6)
    assert vocabulary.text == [" ", "a", "b", "c", "  a", "éĠ"]


def test_a_byte_level_token_with_a_foreign_character_is_text() -> None:
    tokenizer = fast({"a": 0, "日": 1}, decoders.ByteLevel())
    assert read_vocabulary(tokenizer, 2).text == ["a", "日"]
