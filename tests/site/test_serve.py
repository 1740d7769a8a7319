"""The server of one's own machine."""

import gzip
import http.client
import os
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from featviz.errors import BundleError, InputError
from featviz.site.serve import HOST, serve, site_server

FILES = {
    "index.html": "home",
    "manifest.json": "{}",
    "js/viewer.js": "1;",
    "figure.svg": "<svg/>",
    "notes.md": "# Notes",
    "data/0123456789abcdef/A/0/0.json.zst": "chunk",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def connection(site: Path) -> Iterator[http.client.HTTPConnection]:
    with site_server(site, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        client = http.client.HTTPConnection(HOST, server.server_port)
        yield client
        client.close()
        server.shutdown()
        thread.join()


def get(
    connection: http.client.HTTPConnection, path: str, accepted: str = "identity"
) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request("GET", path, headers={"Accept-Encoding": accepted})
    response = connection.getresponse()
    return response, response.read()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/js/viewer.js", "text/javascript; charset=utf-8"),
        ("/manifest.json", "application/json"),
        ("/data/0123456789abcdef/A/0/0.json.zst", "application/zstd"),
        ("/figure.svg", "image/svg+xml"),
        ("/notes.md", "text/markdown; charset=utf-8"),
    ],
)
def test_every_kind_of_file_has_its_media_type(connection: http.client.HTTPConnection, path: str, kind: str) -> None:
    response, _ = get(connection, path)
    assert (response.status, response.headers["Content-Type"]) == (200, kind)


def test_a_permalink_is_served_whatever_its_query(connection: http.client.HTTPConnection) -> None:
    response, body = get(connection, "/index.html?sae=A&feature=3")
    assert (body, response.headers["Cache-Control"]) == (b"home", "no-cache")


def test_data_may_be_kept_for_ever_and_no_encoding_is_claimed(connection: http.client.HTTPConnection) -> None:
    response, body = get(connection, "/data/0123456789abcdef/A/0/0.json.zst")
    assert "immutable" in response.headers["Cache-Control"]
    assert "Content-Encoding" not in response.headers
    assert body == b"chunk"


@pytest.mark.parametrize("path", ["/", "/index.html?feature=3", "/js/viewer.js", "/manifest.json", "/figure.svg"])
def test_text_is_sent_in_gzip_to_who_accepts_it(connection: http.client.HTTPConnection, path: str) -> None:
    plain, body = get(connection, path)
    packed, packed_body = get(connection, path, "br, gzip;q=0.8")
    assert (plain.headers["Content-Encoding"], packed.headers["Content-Encoding"]) == (None, "gzip")
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed_body) == body
    assert packed.headers["Content-Type"] == plain.headers["Content-Type"]


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "gzip; q=0.00", "x-gzips"])
def test_who_does_not_accept_gzip_gets_none(connection: http.client.HTTPConnection, accepted: str) -> None:
    assert get(connection, "/", accepted)[1] == b"home"


def test_a_chunk_is_never_compressed_again(connection: http.client.HTTPConnection) -> None:
    response, body = get(connection, "/data/0123456789abcdef/A/0/0.json.zst", "gzip")
    assert (response.headers["Content-Encoding"], response.headers["Vary"], body) == (None, None, b"chunk")


def test_a_head_request_tells_the_size_of_what_get_sends(connection: http.client.HTTPConnection) -> None:
    _, body = get(connection, "/", "gzip")
    connection.request("HEAD", "/", headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    assert (response.read(), int(response.headers["Content-Length"])) == (b"", len(body))


def test_a_changed_text_is_compressed_anew(connection: http.client.HTTPConnection, site: Path) -> None:
    get(connection, "/", "gzip")
    (site / "index.html").write_text("moved", "utf-8")
    os.utime(site / "index.html", ns=(0, 2_000_000_000))
    assert gzip.decompress(get(connection, "/", "gzip")[1]) == b"moved"


def test_an_unchanged_text_is_not_sent_again(connection: http.client.HTTPConnection) -> None:
    seen = get(connection, "/", "gzip")[0].headers["Last-Modified"]
    connection.request("GET", "/", headers={"Accept-Encoding": "gzip", "If-Modified-Since": seen})
    response = connection.getresponse()
    assert (response.status, response.read()) == (304, b"")


def test_what_is_missing_is_not_cached(connection: http.client.HTTPConnection) -> None:
    response, _ = get(connection, "/data/0123456789abcdef/A/0/9.json.zst")
    assert (response.status, response.headers["Cache-Control"]) == (404, "no-cache")


def test_what_is_missing_is_answered_with_the_site_s_own_page(
    connection: http.client.HTTPConnection, site: Path
) -> None:
    (site / "404.html").write_text("<h1>No such page</h1>")
    response, body = get(connection, "/nowhere")
    assert (response.status, body) == (404, b"<h1>No such page</h1>")


def test_a_connection_serves_more_than_one_request(connection: http.client.HTTPConnection) -> None:
    get(connection, "/")
    kept = connection.sock
    get(connection, "/manifest.json")
    assert kept is not None
    assert connection.sock is kept


@pytest.mark.parametrize("path", ["/js/", "/data/"])
def test_folders_are_not_listed(connection: http.client.HTTPConnection, path: str) -> None:
    assert get(connection, path)[0].status == 404


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret.txt", "/%2e%2e/secret.txt", "/js/../../a", "/link.txt", "/folder/secret.txt"),
        *("//secret.txt", "//../secret.txt", "/%2e%2e%2fsecret.txt", "/..%2fsecret.txt", "/js/..%2f..%2fsecret.txt"),
        *(
            "/%252e%252e/secret.txt",
            "/..%5csecret.txt",
            "/js/..;/../secret.txt",
            "/.%00./secret.txt",
            "/folder//secret.txt",
        ),
        *("/folder/", "/js/%2e%2e/%2e%2e/secret.txt", "/./folder/./secret.txt"),
    ],
)
def test_nothing_outside_the_folder_is_served(
    connection: http.client.HTTPConnection, site: Path, tmp_path: Path, path: str
) -> None:
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    (site / "link.txt").symlink_to(tmp_path / "secret.txt")
    (site / "folder").symlink_to(tmp_path)
    for accepted in ("identity", "gzip"):
        response, body = get(connection, path, accepted)
        assert response.status == 404
        assert b"secret" not in body


def test_only_this_machine_is_answered(site: Path) -> None:
    with site_server(site, 0) as server:
        assert server.server_address[0] == "127.0.0.1"


def test_a_taken_port_names_one_that_is_free(site: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"Port {port} is taken by another program\. Try: .* --port \d+"):
            site_server(site, port)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"no folder .*nowhere"):
        site_server(tmp_path / "nowhere", 0)


@pytest.mark.parametrize("missing", ["manifest.json", "index.html"])
def test_a_folder_that_is_no_site_is_refused_with_what_it_lacks(site: Path, missing: str) -> None:
    (site / missing).unlink()
    with pytest.raises(BundleError, match=f"is no featviz site: it has no {missing}"):
        site_server(site, 0)


def test_serve_prints_the_address_and_ends_on_ctrl_c(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(server: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", interrupted)
    serve(site, 0)
    assert f"at http://{HOST}:" in capsys.readouterr().out


def answers_after(server: ThreadingHTTPServer, leave: bytes) -> int:
    """The status of a whole request after a browser has sent ``leave`` and reset its connection."""
    with socket.create_connection((HOST, server.server_port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(leave)
    later = http.client.HTTPConnection(HOST, server.server_port)
    later.request("GET", "/index.html")
    status = later.getresponse().status
    later.close()
    return status


@pytest.mark.parametrize("leave", [b"", b"GET /ind", b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_a_browser_that_leaves_is_no_error(site: Path, capfd: pytest.CaptureFixture[str], leave: bytes) -> None:
    (site / "big.bin").write_bytes(bytes(20_000_000))
    with site_server(site, 0) as server:
        server.daemon_threads = False  # so that closing the server waits for every answer
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        assert answers_after(server, leave) == 200
        server.shutdown()
        thread.join()
    assert capfd.readouterr().err == ""


def test_another_mistake_is_printed(site: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with site_server(site, 0) as server:
        try:
            raise ValueError("a mistake of ours")
        except ValueError:
            server.handle_error(None, (HOST, 1))
    assert "a mistake of ours" in capfd.readouterr().err
