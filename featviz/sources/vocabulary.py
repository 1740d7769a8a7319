"""A tokenizer's vocabulary as text: decoded bytes, not the spelling of byte-level BPE."""

from typing import Any

from featviz.records import Vocabulary


def read_vocabulary(tokenizer: Any, size: int) -> Vocabulary:
    """The text of token ids 0 … size - 1; an id without a token reads ``[id]`` and counts as special."""
    special = set(tokenizer.all_special_ids)
    tokens = tokenizer.convert_ids_to_tokens(list(range(min(size, len(tokenizer)))))
    tokens += [None] * (size - len(tokens))
    text: list[str] = []
    partial: dict[int, bytes] = {}
    for number, token in enumerate(tokens):
        raw = None if token is None or number in special else _token_bytes(token, number, tokenizer)
        if raw is None:
            special.add(number)
            text.append(f"[{number}]" if token is None else token)
        else:
            text.append(_spell(raw))
            if not _is_text(raw):
                partial[number] = raw
    return Vocabulary(text, partial, frozenset(special))


def _token_bytes(token: str, number: int, tokenizer: Any) -> bytes:
    """A token's bytes: byte-level BPE, or SentencePiece with ``▁`` and ``<0xE2>``, or plain text."""
    if number not in tokenizer.get_added_vocab() and _is_byte_level(tokenizer):
        return bytes(_BYTE_OF_CHARACTER[character] for character in token)
    if len(token) == 6 and token.startswith("<0x") and token.endswith(">"):
        return bytes([int(token[3:5], 16)])
    return token.replace("▁", " ").encode("utf-8")


def _is_byte_level(tokenizer: Any) -> bool:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return backend is not None and "ByteLevel" in repr(backend.decoder)


def _byte_of_character() -> dict[str, int]:
    """Byte-level BPE's spelling: printable Latin-1 bytes stand for themselves, the others from U+0100 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + rank): byte for rank, byte in enumerate(others)}


_BYTE_OF_CHARACTER = _byte_of_character()


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _spell(raw: bytes) -> str:
    """UTF-8 where it is, ``\\xe2`` for every byte that is not part of a whole character."""
    return raw.decode("utf-8", errors="backslashreplace")
