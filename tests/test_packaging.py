"""The built package: what it carries, and that it works outside the repository, without node and without network."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import featviz
from featviz.site.headers import RULES

ROOT = Path(featviz.__file__).parents[1]
DECODER = "site_template/theme/js/vendor/fzstd.js"


def test_netlify_gets_the_headers_that_every_site_carries() -> None:
    settings = tomllib.loads((ROOT / "netlify.toml").read_text("utf-8"))
    assert {rule["for"]: rule["values"] for rule in settings["headers"]} == RULES
    assert settings["build"]["publish"] == "build"


def output_of(command: list[str], cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """What a command prints; one that fails fails the test with all that it said."""
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def without_node(folder: Path) -> dict[str, str]:
    """An environment in which no program but Python and git can be found, and pip may not ask an index."""
    folder.mkdir()
    (folder / "python").symlink_to(sys.executable)
    return {"PATH": str(folder), "HOME": str(folder), "PIP_NO_INDEX": "1", "LANG": os.environ.get("LANG", "C.UTF-8")}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an sdist, and of the wheel built from it."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    output_of(build, env=without_node(tmp_path_factory.mktemp("programs") / "path"))
    return folder


@pytest.fixture(scope="module")
def in_wheel(dist: Path) -> set[str]:
    (wheel,) = dist.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def in_sdist(dist: Path) -> set[str]:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        return {name.split("/", 1)[1] for name in archive.getnames()}


def tracked(folder: str) -> set[str]:
    """The files of ``folder`` that git does not ignore."""
    return set(output_of(["git", "ls-files", "--cached", "--others", "--exclude-standard", folder]).splitlines())


@pytest.mark.packaging
def test_the_wheel_carries_every_file_of_the_package_and_of_the_template(in_wheel: set[str]) -> None:
    template = {f"featviz/{name}" for part in ("docs", "theme") for name in tracked(f"site_template/{part}")}
    metadata = {name for name in in_wheel if ".dist-info/" in name}
    assert in_wheel - metadata == tracked("featviz") | template | {f"featviz/{DECODER}"}


@pytest.mark.packaging
def test_the_decoder_keeps_its_license(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    source = zipfile.ZipFile(wheel).read(f"featviz/{DECODER}").decode()
    assert "MIT License" in source
    assert "Permission is hereby granted" in source


@pytest.mark.packaging
def test_the_sdist_carries_the_decoder_and_the_tests(in_sdist: set[str]) -> None:
    assert {DECODER, "site_template/fetch_decoder.py", "tests/test_packaging.py", ".ci/run", "LICENSE"} <= in_sdist
    assert not [name for name in in_sdist if "node_modules" in name]


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``featviz`` command of the wheel in an environment of its own, which borrows the libraries of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    (wheel,) = dist.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--python", str(folder)]
    output_of([*pip, "install", "--no-index", "--no-deps", "--ignore-installed", str(wheel)])
    return folder / "bin" / "featviz"


@pytest.mark.packaging
def test_all_that_the_wheel_asks_for_is_installed_in_a_version_that_it_takes(installed: Path) -> None:
    command = [sys.executable, "-m", "pip", "--python", str(installed.parents[1]), "check"]
    report = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert [line for line in report.splitlines() if line.startswith("featviz ")] == []


@pytest.mark.packaging
def test_the_demo_runs_from_the_installed_wheel_outside_the_repository(installed: Path, tmp_path: Path) -> None:
    environment = without_node(tmp_path / "path")

    def run(*arguments: str) -> str:
        return output_of([str(installed), *arguments], cwd=tmp_path, env=environment)

    assert "featviz serve site" in run("demo", "--out", "site").splitlines()[-1]
    assert "is whole" in run("check", "site")
    viewer = (tmp_path / "site" / "js" / "viewer.js").read_text("utf-8")
    assert "./vendor/fzstd.js" in viewer
    assert (tmp_path / "site" / "js" / "vendor" / "fzstd.js").is_file()
