import hashlib
import json
from pathlib import Path

import pytest

from featviz.bundle.checks.check import check
from featviz.bundle.folder import published_release
from featviz.bundle.reader import Bundle
from featviz.bundle.writer import BundleWriter, remove_old_releases
from featviz.errors import BundleError
from tests.bundle.test_folder import contents
from tests.synthetic import TINY, synthetic_bundle


def write(out: Path, **chunks: bytes) -> str:
    """A release of one chunk an SAE, by the SAE's name."""
    with BundleWriter(out) as writer:
        for sae, data in chunks.items():
            writer.add(sae, 0, data)
        return writer.close()


def releases(out: Path) -> set[str]:
    return {folder.name for folder in (out / "data").iterdir()}


def test_the_release_is_named_by_its_digests(tmp_path: Path) -> None:
    release = write(tmp_path, A=b"one", B=b"two")
    digests = (tmp_path / "data" / release / "digests.json").read_bytes()
    assert release == hashlib.sha256(digests).hexdigest()[:16]
    assert json.loads(digests) == {
        "A/0/0.json.zst": hashlib.sha256(b"one").hexdigest(),
        "B/0/0.json.zst": hashlib.sha256(b"two").hexdigest(),
    }


def test_the_order_of_chunks_does_not_matter(tmp_path: Path) -> None:
    assert write(tmp_path / "1", A=b"one", B=b"two") == write(tmp_path / "2", B=b"two", A=b"one")


def test_other_data_are_another_release(tmp_path: Path) -> None:
    assert write(tmp_path, A=b"one") != write(tmp_path, A=b"two")


def test_bytes_are_counted_by_sae(tmp_path: Path) -> None:
    with BundleWriter(tmp_path) as writer:
        writer.add("A", 0, b"one")
        writer.add("A", 256, b"four")
    assert writer.bytes == {"A": 7}


def test_a_chunk_is_written_once(tmp_path: Path) -> None:
    with BundleWriter(tmp_path) as writer:
        writer.add("A", 0, b"one")
        with pytest.raises(BundleError, match=r"A/0/0.json.zst was written twice"):
            writer.add("A", 0, b"one")


def test_the_same_release_is_kept_as_it_stands(tmp_path: Path) -> None:
    chunk = tmp_path / "data" / write(tmp_path, A=b"one") / "A" / "0" / "0.json.zst"
    before = chunk.stat().st_ino
    write(tmp_path, A=b"one")
    assert chunk.stat().st_ino == before
    assert len(releases(tmp_path)) == 1


def test_a_damaged_release_is_written_again(tmp_path: Path) -> None:
    chunk = tmp_path / "data" / write(tmp_path, A=b"one") / "A" / "0" / "0.json.zst"
    chunk.write_bytes(b"0ne")
    write(tmp_path, A=b"one")
    assert chunk.read_bytes() == b"one"


def test_nothing_shows_before_the_end(tmp_path: Path) -> None:
    with BundleWriter(tmp_path) as writer:
        writer.add("A", 0, b"one")
        assert all(name.startswith(".partial-") for name in releases(tmp_path))
        writer.close()


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_build_leaves_the_old_site_whole(site: Path, interruption: type[BaseException]) -> None:
    before = contents(site)

    def build() -> None:
        with BundleWriter(site) as writer:
            writer.add("A", 0, b"one")
            raise interruption

    with pytest.raises(interruption):
        build()
    assert contents(site) == before
    assert check(site).whole


def test_a_build_that_is_not_closed_leaves_nothing(tmp_path: Path) -> None:
    with BundleWriter(tmp_path) as writer:
        writer.add("A", 0, b"one")
    assert releases(tmp_path) == set()


def test_a_full_disk_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with BundleWriter(tmp_path) as writer, pytest.raises(BundleError, match=r"The disk of .*A/0 is full: 0\.json\.zst"):
        writer.add("A", 0, b"one")


def test_a_manifest_that_cannot_be_written_leaves_the_old_one(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (site / "manifest.json").read_bytes()

    def crash(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", crash)
    with pytest.raises(BundleError, match=r"Cannot write .*: Input/output error"):
        synthetic_bundle(site, features=6, seed=1, chunk_size=2, shape=TINY)
    assert (site / "manifest.json").read_bytes() == before
    assert check(site).whole


def test_a_rebuild_keeps_the_release_before(site: Path) -> None:
    first = published_release(site)
    second = synthetic_bundle(site, features=6, seed=1, chunk_size=2, shape=TINY).release
    assert releases(site) == {first, second}
    third = synthetic_bundle(site, features=6, seed=2, chunk_size=2, shape=TINY).release
    assert releases(site) == {second, third}
    assert Bundle.open(site).manifest.release == third


def test_old_releases_go_and_other_folders_stay(tmp_path: Path) -> None:
    kept, old = write(tmp_path, A=b"one"), write(tmp_path, A=b"two")
    for name in (".partial-dead", "my-own"):
        (tmp_path / "data" / name).mkdir()
    remove_old_releases(tmp_path, keep={kept, None})
    assert old != kept
    assert releases(tmp_path) == {kept, "my-own"}


def test_the_same_records_give_the_same_site(site: Path, tmp_path: Path) -> None:
    synthetic_bundle(tmp_path / "again", features=6, chunk_size=2, shape=TINY)
    assert contents(tmp_path / "again") == contents(site)
