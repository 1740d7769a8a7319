"""Rewrites a page of a site so that it needs no other file: scripts, styles and icon inside, links to pages gone."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from html.parser import HTMLParser
from mimetypes import guess_type
from pathlib import Path
from posixpath import normpath
from typing import Any

import orjson

from featviz.bundle.within import path_within, read_within
from featviz.errors import BundleError
from featviz.site.inline import inline_scripts

DATA_ID = "featviz-bundle"
HINTS = ("modulepreload", "preload", "prefetch")
LEFT_OUT = "nav"
"""Elements that are only about the other pages of the site."""
VOID = ("meta", "link", "input", "br", "img", "hr")


def one_file(page: str, site: Path, content: dict[str, Any]) -> str:
    """The page of a site with everything inside, ``content`` as its inlined data."""
    rewriter = _Rewriter(site, _json(content))
    rewriter.feed(page)
    rewriter.close()
    return rewriter.page()


def _json(content: dict[str, Any]) -> str:
    """JSON that cannot end the script element that it stands in."""
    return orjson.dumps(content).decode().replace("<", r"\u003c")


class _Rewriter(HTMLParser):
    """Copies a page, tag by tag; a tag that names a file becomes the file."""

    def __init__(self, site: Path, data: str) -> None:
        super().__init__(convert_charrefs=False)
        self._site = site
        self._data = data
        self._parts: list[str] = []
        self._left_out = 0
        self._sources: dict[str, list[str]] = {"script-src": [], "style-src": []}
        self._policy_at = 0

    def page(self) -> str:
        """The page as it is now, with the policy that lets its own scripts and styles run and nothing else."""
        rules = [f"{kind} {' '.join(hashes) or chr(39) + 'none' + chr(39)}" for kind, hashes in self._sources.items()]
        policy = "; ".join(["default-src 'none'", *rules, "img-src data:", "base-uri 'none'", "form-action 'none'"])
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        return "".join([*self._parts[: self._policy_at], meta, *self._parts[self._policy_at :]])

    def handle_decl(self, decl: str) -> None:
        self._add(f"<!{decl}>")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == LEFT_OUT or self._left_out:
            self._left_out += tag not in VOID
        elif tag == "meta" and attributes.get("http-equiv", "").lower() == "content-security-policy":
            self._policy_at = len(self._parts)
        elif tag == "script" and "src" in attributes:
            self._add_script(attributes["src"])
        elif tag == "link":
            self._add_link(attributes)
        elif tag == "a" and _leads_away(attributes.get("href", "")):
            self._add(_tag(tag, {name: value for name, value in attributes.items() if name != "href"}))
        else:
            self._add(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if self._left_out:
            self._left_out -= 1
            return
        if tag == "body":
            self._add(f'<script type="application/json" id="{DATA_ID}">{self._data}</script>\n')
        self._add(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._add(data)

    def handle_entityref(self, name: str) -> None:
        self._add(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._add(f"&#{name};")

    def _add(self, text: str) -> None:
        if not self._left_out:
            self._parts.append(text)

    def _add_script(self, path: str) -> None:
        file = self._file(path)
        source = inline_scripts(file.parent, file.name)
        self._allow("script-src", source)
        self._add(f'<script type="module">{source}')

    def _add_link(self, attributes: dict[str, str]) -> None:
        kinds = attributes.get("rel", "").lower().split()
        if "stylesheet" in kinds:
            style = self._read(attributes["href"]).decode("utf-8").replace("\r\n", "\n")
            if "</" in style:
                raise BundleError(f"{attributes['href']} holds </, which ends a style element. Build the site again.")
            self._allow("style-src", style)
            self._add(f"<style>{style}</style>")
        elif "icon" in kinds:
            kind = guess_type(attributes["href"])[0] or "application/octet-stream"
            data = b64encode(self._read(attributes["href"])).decode()
            self._add(_tag("link", attributes | {"href": f"data:{kind};base64,{data}"}))
        elif not set(kinds) & set(HINTS):
            self._add(self.get_starttag_text() or "")

    def _allow(self, kind: str, text: str) -> None:
        self._sources[kind].append(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'")

    def _file(self, path: str) -> Path:
        file = self._site / normpath(path)
        try:
            path_within(self._site, file)
        except BundleError as error:
            raise BundleError(f"{file} {error}. Build the site again.") from error
        return file

    def _read(self, path: str) -> bytes:
        try:
            return read_within(self._site, self._file(path))
        except OSError as error:
            raise BundleError(f"{self._file(path)} cannot be read: {error.strerror}. Build the site again.") from error


def _leads_away(href: str) -> bool:
    """Whether a link leads to another page of the site, which is not there."""
    return bool(href) and not href.startswith(("#", "?", "https:", "http:", "mailto:"))


def _tag(name: str, attributes: dict[str, str]) -> str:
    return "".join([f"<{name}", *(f' {key}="{escape(value)}"' for key, value in attributes.items()), ">"])
