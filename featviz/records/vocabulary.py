"""What the tokens of a vocabulary look like."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Vocabulary:
    """Every token's decoded text, by vocabulary id."""

    text: list[str]
    """Decoded text; bytes that are no valid UTF-8 are spelled ``\\xe2``."""
    partial: dict[int, bytes] = field(default_factory=dict)
    """The bytes of tokens that are not valid UTF-8 by themselves (parts of a character)."""
    special: frozenset[int] = frozenset()
    """BOS, EOS, padding and other tokens that are not text."""

    def __len__(self) -> int:
        return len(self.text)
