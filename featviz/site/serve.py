"""Serves a site to this machine's own browser."""

import errno
import gzip
import io
import sys
from functools import lru_cache, partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from featviz.bundle.format import MANIFEST
from featviz.errors import BundleError, InputError
from featviz.site.build import LOST
from featviz.site.headers import ASK_FIRST, headers_for

HOST = "127.0.0.1"
MEDIA_TYPES = {
    "": "application/octet-stream",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
    ".zst": "application/zstd",
}
TEXT = {".css", ".html", ".js", ".json", ".md", ".svg", ".txt"}
"""What is sent compressed to who accepts it; a chunk is compressed already."""


class SiteHandler(SimpleHTTPRequestHandler):
    """Files below the site's folder, with the headers of ``_headers``; no listings, no log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a kept connection waits 40 ms between an answer's head and body
    extensions_map = MEDIA_TYPES

    def translate_path(self, path: str) -> str:
        """The file of a URL; one outside the folder, by way of a link in it, is as good as missing."""
        translated = super().translate_path(path)
        root = Path(self.directory).resolve()
        try:
            within = Path(translated).resolve().is_relative_to(root)
        except (OSError, ValueError, RuntimeError):  # a name that cannot be one, or links in a circle
            within = False
        return translated if within else str(root / "outside")

    def send_head(self) -> Any:
        """Begins the answer, of a text in gzip; whether a text has changed since is answered as for any file."""
        file = self._text_asked_for()
        if file is None or "If-Modified-Since" in self.headers or not _accepts_gzip(self.headers["Accept-Encoding"]):
            return super().send_head()
        changed = file.stat()
        body = _gzipped(file, changed.st_mtime_ns)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(str(file)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", self.date_time_string(changed.st_mtime))
        self.end_headers()
        return io.BytesIO(body)

    def _text_asked_for(self) -> Path | None:
        """The text file that the address names, a folder's ``index.html`` included."""
        translated = self.translate_path(self.path)
        file = Path(translated)
        if translated.endswith("/"):
            file = file / "index.html" if file.is_dir() else file / "outside"
        return file if file.suffix in TEXT and file.is_file() else None

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answers for what is missing with the site's own page, as hosts do."""
        page = Path(self.directory, LOST)
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            return super().send_error(code, message, explain)
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", MEDIA_TYPES[".html"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return None

    def list_directory(self, path: Any) -> None:
        """Refuses to list a folder."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begins the answer with the site's own headers; what is missing now may be there later, so is not cached."""
        super().send_response(code, message)
        headers = headers_for(urlsplit(getattr(self, "path", "/")).path)
        if code >= HTTPStatus.BAD_REQUEST:
            headers["Cache-Control"] = ASK_FIRST
        elif self._text_asked_for():
            headers["Vary"] = "Accept-Encoding"
        for name, value in headers.items():
            self.send_header(name, value)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


class SiteServer(ThreadingHTTPServer):
    """A server that a browser may leave in the middle of an answer."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of a connection that the browser gave up."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def site_server(folder: Path, port: int) -> SiteServer:
    """A server of ``folder`` that listens but does not run yet; port 0 takes any free one."""
    _check_site(folder)
    try:
        return SiteServer((HOST, port), partial(SiteHandler, directory=str(folder)))
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        reason = "is taken by another program" if error.errno == errno.EADDRINUSE else "is not yours to use"
        raise InputError(f"Port {port} {reason}. Try: featviz serve {folder} --port {_free_port()}") from error


def serve(folder: Path, port: int) -> None:
    """Serves ``folder`` until Ctrl-C."""
    with site_server(folder, port) as server:
        click.echo(f"Serving {folder} at http://{HOST}:{server.server_port}/ (Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo()


@lru_cache(maxsize=256)
def _gzipped(file: Path, changed_ns: int) -> bytes:
    """The file as it was at that time, compressed once."""
    return gzip.compress(file.read_bytes(), 9, mtime=0)


def _accepts_gzip(accepted: str | None) -> bool:
    """Whether an Accept-Encoding header names gzip, and not with the weight 0."""
    for offer in (accepted or "").lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "").rstrip("0") not in ("q=", "q=0.")
    return False


def _check_site(folder: Path) -> None:
    if not folder.is_dir():
        raise BundleError(f"There is no folder {folder}. Make a site first: featviz demo --out {folder}")
    for name in (MANIFEST, "index.html"):
        if not (folder / name).is_file():
            raise BundleError(
                f"{folder} is no featviz site: it has no {name}. Name the folder that featviz demo or build wrote."
            )


def _free_port() -> int:
    with ThreadingHTTPServer((HOST, 0), SiteHandler) as server:
        return server.server_port
