"""Tokens from text, jsonl and ids."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from featviz.errors import InputError
from featviz.sources.tokens import TokenOptions, check_range, from_documents, from_ids, read_tokens

OPTIONS = TokenOptions(context=4, limit=1000)


class Letters:
    """A tokenizer of one token a letter, with BOS 0 and padding 1."""

    bos_token_id: int | None = 0
    eos_token_id = 0
    pad_token_id: int | None = 1
    all_special_ids = (1, 0, 1)

    def __call__(self, text: str, **options: Any) -> dict[str, list[int]]:
        return {"input_ids": [ord(letter) for letter in text]}


def read(path: Path, content: str | bytes, options: TokenOptions = OPTIONS) -> list[list[int]]:
    """The ids of a file with that content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    ids: list[list[int]] = read_tokens(path, Letters(), options).ids.tolist()
    return ids


def refusal(path: Path, content: str | bytes | None = None) -> str:
    """What is said of a file, after it was given a content, if any."""
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as refused:
        read_tokens(path, Letters(), OPTIONS)
    return str(refused.value)


def letters(text: str) -> list[int]:
    return [ord(letter) for letter in text]


def test_every_context_begins_with_bos(tmp_path: Path) -> None:
    assert read(tmp_path / "a.txt", "abcdef") == [[0, *letters("abc")], [0, *letters("def")]]


def test_without_bos_contexts_are_all_text(tmp_path: Path) -> None:
    assert read(tmp_path / "a.txt", "abcdefgh", TokenOptions(4, bos=False)) == [letters("abcd"), letters("efgh")]


def test_a_tokenizer_without_bos_has_none_put_in() -> None:
    tokenizer = Letters()
    tokenizer.bos_token_id = None
    assert from_documents("x", ["abcd"], tokenizer, OPTIONS).ids.tolist() == [letters("abcd")]


def test_the_rest_that_fills_no_context_is_dropped(tmp_path: Path) -> None:
    assert len(read(tmp_path / "a.txt", "abcdefgh")) == 2


def test_documents_are_joined(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "b.md").write_text("de")
    (tmp_path / "text" / "c.bin").write_bytes(b"\xff")
    assert read(tmp_path / "text" / "a.txt", "abcdef")[0] == [0, *letters("abc")]
    ids = read_tokens(tmp_path / "text", Letters(), OPTIONS).ids
    assert ids[:, 1:].ravel().tolist() == letters("abcdef")


def test_folders_are_read_with_what_lies_below_in_order(tmp_path: Path) -> None:
    (tmp_path / "text" / "b").mkdir(parents=True)
    (tmp_path / "text" / "b" / "x.rst").write_text("cd")
    (tmp_path / "text" / "c.py").write_text("ef")
    (tmp_path / "text" / "a.txt").write_text("ab")
    assert read_tokens(tmp_path / "text", Letters(), OPTIONS).ids[:, 1:].ravel().tolist() == letters("abcdef")


def test_the_limit_counts_every_token() -> None:
    ids = from_documents("x", ["abcdefghijkl"], Letters(), TokenOptions(4, limit=11)).ids
    assert ids.shape == (2, 4)


def test_no_more_is_read_than_the_limit_asks_for() -> None:
    def documents() -> Iterator[str]:
        yield "abcdef"
        raise AssertionError("one document was enough")

    assert from_documents("x", documents(), Letters(), TokenOptions(4, limit=8)).ids.shape == (2, 4)


def test_a_limit_below_one_context_is_refused() -> None:
    with pytest.raises(InputError, match="max_tokens is 3, expected at least one context of 4"):
        from_documents("x", ["abcdef"], Letters(), TokenOptions(4, limit=3))


def test_the_limit_holds_for_ids_too() -> None:
    ids = np.arange(2, 22).reshape(5, 4)
    assert from_ids("x", ids, Letters(), TokenOptions(limit=9)).ids.shape == (2, 4)
    with pytest.raises(InputError, match="max_tokens is 3"):
        from_ids("x", ids, Letters(), TokenOptions(limit=3))


def test_special_tokens_do_not_count() -> None:
    tokens = from_ids("x", np.array([[0, 5, 1, 6]]), Letters(), OPTIONS)
    assert tokens.counts.tolist() == [[False, True, False, True]]
    assert (tokens.masked, tokens.counted) == ((0, 1), 2)


def test_special_tokens_count_when_asked() -> None:
    tokens = from_ids("x", np.array([[0, 5, 1, 6]]), Letters(), TokenOptions(count_special=True))
    assert (tokens.masked, tokens.counted) == ((), 4)


def test_the_hash_is_of_the_ids_as_little_endian_int32() -> None:
    one, other = (from_ids("x", np.array([[0, 5]], kind), Letters(), OPTIONS).sha256 for kind in ("<u2", ">i8"))
    assert one == other == "2be2196b9c19b0913b11d708d2550cdf0f5b0106c4ae0eec2aa07d2b243c7268"


@pytest.mark.parametrize("kind", ["int16", ">u4", "int64"])
def test_ids_from_a_npy(tmp_path: Path, kind: str) -> None:
    np.save(tmp_path / "ids.npy", np.asfortranarray(np.array([[5, 6], [7, 8]], kind)))
    assert read_tokens(tmp_path / "ids.npy", Letters(), OPTIONS).ids.tolist() == [[5, 6], [7, 8]]


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        (np.array([5, 6]), "int64 of shape [2]"),
        (np.array([[[5]]]), "int64 of shape [1, 1, 1]"),
        (np.zeros((0, 4), int), "int64 of shape [0, 4]"),
        (np.zeros((4, 0), int), "int64 of shape [4, 0]"),
        (np.array([[5.0]]), "float64 of shape [1, 1]"),
        (np.array([[True]]), "bool of shape [1, 1]"),
    ],
)
def test_ids_of_another_shape_or_kind_are_refused(tmp_path: Path, ids: np.ndarray, found: str) -> None:
    np.save(tmp_path / "ids.npy", ids)
    message = refusal(tmp_path / "ids.npy")
    assert f"ids.npy holds {found}" in message
    assert "expected integers [seq pos]" in message


def test_ids_that_are_all_special_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "ids.npy", np.array([[0, 1]]))
    assert "no position that counts: all its tokens are special ones ([0, 1])" in refusal(tmp_path / "ids.npy")


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "ids.npy", np.array([{"a": 1}]), allow_pickle=True)
    assert "is not a plain .npy array" in refusal(tmp_path / "ids.npy")


def test_an_archive_of_arrays_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "ids.npz", np.array([[5]]))
    (tmp_path / "ids.npz").rename(tmp_path / "ids.npy")
    assert "is not a plain .npy array" in refusal(tmp_path / "ids.npy")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"(3, 4), }     ", b"(333333333, 4),"),
        (b"'shape': (", b"'shape': [["),
        (b"NUMPY", b"NOPE!"),
    ],
    ids=["promises too much", "header", "magic"],
)
def test_a_damaged_npy_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    np.save(tmp_path / "ids.npy", np.full((3, 4), 5))
    content = (tmp_path / "ids.npy").read_bytes()
    damaged = content.replace(old, (new + b" }" + b" " * 20)[: len(old)] if new.endswith(b",") else new, 1)
    assert damaged != content
    assert "is not a plain .npy array" in refusal(tmp_path / "ids.npy", damaged)


@pytest.mark.parametrize("kept", [0, 20, 130])
def test_a_cut_npy_is_refused(tmp_path: Path, kept: int) -> None:
    np.save(tmp_path / "ids.npy", np.full((3, 4), 5))
    assert "is not a plain .npy array" in refusal(tmp_path / "ids.npy", (tmp_path / "ids.npy").read_bytes()[:kept])


def lines(*documents: Any) -> str:
    return "\n".join(json.dumps(document, ensure_ascii=False) for document in documents)


def test_jsonl_documents_are_the_text_of_each_line(tmp_path: Path) -> None:
    assert read(tmp_path / "a.jsonl", lines({"text": "ab", "id": 1}, {"text": "cdef"}))[1] == [0, *letters("def")]


def test_blank_lines_of_jsonl_are_passed_over(tmp_path: Path) -> None:
    assert len(read(tmp_path / "a.jsonl", lines({"text": "abc"}) + "\r\n\n" + lines({"text": "def"}) + "\n\n")) == 2


def test_a_line_separator_within_a_text_ends_no_line(tmp_path: Path) -> None:
    assert read(tmp_path / "a.jsonl", lines({"text": "a\u2028\x85"})) == [[0, *letters("a\u2028\x85")]]


@pytest.mark.parametrize(
    "line",
    ["{}", "[1]", '"text"', '{"text": null}', '{"text": 7}', "{", '{"text": "\\ud83d"}', "[" * 100_000],
    ids=["no text", "list", "text", "null", "number", "cut", "half a pair", "deep"],
)
def test_a_line_without_a_text_is_named(tmp_path: Path, line: str) -> None:
    message = refusal(tmp_path / "a.jsonl", lines({"text": "ab"}) + "\n" + line)
    assert f"{tmp_path / 'a.jsonl'}, line 2: expected a JSON object" in message
    assert len(message) < 300


@pytest.mark.parametrize("text", ["", "ab"])
def test_too_little_text_is_counted(tmp_path: Path, text: str) -> None:
    assert f"a.txt has {len(text)} tokens, fewer than one context of 4" in refusal(tmp_path / "a.txt", text)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    assert "is not UTF-8 text (invalid start byte at byte 3)" in refusal(tmp_path / "a.txt", b"abc\xff")


def test_missing_tokens_are_named_with_their_path(tmp_path: Path) -> None:
    assert f"Tokens {tmp_path / 'a.txt'} do not exist" in refusal(tmp_path / "a.txt")


def test_a_folder_without_texts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.bin").touch()
    assert f"{tmp_path} holds no text files. Expected some of .txt, .md, .py, .rst" in refusal(tmp_path)


def test_a_folder_may_be_called_like_a_file(tmp_path: Path) -> None:
    (tmp_path / "all.npy").mkdir()
    assert len(read(tmp_path / "all.npy" / "a.txt", "abc")) == 1
    assert read_tokens(tmp_path / "all.npy", Letters(), OPTIONS).name == "all.npy"


def test_a_text_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*args: Any, **options: Any) -> str:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.txt").touch()
    monkeypatch.setattr(Path, "read_text", denied)
    assert "a.txt cannot be read: Permission denied" in refusal(tmp_path / "a.txt")


@pytest.mark.parametrize("ids", [[[-1, 5]], [[5, 9]]])
def test_ids_of_another_vocabulary_are_refused(ids: list[list[int]]) -> None:
    tokens = from_ids("x", np.array(ids), SimpleNamespace(all_special_ids=()), OPTIONS)
    with pytest.raises(InputError, match="but the model has d_vocab=9"):
        check_range(tokens, 9)


def test_ids_within_the_vocabulary_are_accepted() -> None:
    check_range(from_ids("x", np.array([[0, 8]]), SimpleNamespace(all_special_ids=()), OPTIONS), 9)


def test_ids_from_a_safetensors_whatever_the_tensor_is_called(tmp_path: Path) -> None:
    ids = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.int32)
    save_file({"input_ids": ids}, tmp_path / "ids.safetensors")
    tokens = read_tokens(tmp_path / "ids.safetensors", Letters(), OPTIONS)
    assert tokens.ids.tolist() == ids.tolist()


def test_a_safetensors_of_several_tensors_is_refused(tmp_path: Path) -> None:
    save_file({"a": np.ones((1, 2), np.int64), "b": np.ones((1, 2), np.int64)}, tmp_path / "ids.safetensors")
    with pytest.raises(InputError, match="holds 2 tensors, expected one"):
        read_tokens(tmp_path / "ids.safetensors", Letters(), OPTIONS)


def test_a_cut_safetensors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ids.safetensors"
    save_file({"ids": np.ones((4, 8), np.int64)}, path)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(InputError, match="of token ids: "):
        read_tokens(path, Letters(), OPTIONS)


UNPACKED = TokenOptions(4, limit=1000, pack=False)


def test_one_document_a_context_is_cut_or_padded_and_padding_does_not_count() -> None:
    tokens = from_documents("x", ["a", "", "bcdef"], Letters(), UNPACKED)
    assert tokens.ids.tolist() == [[0, *letters("a"), 1, 1], [0, *letters("bcd")]]
    assert tokens.counts.tolist() == [[False, True, False, False], [False, True, True, True]]


def test_padding_never_counts_though_its_token_does_elsewhere() -> None:
    tokenizer = Letters()
    tokenizer.pad_token_id = None
    tokens = from_documents("x", ["a"], tokenizer, TokenOptions(4, limit=8, pack=False, count_special=True))
    assert (tokens.ids.tolist(), tokens.counts.tolist()) == ([[0, 97, 0, 0]], [[True, True, False, False]])


def test_no_more_documents_are_read_than_contexts_are_wanted() -> None:
    def documents() -> Iterator[str]:
        yield "a"
        yield "b"
        raise AssertionError("two documents were enough")

    assert len(from_documents("x", documents(), Letters(), TokenOptions(4, limit=8, pack=False)).ids) == 2


def test_documents_without_a_token_are_told() -> None:
    with pytest.raises(InputError, match="x has no document with a token in it"):
        from_documents("x", ["", ""], Letters(), UNPACKED)


def test_ids_that_are_masked_do_not_count() -> None:
    tokens = from_ids("x", np.array([[0, 5, 6, 7]]), Letters(), TokenOptions(mask=(6,)))
    assert (tokens.masked, tokens.counts.tolist()) == ((0, 1, 6), [[False, True, False, True]])


def test_the_tokens_of_a_chat_template_are_special() -> None:
    tokenizer = Letters()
    markers = {6: SimpleNamespace(special=True), 7: SimpleNamespace(special=False)}
    tokenizer.added_tokens_decoder = markers  # type: ignore[attr-defined]
    assert from_ids("x", np.array([[5, 6, 7]]), tokenizer, OPTIONS).counts.tolist() == [[True, False, True]]
