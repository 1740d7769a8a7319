"""Joining ES modules into one file."""

import shutil
import subprocess
from pathlib import Path

import pytest

from featviz.errors import InputError
from featviz.site.modules import NOTE, join

NODE = shutil.which("node")


def write(folder: Path, **modules: str) -> Path:
    """Writes ``a__b="…"`` as the module ``a/b.js``."""
    for name, source in modules.items():
        file = folder / (name.replace("__", "/") + ".js")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, "utf-8")
    return folder


def run(source: str, folder: Path) -> str:
    """What the joined module prints."""
    if NODE is None:
        pytest.skip("node is not installed")
    file = folder / "viewer.mjs"
    file.write_text(source, "utf-8")
    return subprocess.run([NODE, str(file)], capture_output=True, text=True, check=True).stdout


def test_a_module_runs_once_and_before_those_that_import_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        app="""import { left } from "./parts/left.js";
import { right } from "./parts/right.js";
console.log(left, right);
""",
        parts__left='import { base } from "./base.js";\nexport const left = base + 1;\n',
        parts__right='import { base } from "./base.js";\nexport const right = base + 2;\n',
        parts__base='console.log("base");\nexport const base = 10;\n',
    )
    source, joined = join(tmp_path, "app.js")
    assert joined == ["parts/base.js", "parts/left.js", "parts/right.js", "app.js"]
    assert run(source, tmp_path) == "base\n11 12\n"


def test_every_form_of_export_arrives_under_its_name(tmp_path: Path) -> None:
    write(
        tmp_path,
        app="""import {
  plain, later, numbers, Thing,
  LIMIT as most,
} from './kinds.js'
console.log(plain(), await later(), [...numbers()], new Thing().name, most);
""",
        kinds="""export function plain() { return "plain"; }
export async function later() { return "later"; }
export function* numbers() { yield 1; }
export class Thing { name = "thing"; }
export const LIMIT = 3;
""",
    )
    assert run(join(tmp_path, "app.js")[0], tmp_path) == "plain later [ 1 ] thing 3\n"


def test_modules_may_use_the_same_private_names(tmp_path: Path) -> None:
    write(
        tmp_path,
        app="""import { one } from "./one.js";
import { two } from "./two.js";
const size = 3;
console.log(one, two, size);
""",
        one="const size = 1;\nexport const one = size;\n",
        two="const size = 2;\nexport const two = size;\n",
    )
    assert run(join(tmp_path, "app.js")[0], tmp_path) == "1 2 3\n"


def test_vendored_modules_stay_files_and_are_imported_once_from_where_the_joined_file_lies(tmp_path: Path) -> None:
    write(
        tmp_path,
        app="""import { unpack } from "./bundle/unpack.js";
import { inflate } from "./vendor/zip.js";
console.log(unpack(), inflate());
""",
        bundle__unpack="""import { inflate as open } from "../vendor/zip.js";
export const unpack = () => open() + "!";
""",
        vendor__zip='export const inflate = () => "air";\n',
    )
    (tmp_path / "package.json").write_text('{"type": "module"}')
    source, joined = join(tmp_path, "app.js")
    assert source.count('"./vendor/zip.js"') == 1
    assert "vendor/zip.js" not in joined
    assert run(source, tmp_path) == "air! air\n"


def test_a_vendored_module_may_be_imported_when_it_is_needed(tmp_path: Path) -> None:
    write(
        tmp_path,
        app='import { unpack } from "./bundle/unpack.js";\nconsole.log(await unpack());\n',
        bundle__unpack='export const unpack = async () => (await import("../vendor/zip.js")).inflate();\n',
        vendor__zip='export const inflate = () => "air";\n',
    )
    (tmp_path / "package.json").write_text('{"type": "module"}')
    source, _ = join(tmp_path, "app.js")
    assert "import *" not in source
    assert run(source, tmp_path) == "air\n"


@pytest.mark.parametrize(
    "line",
    [
        '"import(1) export";',
        "`\nexport default 1\n`;",
        "const quotes = /[\"'`/]/;\n`\nexport default 1\n`;",
        "({ import: 1, export: 2 }).import;",
        "const address = 'http://a.b/*'; const all = `*/`;",
        "const half = [4][0] / 2; const text = '// none';",
    ],
)
def test_words_and_marks_in_strings_and_keys_are_no_statements_and_no_comments(tmp_path: Path, line: str) -> None:
    write(tmp_path, app=f"{line}\nconsole.log(1);\n")
    source, _ = join(tmp_path, "app.js")
    assert line in source
    assert run(source, tmp_path) == "1\n"


@pytest.mark.parametrize(
    ("commented", "bare"),
    [
        ('// import { a } from "./a.js";\n', ""),
        ('/** @param {import("./a.js").A} a\n */\n', ""),
        ("/*\nimport x\nexport default 1\n*/\n", ""),
        ("  // it's indented\n", ""),
        ("let a = /** @type {any} */ (1); // one\n", "let a =  (1);  \n"),
        ("/* one */ let a;\n/* two */\n", " let a;\n"),
        ("let a; /* one\nline */ let b;\n", "let a;  let b;\n"),
    ],
)
def test_comments_are_left_out(tmp_path: Path, commented: str, bare: str) -> None:
    write(tmp_path, app=f"{commented}console.log(1);\n")
    source, _ = join(tmp_path, "app.js")
    assert source == f"{NOTE}\n{bare}console.log(1);\n"
    assert run(source, tmp_path) == "1\n"


def test_a_comment_in_an_import_does_no_harm(tmp_path: Path) -> None:
    write(
        tmp_path,
        app='import {\n  a, // the first\n  /* and */ b,\n} from "./a.js";\nconsole.log(a, b);\n',
        a="export const a = 1;\nexport const b = 2;\n",
    )
    assert run(join(tmp_path, "app.js")[0], tmp_path) == "1 2\n"


@pytest.mark.parametrize(
    "line",
    [
        'import "./a.js";',
        'import a from "./a.js";',
        'import * as a from "./a.js";',
        'import { a } from "a";',
        'if (1) import("./a.js");',
        "import(name);",
        "import.meta.url;",
        "export default 1;",
        "export let a = 1;",
        "export { a };",
        'export * from "./a.js";',
        "  export const a = 1;",
    ],
)
def test_other_statements_are_refused_with_their_line(tmp_path: Path, line: str) -> None:
    write(tmp_path, app=f"const b = 1;\n{line}\n", a="export const a = 1;\n")
    with pytest.raises(InputError, match=r"app\.js:2: cannot join") as refusal:
        join(tmp_path, "app.js")
    assert line.strip() in str(refusal.value)


def test_a_cycle_is_named(tmp_path: Path) -> None:
    write(
        tmp_path,
        app='import { a } from "./a.js";\n',
        a='import { b } from "./b.js";\nexport const a = 1;\n',
        b='import { a } from "./a.js";\nexport const b = 1;\n',
    )
    with pytest.raises(InputError, match=r"a\.js -> b\.js -> a\.js"):
        join(tmp_path, "app.js")


def test_a_missing_module_is_named_with_the_one_that_needs_it(tmp_path: Path) -> None:
    write(tmp_path, app='import { a } from "./parts/a.js";\n')
    with pytest.raises(InputError, match=r"app\.js needs the module parts/a\.js, but there is no file"):
        join(tmp_path, "app.js")


def test_a_name_that_is_not_exported_is_refused(tmp_path: Path) -> None:
    write(tmp_path, app='import { b } from "./a.js";\n', a="export const a = 1;\nexport function c() {}\n")
    with pytest.raises(InputError, match=r"app\.js imports b from a\.js, which exports a, c"):
        join(tmp_path, "app.js")
