"""A tokenizer's vocabulary as text: decoded bytes, not the spelling of byte-level BPE."""

import re
from typing import Any

from featviz.byte_level import BYTE_OF_CHARACTER, is_text, spell
from featviz.records import Vocabulary


def read_vocabulary(tokenizer: Any, size: int) -> Vocabulary:
    """The text of token ids 0 … size - 1; an id without a token reads ``[id]`` and counts as special."""
    known = 1 + max(tokenizer.get_vocab().values())
    tokens = tokenizer.convert_ids_to_tokens(list(range(min(size, known))))
    tokens += [None] * (size - len(tokens))
    special = {number for number in special_ids(tokenizer) if number < size}
    byte_level, added = _is_byte_level(tokenizer), set(tokenizer.get_added_vocab().values())
    text: list[str] = []
    partial: dict[int, bytes] = {}
    for number, token in enumerate(tokens):
        if token is None or number in special:
            special.add(number)
            text.append(f"[{number}]" if token is None else token)
        else:
            raw = _token_bytes(token, byte_level and number not in added)
            text.append(spell(raw))
            if not is_text(raw):
                partial[number] = raw
    return Vocabulary(text, partial, frozenset(special))


def special_ids(tokenizer: Any) -> set[int]:
    """BOS, EOS, padding and whatever else the tokenizer marks as special, such as a chat template's tokens."""
    added = getattr(tokenizer, "added_tokens_decoder", {})
    return {*tokenizer.all_special_ids, *(number for number, token in added.items() if token.special)}


def _token_bytes(token: str, byte_level: bool) -> bytes:
    """A token's bytes: byte-level BPE, or SentencePiece with ``▁`` and ``<0xE2>``, or plain text."""
    if byte_level and all(character in BYTE_OF_CHARACTER for character in token):
        return bytes(BYTE_OF_CHARACTER[character] for character in token)
    byte = re.fullmatch("<0x([0-9A-Fa-f]{2})>", token)
    if byte:
        return bytes.fromhex(byte[1])
    return token.replace("▁", " ").encode("utf-8")


def _is_byte_level(tokenizer: Any) -> bool:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return backend is not None and "ByteLevel" in repr(backend.decoder)
