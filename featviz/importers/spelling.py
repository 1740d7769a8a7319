"""From a tokenizer's spelling to text, where the spellings of a whole import leave no doubt of how it spells."""

import re
from collections.abc import Collection
from typing import NamedTuple

from featviz.byte_level import BYTE_OF_CHARACTER, is_text, spell

REPLACED = {" ": " ", "\n": "\n", "↵": "\n"} | {character: character for character in "—–\u200b“”‘’\t"}
"""Characters outside byte-level BPE's alphabet that dashboards put in the place of its spellings."""
ESCAPE = re.compile(r"\\([nt])")
ESCAPED = {"n": "\n", "t": "\t"}
MARKUP = re.compile(r"<[^<>]{1,60}>|\[[^\[\]]{1,60}\]")
"""What special tokens look like: they are not spelled as others are."""
MIXED = re.compile(r"[!-&(-/:-@\[-`{-~][A-Za-z]")
"""A letter right behind a sign that is no apostrophe."""
ENOUGH = 100
"""Spellings that it takes to tell what a tokenizer never does."""
BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
PREFIX = "▁"


class Text(NamedTuple):
    """A token's text and, where that is no whole character, its bytes."""

    text: str
    partial: bytes | None = None


class Speller:
    """Decodes the spellings of one import; what it cannot be sure of stays as it is spelled."""

    def __init__(self, spelled: Collection[str], escapes: bool = False) -> None:
        plain = [token for token in spelled if not MARKUP.fullmatch(token)]
        self.byte_level = _is_byte_level(plain)
        self.sentencepiece = not self.byte_level and 20 * sum(t.startswith(PREFIX) for t in plain) > len(plain)
        self.escapes = escapes and self.byte_level and _parts_signs_and_letters(plain)

    def __call__(self, token: str) -> Text:
        """The text of one token."""
        if self.byte_level and not MARKUP.fullmatch(token):
            return _of_bytes(b"".join(map(_bytes_of, self._unescaped(token))))
        if self.sentencepiece:
            byte = BYTE.fullmatch(token)
            return _of_bytes(bytes.fromhex(byte[1])) if byte else Text(token.replace(PREFIX, " "))
        return Text(token)

    def _unescaped(self, token: str) -> str:
        return ESCAPE.sub(lambda match: ESCAPED[match[1]], token) if self.escapes else token


def _is_byte_level(plain: list[str]) -> bool:
    """Every character is of its alphabet, and some of them stand for bytes that no text would hold so often."""
    characters = set().union(*plain)
    return characters <= BYTE_OF_CHARACTER.keys() | REPLACED.keys() and any("Ā" <= each <= "Ń" for each in characters)


def _parts_signs_and_letters(plain: list[str]) -> bool:
    """Whether no token holds a sign and a letter behind it: then a backslash before ``n`` is a newline."""
    rest = [ESCAPE.sub("", token) for token in plain]
    return len(rest) >= ENOUGH and not any(MIXED.search(token) for token in rest)


def _bytes_of(character: str) -> bytes:
    if character in REPLACED:
        return REPLACED[character].encode()
    return bytes([BYTE_OF_CHARACTER[character]])


def _of_bytes(raw: bytes) -> Text:
    return Text(spell(raw), None if is_text(raw) else raw)
