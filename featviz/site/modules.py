"""Joins the theme's ES modules into one file, so that a page needs one request for them and no bundler.

Every module but the entry becomes a function, called once, that returns the module's exports: its other names stay its
own. Comments, indentation and empty lines are left out. Modules below ``vendor/`` stay files; the joined file imports
them at its top. Other entries are files of their own too, imported when they are needed: a module in both files is
there twice, and the two share nothing.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from featviz.errors import InputError

VENDOR = "vendor/"
NOTE = "// featviz's modules, joined"

# A regular expression is told from a division by what stands before it.
OPAQUE = re.compile(
    r"""(?P<comment> ^[ \t]*(?://[^\n]*|/\*(?:(?!\*/).)*\*/)[ \t]*\n | //[^\n]* | /\*.*?\*/[ ]?)
    | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | `(?:\\.|[^`\\])*`
    | (?<=[(,=:\[!&|?{};>]) \s* /(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/
    | (?<=\breturn) \s* /(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/""",
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
IMPORT = re.compile(r"""^import\s*\{([^}]*)\}\s*from\s*["']([^"']*)["'];?""", re.MULTILINE)
DYNAMIC_IMPORT = re.compile(r"""(?<![.\w$])import\(\s*["']([^"']*)["']\s*\)""")
EXPORT = re.compile(r"^export\s+(?=(?:(?:async\s+)?function\b\s*\*?|class\b|const\b)\s*([\w$]+))", re.MULTILINE)
INDENT = re.compile(r"^\s+", re.MULTILINE)
OTHER = re.compile(r"(?<![.\w$])(?:import|export)\b(?!\s*:)")


@dataclass(frozen=True)
class Edit:
    """One statement to replace in a module's source, with the module it names if any."""

    start: int
    end: int
    text: str
    imports: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Module:
    """One source file: its path below the scripts' folder, what it exports, and the edits that join it."""

    path: str
    source: str
    exports: tuple[str, ...]
    edits: tuple[Edit, ...]

    def body(self) -> str:
        """The source without its comments, import and export statements."""
        parts, at = [], 0
        for edit in self.edits:
            if edit.start >= at:
                parts += [self.source[at : edit.start], edit.text]
                at = edit.end
        return "".join([*parts, self.source[at:]]).strip("\n")


def join(folder: Path, entry: str, entries: Mapping[str, str] | None = None) -> tuple[str, list[str]]:
    """The joined source of ``entry`` and all that it imports, to lie in ``folder``; and the joined modules' paths.

    ``entries`` names the file of every module that may be imported when it is needed.
    """
    modules = _load(folder, entry, entries or {})
    vendored = {edit.imports for module in modules for edit in module.edits if edit.names and _is_vendor(edit.imports)}
    lines = [NOTE, *(f'import * as {_variable(path)} from "./{path}";' for path in sorted(filter(None, vendored)))]
    for module in modules:
        lines.append(module.body() if module.path == entry else _wrapped(module))
    if exports := modules[-1].exports:
        lines.append(f"export {{ {', '.join(exports)} }};")
    return "\n".join(lines) + "\n", [module.path for module in modules]


def _load(folder: Path, entry: str, entries: Mapping[str, str]) -> list[Module]:
    """The entry and its imports, each after the modules that it imports."""
    loaded: dict[str, Module] = {}

    def visit(path: str, trail: tuple[str, ...]) -> None:
        if path in trail:
            raise InputError(f"These modules import each other: {' -> '.join([*trail[trail.index(path) :], path])}.")
        if path in loaded:
            return
        module = _parse(path, _read(folder, path, trail), entries)
        for edit in module.edits:
            if edit.imports and edit.names and not _is_vendor(edit.imports):
                visit(edit.imports, (*trail, path))
                _check_exported(edit, loaded[edit.imports], path)
        loaded[path] = module

    visit(entry, ())
    return list(loaded.values())


def _read(folder: Path, path: str, trail: tuple[str, ...]) -> str:
    file = folder / path
    if not file.is_file():
        raise InputError(f"{trail[-1] if trail else folder} needs the module {path}, but there is no file {file}.")
    return file.read_text("utf-8")


def _check_exported(edit: Edit, module: Module, importer: str) -> None:
    for name in edit.names:
        if name not in module.exports:
            known = ", ".join(module.exports)
            raise InputError(f"{importer} imports {name} from {module.path}, which exports {known}.")


def _parse(path: str, source: str, entries: Mapping[str, str]) -> Module:
    code = OPAQUE.sub(_blanked, source)
    opaque = list(OPAQUE.finditer(source))
    comments = [Edit(*m.span(), "" if m[0].endswith("\n") else " ") for m in opaque if m["comment"]]
    exports = [Edit(*match.span(), "") for match in EXPORT.finditer(code)]
    indents = [edit for edit in _indents(source) if not any(m.start() < edit.end <= m.end() for m in opaque)]
    edits = [*_imports(path, source, code, entries), *exports, *comments, *indents]
    for match in OTHER.finditer(code):
        if not any(edit.start <= match.start() < edit.end for edit in edits):
            raise InputError(_unsupported(path, source, match.start()))
    names = tuple(match[1] for match in EXPORT.finditer(code))
    return Module(path, source, names, tuple(sorted(edits, key=lambda edit: edit.start)))


def _blanked(match: re.Match[str]) -> str:
    """Spaces in place of what is no code; quotes and line ends stay."""
    return re.sub(r"[^\n]" if match["comment"] else r"[^\n\"'`]", " ", match[0])


def _indents(source: str) -> list[Edit]:
    return [Edit(*match.span(), "") for match in INDENT.finditer(source)]


def _imports(path: str, source: str, code: str, entries: Mapping[str, str]) -> Iterator[Edit]:
    for match in IMPORT.finditer(code):
        target = _resolve(path, source[slice(*match.span(2))], source, match.start())
        specifiers = [name.split() for name in match[1].split(",") if name.strip()]
        names = ", ".join(": ".join(words[::2]) for words in specifiers)
        text = f"const {{ {names} }} = {_variable(target)};"
        yield Edit(*match.span(), text, target, tuple(words[0] for words in specifiers))
    for match in DYNAMIC_IMPORT.finditer(code):
        target = _resolve(path, source[slice(*match.span(1))], source, match.start())
        if not _is_vendor(target) and target not in entries:
            raise InputError(_unsupported(path, source, match.start()))
        yield Edit(*match.span(), f'import("./{entries.get(target, target)}")', target)


def _resolve(path: str, specifier: str, source: str, at: int) -> str:
    if not specifier.startswith(("./", "../")):
        raise InputError(_unsupported(path, source, at))
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))


def _unsupported(path: str, source: str, at: int) -> str:
    number = source.count("\n", 0, at) + 1
    return (
        f"{path}:{number}: cannot join {source.splitlines()[number - 1].strip()!r}. Write `import {{ a, b as c }} from "
        f'"./x.js"` at the start of a line, `export` before a function, class or const, and `import("…/{VENDOR}x.js")`.'
    )


def _is_vendor(path: str | None) -> bool:
    return path is not None and path.startswith(VENDOR)


def _variable(path: str) -> str:
    return "$" + re.sub(r"\W", "_", path.removesuffix(".js").replace("/", "$"))


def _wrapped(module: Module) -> str:
    exports = ", ".join(module.exports)
    return f"const {_variable(module.path)} = (() => {{\n{module.body()}\nreturn {{ {exports} }};\n}})();"
