"""The fenced blocks of a page of the docs, as steps that can be run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = re.compile(r"^```(console|python|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANYTHING = "…"
PROMPT = "$ "


@dataclass(frozen=True)
class Step:
    """Something that a page tells its reader to do."""

    kind: str
    """``console``, ``python`` or ``toml``."""
    text: str
    """A command without its prompt, on one line; or the block's content."""
    output: str = ""
    """What the page shows below the command; ``…`` stands for anything."""


def steps(page: str) -> Iterator[Step]:
    """What a page's blocks say, in their order: every command of a console block is a step of its own."""
    for kind, content in BLOCK.findall(page):
        if kind == "console":
            yield from _commands(content)
        else:
            yield Step(kind, content)


def _commands(block: str) -> Iterator[Step]:
    before, *commands = re.split(r"^\$ ", block.replace("\\\n", " "), flags=re.MULTILINE)
    assert not before, f"a console block begins with {before!r}, expected {PROMPT!r} and a command"
    for command in commands:
        line, _, output = command.partition("\n")
        yield Step("console", re.sub(r" +", " ", line).strip(), output)


def agrees(shown: str, found: str) -> bool:
    """Whether the output is what the page shows, white space at line ends and empty lines aside."""
    parts = [re.escape(part) for part in _tidy(shown).split(ANYTHING)]
    return not shown.strip() or re.fullmatch(".*".join(parts), _tidy(found), re.DOTALL) is not None


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
