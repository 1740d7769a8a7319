"""Servers that imitate hosts: what each does with a static site, as measured."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from posixpath import normpath
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

from featviz.site.headers import headers_for

MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "application/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".svg": "image/svg+xml",
}
OCTETS = "application/octet-stream"


@dataclass(frozen=True)
class HostLike:
    """How a host answers."""

    below: str = "/"
    """Where the site lies on it."""
    headers: dict[str, str] = field(default_factory=dict)
    """What every answer carries."""
    reads_headers_file: bool = False
    gzipped: frozenset[str] = frozenset()
    """Media types that it compresses."""
    not_found: str | None = None
    """The file that it answers an unknown path with; none: a page of its own."""
    not_found_status: int = 404
    zst: str = OCTETS
    """The media type that it gives chunks."""
    bare: bool = False
    """Whether it redirects ``/page.html`` to ``/page``."""
    stops: tuple[str, ...] = ()
    """Names that it does not serve."""


TEXT = frozenset({"text/css", "text/html", "application/javascript", "application/json", "image/svg+xml"})
HOSTS_LIKE = {
    "github": HostLike(
        below="/repo/",
        headers={"Cache-Control": "max-age=600", "Access-Control-Allow-Origin": "*"},
        gzipped=TEXT | {OCTETS},
        not_found="404.html",
    ),
    "netlify": HostLike(reads_headers_file=True, gzipped=TEXT, not_found="404.html", stops=("_headers",)),
    "cloudflare": HostLike(bare=True, reads_headers_file=True, gzipped=TEXT, not_found="404.html", stops=("_headers",)),
    "cloudflare without 404.html": HostLike(bare=True, gzipped=TEXT, not_found="index.html", not_found_status=200),
    "huggingface": HostLike(headers={"Cache-Control": "no-cache"}, gzipped=TEXT, zst="application/zstd"),
    "nginx": HostLike(gzipped=frozenset({"text/html"})),
}
"""GitHub compresses by type, which may include chunks; `python -m http.server` is its own class."""


class HostHandler(BaseHTTPRequestHandler):
    """Answers whole files and knows no byte ranges."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: Any, site: Path, like: HostLike) -> None:
        self._site = site
        self._like = like
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """The file, or what the host answers in its place."""
        path = unquote(urlsplit(self.path).path)
        name = self._name(path)
        if self._like.bare and path.endswith(".html"):
            bare = self.path.replace(".html", "", 1).removesuffix("index")
            self._send(HTTPStatus.PERMANENT_REDIRECT, b"", {"Location": bare})
            return
        if self._like.bare and name and (self._site / f"{name}.html").is_file():
            name = f"{name}.html"
        if name and (self._site / name).is_file():
            self._answer(HTTPStatus.OK, self._site / name, path)
        elif self._like.not_found:
            self._answer(self._like.not_found_status, self._site / self._like.not_found, path)
        else:
            self._send(HTTPStatus.NOT_FOUND, b"<html><title>404</title></html>", {"Content-Type": "text/html"})

    def _name(self, path: str) -> str | None:
        if not path.startswith(self._like.below):
            return None
        name = path.removeprefix(self._like.below) or "index.html"
        return None if normpath(name).startswith("..") or name in self._like.stops else name

    def _answer(self, status: int, file: Path, path: str) -> None:
        kind = self._like.zst if file.suffix == ".zst" else MEDIA_TYPES.get(file.suffix, OCTETS)
        headers = {"Content-Type": kind, **self._like.headers}
        if self._like.reads_headers_file:
            headers |= headers_for(path)
        body = file.read_bytes()
        if kind in self._like.gzipped and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 5)
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        self._send(status, body, headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


class PlainHandler(SimpleHTTPRequestHandler):
    """``python -m http.server``."""

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def hosted(site: Path, name: str) -> Iterator[str]:
    """The address of the site on the host of that name."""
    if name == "http.server":
        handler: Any = partial(PlainHandler, directory=str(site))
        below = "/"
    else:
        handler = partial(HostHandler, site=site, like=HOSTS_LIKE[name])
        below = HOSTS_LIKE[name].below
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{below}"
        server.shutdown()
        thread.join()
