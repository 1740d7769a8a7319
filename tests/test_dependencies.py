"""What is imported is declared: an environment with the development tools would hide that something is missing."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BROUGHT = {"triton"}
"""Torch's builds for GPUs bring it along; where it is missing the plain path is taken."""


def declared() -> set[str]:
    """Distributions that a user's installation has, or may ask for."""
    extras = [need for name, needs in PROJECT["optional-dependencies"].items() if name != "dev" for need in needs]
    return {_normal(re.split(r"[^\w.-]", need)[0]) for need in [*PROJECT["dependencies"], *extras]}


def imported(file: Path) -> Iterator[str]:
    """Packages that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_import_is_of_a_declared_dependency() -> None:
    distributions, known = packages_distributions(), declared()
    foreign = sys.stdlib_module_names | BROUGHT | {"featviz"}
    missing = [
        f"{file.relative_to(ROOT)}: {package}"
        for file in sorted((ROOT / "featviz").rglob("*.py"))
        for package in sorted(set(imported(file)) - foreign)
        if not known & {_normal(name) for name in distributions.get(package, [package])}
    ]
    assert not missing, "not among the dependencies in pyproject.toml"
