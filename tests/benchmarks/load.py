"""Many readers at once on nginx, every byte compared: ``python -m tests.benchmarks.load [SITE]``.

Each reader opens a feature as a browser would: page, styles, scripts, manifest, one chunk, the overview; then further
chunks. Needs nginx (Debian: ``apt install nginx-light``). Without a site it makes one of 64 synthetic features.
"""

import asyncio
import hashlib
import json
import random
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import click

from featviz.site.build import build_site
from tests.synthetic import synthetic_bundle

SHELL = ("feature.html", "css/featviz.css", "js/viewer.js", "js/vendor/fzstd.js", "manifest.json")
CONFIG = """daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  types {{ text/html html; text/css css; application/javascript js; application/json json; application/zstd zst; }}
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    root {site};
    error_page 404 /404.html;
    add_header Content-Security-Policy "default-src 'self'" always;
    location /data/ {{ add_header Cache-Control "public, max-age=31536000, immutable"; }}
  }}
}}
"""


@dataclass
class Tally:
    """What all readers met."""

    wrong: Counter[str] = field(default_factory=Counter)
    files: int = 0
    bytes: int = 0
    seconds: list[float] = field(default_factory=list)
    """Of each answer."""


@click.command()
@click.argument("site", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--readers", default=500, show_default=True, help="Readers at once.")
@click.option("--chunks", default=20, show_default=True, help="Chunks that each reads.")
def main(site: Path | None, readers: int, chunks: int) -> None:
    """Let READERS read SITE at once and print what they got. Ends with 1 if any byte was wrong."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    if nginx is None:
        raise click.ClickException("nginx is not installed. On Debian: apt install nginx-light")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        root = (site or _synthetic(folder / "site")).resolve()
        port = _free_port()
        (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, port=port, site=root), "utf-8")
        server = subprocess.Popen([nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")])
        try:
            start = time.perf_counter()
            tally = asyncio.run(_read_all(root, port, readers, chunks))
            _report(tally, readers, time.perf_counter() - start)
        finally:
            server.terminate()
            server.wait()
    if tally.wrong:
        raise SystemExit(1)


async def _read_all(root: Path, port: int, readers: int, chunks: int) -> Tally:
    await _listening(port)
    release = json.loads((root / "manifest.json").read_text("utf-8"))["release"]
    data = [path.relative_to(root).as_posix() for path in sorted((root / "data" / release).rglob("*.zst"))]
    expected = {name: hashlib.sha256((root / name).read_bytes()).digest() for name in (*SHELL, *data)}
    tally = Tally()
    await asyncio.gather(*(_reader(number, port, data, chunks, expected, tally) for number in range(readers)))
    return tally


async def _reader(
    number: int, port: int, data: list[str], chunks: int, expected: dict[str, bytes], tally: Tally
) -> None:
    """One reader on one connection."""
    choose = random.Random(number)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for name in (*SHELL, *choose.choices(data, k=chunks)):
        start = time.perf_counter()
        writer.write(f"GET /{name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        body = await reader.readexactly(int(head.split("content-length: ")[1].split("\r\n")[0]))
        tally.seconds.append(time.perf_counter() - start)
        tally.files += 1
        tally.bytes += len(body)
        if not head.startswith("http/1.1 200") or hashlib.sha256(body).digest() != expected[name]:
            tally.wrong[name] += 1
    writer.close()


async def _listening(port: int) -> None:
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise click.ClickException("nginx does not answer.")


def _report(tally: Tally, readers: int, seconds: float) -> None:
    hundredths = statistics.quantiles(tally.seconds, n=100)
    print(f"{readers:,} readers at once, {tally.files:,} files, {tally.bytes / 1e6:,.0f} MB, in {seconds:.1f} s")
    print(f"answers: median {hundredths[49] * 1e3:.0f} ms, 99th of 100 {hundredths[98] * 1e3:.0f} ms")
    print(f"wrong: {sum(tally.wrong.values())} {dict(tally.wrong.most_common(5)) or ''}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _synthetic(folder: Path) -> Path:
    synthetic_bundle(folder)
    build_site(folder, json.loads((folder / "manifest.json").read_text("utf-8")))
    return folder


if __name__ == "__main__":
    main()
