"""Who may import whom."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import featviz
from tests.synthetic import synthetic_bundle

PACKAGE = Path(featviz.__file__).parent
HEAVY = {"torch", "transformer_lens", "transformers", "sae_lens", "mkdocs", "numba", "triton"}
STORY = {"errors", "settings", "progress", "provenance", "pieces", "byte_level", "threads"}
"""Modules at the top of the package that any part may use."""

MAY_IMPORT = {
    "errors": set[str](),
    "byte_level": set[str](),
    "records": set[str](),
    "usage": set[str](),
    "forecast": set[str](),
    "progress": {"errors", "usage", "forecast"},
    "provenance": {"errors"},
    "settings": {"errors"},
    "options": {"settings"},
    "pieces": {"errors"},
    "examples": {"errors", "settings"},
    "bundle": {"errors", "records"},
    "site": {"errors", "bundle"},
    "labels": {"errors", "records", "bundle", "site"},
    "kernels": set[str](),
    "threads": set[str](),
    "importers": {"errors", "byte_level", "provenance", "records", "bundle", "site"},
    "sources": STORY | {"records"},
    "capture": STORY | {"records", "sources", "kernels"},
    "statistics": STORY | {"records", "capture", "kernels"},
    "select": STORY | {"records", "sources", "capture"},
    "effects": STORY | {"records", "sources", "capture", "statistics", "select", "kernels"},
    "pipeline": STORY
    | {"records", "sources", "capture", "statistics", "select", "effects", "bundle", "site", "labels", "usage"},
    "api": STORY | {"records", "sources", "bundle", "site", "pipeline"},
    "plan": STORY | {"sources", "capture", "statistics", "effects", "pipeline", "bundle", "site"},
    "demo": STORY | {"records", "sources", "capture", "bundle", "pipeline"},
}
"""Parts of the package, and what each may import of the others. A statistic sees tensors or firings, never a model."""

INSIDE_BUNDLE = {
    "codec": {"format"},
    "parts": {"format", "codec", "manifest", "writer"},
    "checks": {"format", "codec", "parts", "digests", "manifest", "reader", "within"},
}
"""Folders of the bundle, and what each may import of the rest of it. Nothing in the bundle imports its checks."""

WITHOUT_TORCH = (
    "errors",
    "records",
    "settings",
    "progress",
    "forecast",
    "usage",
    "provenance",
    "pieces",
    "bundle",
    "site",
    "labels",
    "examples",
    "importers",
    "byte_level",
    "options",
    "cli",
)


def modules() -> list[str]:
    return sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def part(module: str) -> str:
    """``bundle`` of ``bundle/encode.py``, ``errors`` of ``errors.py``."""
    return module.split("/")[0].removesuffix(".py")


def imports(module: str, top_level_only: bool = False) -> Iterator[str]:
    """The dotted names that a module imports, those in function bodies and under TYPE_CHECKING included unless told."""
    tree = ast.parse((PACKAGE / module).read_text("utf-8"))
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relative to itself"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(module: str) -> set[str]:
    """The other parts of the package that a module imports."""
    names = {name.split(".")[1] for name in imports(module) if name.startswith("featviz.")}
    return {name for name in names if not name.startswith("__")} - {part(module)}


def others(module: str, top_level_only: bool = False) -> set[str]:
    return {name.split(".")[0] for name in imports(module, top_level_only)} - {"featviz"}


@pytest.mark.parametrize("module", [module for module in modules() if part(module) in MAY_IMPORT])
def test_a_part_imports_only_what_lies_below_it(module: str) -> None:
    assert ours(module) <= MAY_IMPORT[part(module)]


def inside_bundle(module: str) -> str:
    """``codec`` of ``bundle/codec/encode.py``, ``writer`` of ``bundle/writer.py``."""
    return module.removeprefix("bundle/").split("/")[0].removesuffix(".py")


@pytest.mark.parametrize("module", [module for module in modules() if part(module) == "bundle"])
def test_the_folders_of_the_bundle_build_on_each_other(module: str) -> None:
    own = inside_bundle(module)
    found = {name.split(".")[2] for name in imports(module) if name.startswith("featviz.bundle.")} - {own}
    assert found <= INSIDE_BUNDLE[own] if own in INSIDE_BUNDLE else "checks" not in found


def test_every_part_has_its_layer() -> None:
    known = {*MAY_IMPORT, "cli", "__init__", "__main__"}
    assert {part(module) for module in modules()} <= known


@pytest.mark.parametrize("module", [module for module in modules() if part(module) in WITHOUT_TORCH])
def test_light_parts_never_import_torch_and_the_rest_of_what_is_slow_only_when_needed(module: str) -> None:
    assert not others(module, top_level_only=True) & HEAVY
    assert "torch" not in others(module)


def test_one_module_imports_transformer_lens() -> None:
    assert [module for module in modules() if "transformer_lens" in others(module)] == ["sources/model.py"]


def test_the_command_line_imports_the_other_parts_only_inside_its_commands() -> None:
    parts = {name.split(".")[1] for name in imports("cli.py", top_level_only=True) if name.startswith("featviz.")}
    assert parts <= {"errors", "options", "settings", "__version__"}


def loaded(*arguments: str) -> set[str]:
    """The slow libraries that a fresh Python has loaded once ``featviz ARGUMENTS`` has ended well."""
    program = PROGRAM.format(arguments=list(arguments))
    command = [sys.executable, "-c", program]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=PACKAGE.parent, check=False)
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.splitlines()[-1].split()) & HEAVY


PROGRAM = """
import sys
from http.server import ThreadingHTTPServer

from featviz.cli import main


def interrupted(server):
    raise KeyboardInterrupt


ThreadingHTTPServer.serve_forever = interrupted
try:
    main({arguments!r})
except SystemExit as end:
    assert not end.code, end.code
print("\\n", *sys.modules)
"""


@pytest.mark.parametrize(
    "command", [[], ["demo"], ["build"], ["serve"], ["show"], ["check"], ["gc"], ["export"], ["labels"], ["init"]]
)
def test_help_loads_nothing_slow(command: list[str]) -> None:
    assert loaded(*command, "--help") == set()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    synthetic_bundle(folder, features=2)
    (folder / "index.html").touch()
    (folder / "feature.html").touch()
    (folder / "labels.json").write_text('{"A": {"1": "one"}}', encoding="utf-8")
    return folder


LOOKING = [
    "show {} 1",
    "check {}",
    "check {} --host s3",
    "gc {}",
    "serve {} --port 0",
    "export {} --features 0 -o {}/picks.html",
]


@pytest.mark.parametrize("command", [command.split() for command in LOOKING])
def test_looking_at_a_site_loads_nothing_slow(bundle: Path, command: list[str]) -> None:
    assert loaded(*[word.format(bundle) for word in command]) == set()


def test_labels_loads_only_what_writes_the_pages(bundle: Path) -> None:
    assert loaded("labels", str(bundle), str(bundle / "labels.json")) == {"mkdocs"}
