"""Every command in the pages of ``site_template/docs`` is run, on tiny data.

To have a page run, write what its reader types in fenced blocks; they are run from top to bottom in one folder:

- ``console``: lines that begin with ``$ `` are commands (``\\`` goes on in the next line), the lines below one are its
  output, where ``…`` stands for anything. A command without output may print what it likes, but must end well.
  ``$ cat FILE`` writes the lines below it into the file. ``featviz serve`` is started and stopped; ``pip install`` is
  not run, but the extra that it names must exist. A last line ``[1]`` says that the command ends with 1.
- ``python``: run in the same folder; all blocks of a page share their names.
- ``toml``: becomes ``featviz.toml``.

Other blocks (those without a language, too) are shown and not run. `worlds.py` says what lies in the folder.
"""

import shlex
import tomllib
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from featviz.cli import main
from featviz.site.build import template_folder
from tests.docs.blocks import Step, agrees, steps
from tests.docs.worlds import WORLDS, stand_ins
from tests.tiny import Tiny

FAILS = "[1]"
"""The last line of what a command shows that ends with 1."""
DOCS = template_folder() / "docs"
PAGES = {page.name: list(steps(page.read_text("utf-8"))) for page in sorted(DOCS.glob("*.md"))}
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.fixture
def world(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, and a server that ends at once."""
    stand_ins(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", _interrupted)
    return tmp_path


@pytest.mark.parametrize("page", [page for page, found in PAGES.items() if found])
def test_what_the_page_tells_to_do_works(page: str, world: Path, files: Tiny) -> None:
    WORLDS.get(page, lambda folder, tiny: None)(world, files)
    names: dict[str, Any] = {}
    for step in PAGES[page]:
        if step.kind == "console":
            run(step)
        elif step.kind == "toml":
            Path("featviz.toml").write_text(step.text, encoding="utf-8")
        else:
            exec(compile(step.text, page, "exec"), names)


def run(step: Step) -> None:
    """Do what a command says, and compare what it prints."""
    words = shlex.split(step.text)
    if words[:1] == ["cat"]:
        Path(words[1]).write_text(step.output, encoding="utf-8")
    elif words[:2] == ["pip", "install"]:
        check_extra(words[2])
    else:
        assert words[:1] == ["featviz"], f"the tests do not know how to run {step.text!r}"
        result = CliRunner().invoke(main, words[1:])
        shown = step.output.rstrip().removesuffix(FAILS)
        assert result.exit_code == int(step.output.rstrip().endswith(FAILS)), f"{step.text}\n{result.output}"
        assert agrees(shown, result.output), f"{step.text} printed\n{result.output}\nthe page shows\n{shown}"


def check_extra(requirement: str) -> None:
    """Raise unless ``featviz[extra,…]`` names extras of ours."""
    name, _, extras = requirement.rstrip("]").partition("[")
    assert name == "featviz"
    known = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(filter(None, extras.split(","))) <= known.keys()


def _interrupted(server: ThreadingHTTPServer) -> None:
    raise KeyboardInterrupt
