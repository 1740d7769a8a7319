"""Makes one script of a site's joined scripts, for a page that can ask for no other file.

Every file but the entry becomes a function that runs once, when it is first needed, and returns the file's exports.
"""

import re
from pathlib import Path

from featviz.bundle.within import read_within
from featviz.errors import BundleError

STATIC = re.compile(r'^import \* as ([\w$]+) from "\./([\w./-]+)";$', re.MULTILINE)
DYNAMIC = re.compile(r'(?<![.\w$])import\("\./([\w./-]+)"\)')
EXPORTED = re.compile(r"^export (?=(?:(?:async )?function\*?|class|const|let|var) ([\w$]+))", re.MULTILINE)
EXPORTS = re.compile(r"^export \{ ([\w$, ]+) \};$", re.MULTILINE)
LEFT_OVER = re.compile(r"^(?:import|export)\b[^\n]*", re.MULTILINE)
ONCE = "const $once = (make) => { let made; return () => (made ??= make()); };"


def inline_scripts(folder: Path, entry: str) -> str:
    """The source of ``entry`` and of all files in ``folder`` that it imports, now or later, as one script."""
    wrapped: dict[str, str] = {}
    body = _body(folder, entry, wrapped)
    return _safe("\n".join([ONCE, *wrapped.values(), body]))


def _body(folder: Path, path: str, wrapped: dict[str, str]) -> str:
    """A file's source with its imports replaced; the files that it imports are added to ``wrapped`` before it."""
    try:
        source = read_within(folder, folder / path).decode()
    except (BundleError, UnicodeDecodeError) as error:
        raise BundleError(f"{folder / path} {error}. Build the site again.") from error
    except OSError as error:
        raise BundleError(f"{folder / path} cannot be read: {error.strerror}. Build the site again.") from error

    def imported(match: re.Match[str], path: str) -> str:
        if path not in wrapped:
            wrapped[path] = ""
            wrapped[path] = _wrapped(_variable(path), _body(folder, path, wrapped))
        return _variable(path)

    source = STATIC.sub(lambda match: f"const {match[1]} = {imported(match, match[2])}();", source)
    return DYNAMIC.sub(lambda match: f"Promise.resolve().then({imported(match, match[1])})", source)


def _wrapped(variable: str, body: str) -> str:
    names = [match[1] for match in EXPORTED.finditer(body)]
    names += [name for match in EXPORTS.finditer(body) for name in match[1].split(", ")]
    code = EXPORTS.sub("", EXPORTED.sub("", body))
    if left := LEFT_OVER.search(code):
        raise BundleError(
            f"the site's script {variable} cannot be put into one file: {left[0]!r}. Build the site again."
        )
    return f"const {variable} = $once(() => {{\n{code.strip()}\nreturn {{ {', '.join(names)} }};\n}});"


def _variable(path: str) -> str:
    return "$file_" + re.sub(r"\W", "_", path.removesuffix(".js"))


def _safe(source: str) -> str:
    """Without what would end a script element, or begin a comment in it."""
    return re.sub("</(script)", r"<\\/\1", source, flags=re.IGNORECASE).replace("<!--", r"<\!--")
