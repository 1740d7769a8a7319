"""The theme has no way for data to become markup or script."""

import re
from pathlib import Path

import pytest

THEME = Path(__file__).parents[1] / "site_template" / "theme"
SCRIPTS = sorted(path for path in (THEME / "js").rglob("*.js") if "vendor" not in path.parts)
TEMPLATES = sorted(THEME.rglob("*.html"))
MARKUP_FROM_TEXT = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\s*\.\s*write|\beval\s*\(|\bFunction\s*\(|setHTML|srcdoc"
    r"|createContextualFragment|DOMParser|javascript:|set(Timeout|Interval)\s*\(\s*[\"'`]|\.on[a-z]+\s*=[^=]"
)
# A page's own Markdown is markup already; everything else is escaped.
INLINE = re.compile(
    r"<style\b|\sstyle\s*=|\son[a-z]+\s*=|<script\b(?![^>]*\ssrc=)|javascript:|(?<!page\.content)\|\s*safe\b",
    re.IGNORECASE,
)


def found(pattern: re.Pattern[str], path: Path) -> list[str]:
    return [line.strip() for line in path.read_text("utf-8").splitlines() if pattern.search(line)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_or_code_of_text(path: Path) -> None:
    assert found(MARKUP_FROM_TEXT, path) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_a_script_or_style_of_its_own(path: Path) -> None:
    assert found(INLINE, path) == []


@pytest.mark.parametrize(
    "line",
    [
        "node.innerHTML = text",
        "eval(text)",
        "new Function(text)",
        'setTimeout("x()")',
        "document.write(x)",
        "a.onclick = f",
    ],
)
def test_the_rule_for_scripts_finds(line: str) -> None:
    assert MARKUP_FROM_TEXT.search(line)


@pytest.mark.parametrize("line", ["<script>x()</script>", "<p style='a'>", "<a onclick=x>", "{{ title|safe }}"])
def test_the_rule_for_templates_finds(line: str) -> None:
    assert INLINE.search(line)
