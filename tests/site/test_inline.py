from pathlib import Path

import pytest

from featviz.errors import BundleError
from featviz.site.inline import inline_scripts

FILES = {
    "viewer.js": 'import * as $vendor_zip from "./vendor/zip.js";\nconst { inflate } = $vendor_zip;\n'
    'const open = () => import("./box.js").then(({ start }) => start(inflate));\nopen();\n',
    "box.js": 'import * as $vendor_zip from "./vendor/zip.js";\nfunction start() { return import("./box.js"); }\n'
    "export { start, stop };\n",
    "vendor/zip.js": "/*! a licence */\nexport function inflate() {}\nexport var code = 1;\nexport { Inflate };\n",
}


def inlined(folder: Path, **changed: str) -> str:
    for name, source in (FILES | {name.replace("__", "/") + ".js": source for name, source in changed.items()}).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(source, "utf-8")
    return inline_scripts(folder, "viewer.js")


def test_no_import_is_left(tmp_path: Path) -> None:
    source = inlined(tmp_path)
    assert "import" not in source
    assert "export" not in source


def test_files_become_functions_that_return_their_exports(tmp_path: Path) -> None:
    source = inlined(tmp_path)
    assert "const $file_vendor_zip = $once(() => {\n/*! a licence */\nfunction inflate() {}" in source
    assert "return { inflate, code, Inflate };" in source
    assert "return { start, stop };" in source


def test_a_file_is_there_once_however_often_it_is_imported(tmp_path: Path) -> None:
    source = inlined(tmp_path)
    assert source.count("function inflate") == 1
    assert source.count("const $vendor_zip = $file_vendor_zip();") == 2


def test_what_is_imported_later_runs_later(tmp_path: Path) -> None:
    assert "const open = () => Promise.resolve().then($file_box).then(({ start })" in inlined(tmp_path)


def test_nothing_in_it_ends_the_script_element(tmp_path: Path) -> None:
    source = inlined(tmp_path, viewer='const a = "</script>", b = `<!-- </SCRIPT>`;\n')
    assert r'const a = "<\/script>", b = `<\!-- <\/SCRIPT>`;' in source


@pytest.mark.parametrize("statement", ['import { a } from "./a.js";', "export default 1;", "export * from './a.js';"])
def test_refuses_what_it_cannot_inline(tmp_path: Path, statement: str) -> None:
    with pytest.raises(BundleError, match=r"cannot be put into one file: .(import|export) .*Build the site again"):
        inlined(tmp_path, box=statement + "\n")


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"more.js cannot be read: No such file"):
        inlined(tmp_path, viewer='import("./more.js");\n')
