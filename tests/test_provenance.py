"""Hashes, versions and revisions."""

import hashlib
import platform
from pathlib import Path

import pytest

from featviz import provenance


def test_every_file_of_a_folder_has_its_hash(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "b").write_bytes(b"2")
    (tmp_path / "a").write_bytes(b"1")
    assert provenance.sha256_of_folder(tmp_path) == {
        "a": hashlib.sha256(b"1").hexdigest(),
        "onnx/b": hashlib.sha256(b"2").hexdigest(),
    }


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / ".gitattributes").touch()
    assert provenance.sha256_of_folder(tmp_path) == {}


def test_versions_name_python_and_what_computes() -> None:
    versions = provenance.versions()
    assert versions["python"] == platform.python_version()
    assert {"torch", "transformer_lens", "numpy", "zstandard"} <= versions.keys()


def fake_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changes: str) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "featviz" / "provenance.py"))
    answers = {"rev-parse": "0123abc\n", "status": changes}
    monkeypatch.setattr(provenance, "_git", lambda folder, verb, *rest: answers[verb])


def test_a_clean_checkout_is_its_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_git(monkeypatch, tmp_path, "")
    assert provenance.git_revision() == "0123abc"


def test_a_changed_checkout_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_git(monkeypatch, tmp_path, " M featviz/cli.py\n")
    assert provenance.git_revision() == "0123abc+"


def test_an_installed_package_has_no_revision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "site-packages" / "featviz" / "provenance.py"))
    assert provenance.git_revision() is None


def test_without_git_there_is_no_revision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_git(monkeypatch, tmp_path, "")

    def missing(folder: Path, *arguments: str) -> str:
        raise FileNotFoundError("git")

    monkeypatch.setattr(provenance, "_git", missing)
    assert provenance.git_revision() is None
