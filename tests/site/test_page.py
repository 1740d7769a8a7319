import re
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from featviz.errors import BundleError
from featviz.site.page import one_file

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'self'">
<link rel="icon" type="image/svg+xml" href="./icon.svg">
<link rel="stylesheet" href="./css/site.css">
<link rel="modulepreload" href="js/viewer.js">
<link rel="preload" as="fetch" href="manifest.json" crossorigin>
<script type="module" src="js/viewer.js" blocking="render"></script>
</head>
"""
BODY = "<body>\n<p>a &amp; b &#8594;</p>\n</body>\n</html>\n"
STYLE, SCRIPT, ICON = "body { margin: 0; }\n", 'console.log("é");\n', b"<svg/>"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name, data in {"css/site.css": STYLE.encode(), "js/viewer.js": SCRIPT.encode(), "icon.svg": ICON}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def rewritten(site: Path, body: str = BODY, content: dict[str, Any] | None = None) -> str:
    return one_file(HEAD + body, site, content or {"a": 1})


def test_no_file_is_asked_for(site: Path) -> None:
    page = rewritten(site)
    assert not re.search(r'\b(src|href)="(?!data:|#|\?)', page)
    assert f"<style>{STYLE}</style>" in page
    assert SCRIPT in page


def test_the_icon_is_inside(site: Path) -> None:
    found = re.search(r'href="data:image/svg\+xml;base64,([^"]+)"', rewritten(site))
    assert found
    assert b64decode(found[1]) == ICON


def test_the_policy_lets_exactly_its_own_script_and_style_run(site: Path) -> None:
    page = rewritten(site)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    (script,) = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)

    def allowed(text: str) -> str:
        return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src {allowed(script)}",
        f"style-src {allowed(STYLE)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert page.index("Content-Security-Policy") < page.index("<style>")


def test_what_the_page_says_stays_as_it_is(site: Path) -> None:
    assert "<p>a &amp; b &#8594;</p>" in rewritten(site)


def test_the_data_cannot_end_their_element(site: Path) -> None:
    page = rewritten(site, content={"title": "</script><script>alert(1)</script><!--"})
    (data,) = re.findall(r'<script type="application/json" id="featviz-bundle">(.*?)</script>', page)
    assert "<" not in data
    assert page.count("<script") == 2


def test_other_pages_are_not_linked_and_their_menu_is_gone(site: Path) -> None:
    body = '<body><nav><a href="a.html">All<br></a></nav><a class="x" href="./b.html">B</a><a href="#c">C</a></body>'
    assert '<body><a class="x">B</a><a href="#c">C</a>' in rewritten(site, body)


@pytest.mark.parametrize("name", ["css/site.css", "js/viewer.js", "icon.svg"])
def test_a_missing_file_is_named(site: Path, name: str) -> None:
    (site / name).unlink()
    with pytest.raises(BundleError, match=f"{name} cannot be read: No such file"):
        rewritten(site)


def test_a_style_that_would_end_its_element_is_refused(site: Path) -> None:
    (site / "css/site.css").write_text('a::after { content: "</style>" }', "utf-8")
    with pytest.raises(BundleError, match="ends a style element"):
        rewritten(site)
