"""Byte-level BPE's spelling of bytes, and the text of bytes."""


def _byte_of_character() -> dict[str, int]:
    """Printable Latin-1 bytes stand for themselves, the others from U+0100 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + rank): byte for rank, byte in enumerate(others)}


BYTE_OF_CHARACTER = _byte_of_character()


def is_text(raw: bytes) -> bool:
    """Whether the bytes are valid UTF-8."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def spell(raw: bytes) -> str:
    """UTF-8 where it is, ``\\xe2`` for every byte that is not part of a whole character."""
    return raw.decode("utf-8", errors="backslashreplace")
