"""A template as small as it can be."""

from pathlib import Path

import pytest

from featviz.site import build

MAIN = """<title>{{ page.title }}</title>
<nav>{% for item in nav %}{{ item.title }} {{ item.url }};{% endfor %}</nav>
{{ page.content }}"""
SCRIPT = """import { one } from "./parts/one.js";
import { inflate } from "./vendor/zip.js";
console.log(one, inflate);
"""
FORMAT = """# Format

[schema](schema/manifest.schema.json)

## Files

| a | b |
|---|---|
| 1 | 2 |
"""
FILES = {
    "docs/index.md": "# Home\n\n[a feature](feature.html?sae=A&feature=1), [the data](manifest.json)\n",
    "docs/about.md": "# About\n",
    "docs/format.md": FORMAT,
    "theme/main.html": MAIN,
    **{f"theme/{page}": "filled by a script" for page in build.VIEWER_PAGES},
    "theme/feature.html": '{{ config.extra.manifest.title }} <script type="module" src="js/viewer.js"></script>',
    "theme/404.html": "nothing here",
    "theme/css/site.css": "body { margin: 0; }",
    **{f"theme/js/{module}": "console.log(1);\n" for module in build.SCRIPTS},
    "theme/js/app.js": SCRIPT,
    "theme/js/parts/one.js": "export const one = 1;\n",
    "theme/js/vendor/zip.js": "export const inflate = 1;\n",
}


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that ``build_site`` takes for ``site_template/``."""
    folder = tmp_path / "site_template"
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    monkeypatch.setattr(build, "template_folder", lambda: folder)
    return folder
