"""Caching and security headers."""

from fnmatch import fnmatchcase

import pytest

from featviz.site.headers import RULES, headers_file, headers_for


@pytest.mark.parametrize("path", ["/data/0123456789abcdef/A/0/1.json.zst", "/data/0123456789abcdef/digests.json"])
def test_data_is_cached_for_ever(path: str) -> None:
    assert "immutable" in headers_for(path)["Cache-Control"]


@pytest.mark.parametrize("path", ["/", "/manifest.json", "/feature.html", "/js/viewer.js", "/css/site.css"])
def test_all_else_is_asked_for_again(path: str) -> None:
    assert headers_for(path)["Cache-Control"] == "no-cache"


def test_every_path_allows_this_origin_alone() -> None:
    assert headers_for("/anything")["Content-Security-Policy"] == "default-src 'self'"


@pytest.mark.parametrize("path", ["/", "/data/x.json", "/js/viewer.js", "/feature.html", "/manifest.json"])
def test_no_path_gets_one_header_from_two_rules(path: str) -> None:

    names = [name for rule, values in RULES.items() if fnmatchcase(path, rule) for name in values]
    assert len(names) == len(set(names))


def test_the_file_has_a_path_and_its_indented_headers() -> None:
    assert "\n/manifest.json\n  Cache-Control: no-cache\n" in headers_file()
