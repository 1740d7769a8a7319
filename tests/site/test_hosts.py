from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from featviz.bundle.reader import Bundle
from featviz.bundle.writer import write_manifest
from featviz.cli import HOSTS as NAMES
from featviz.cli import main
from featviz.errors import BundleError
from featviz.site.build import template_folder
from featviz.site.hosts import HOSTS, fit
from tests.synthetic import TINY, synthetic_bundle

PAGES = ("index.html", "feature.html", "404.html", "_headers", ".nojekyll")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Two SAEs of six features, two a chunk, with the pages that hosts need."""
    synthetic_bundle(tmp_path / "site", features=6, chunk_size=2, shape=TINY)
    for page in PAGES:
        (tmp_path / "site" / page).touch()
    return tmp_path / "site"


def limited(monkeypatch: pytest.MonkeyPatch, name: str, **limits: Any) -> None:
    """Lowers a host's limits to what a test can reach."""
    monkeypatch.setitem(HOSTS, name, replace(HOSTS[name], **limits))


def size_of(site: Path, pattern: str = "**/*") -> int:
    return sum(path.stat().st_size for path in site.glob(pattern) if path.is_file())


def refusal(site: Path, name: str) -> str:
    """The one thing that the host would refuse."""
    (only,) = fit(site, name).refusals
    return only


def test_the_command_line_knows_every_host() -> None:
    assert tuple(HOSTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_docs_have_the_commands_for_every_host(name: str) -> None:
    text = (template_folder() / "docs" / "publishing.md").read_text("utf-8")
    section = text.split(f"\n## {HOSTS[name].title}\n")[1].split("\n## ")[0]
    assert f"featviz check build --host {name}" in section


@pytest.mark.parametrize("name", NAMES)
def test_a_small_site_fits_every_host(site: Path, name: str) -> None:
    found = fit(site, name)
    assert found.refusals == []
    assert (found.files, found.bytes) == (sum(path.is_file() for path in site.rglob("*")), size_of(site))


def test_the_published_limits() -> None:
    assert (HOSTS["github"].total, HOSTS["github"].file) == (1_000_000_000, 100_000_000)
    assert (HOSTS["cloudflare"].files, HOSTS["cloudflare"].file) == (20_000, 26_214_400)
    assert (HOSTS["huggingface"].files, HOSTS["huggingface"].entries) == (100_000, 10_000)


def test_a_file_at_the_limit_is_taken_and_one_byte_more_is_not(site: Path) -> None:
    with (site / "video.mp4").open("wb") as file:
        file.truncate(25 * 2**20)
        assert fit(site, "cloudflare").refusals == []
        file.truncate(25 * 2**20 + 1)
    assert refusal(site, "cloudflare").startswith("video.mp4 has 26.2 MB; Cloudflare Pages takes 26.2 MB a file.")


@pytest.mark.parametrize(
    ("pattern", "advice"),
    [
        ("data/*/A/0/0.json.zst", "fewer features a file (--chunk-size is 2)"),
        ("data/*/A/overview.zst", "one site for each SAE"),
    ],
)
def test_data_that_are_too_large_are_told_with_what_to_do(site: Path, pattern: str, advice: str) -> None:
    path = next(site.glob(pattern))
    with path.open("r+b") as file:
        file.truncate(30 * 2**20)
    said = refusal(site, "cloudflare")
    assert said.startswith(path.relative_to(site).as_posix())
    assert advice in said


def test_too_many_files_are_told_with_the_chunk_size_that_fits(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = fit(site, "cloudflare").files
    limited(monkeypatch, "cloudflare", files=files - 3)
    said = refusal(site, "cloudflare")
    assert said == (f"the site has {files} files; Cloudflare Pages takes {files - 3}. Build it with --chunk-size 8.")
    again = tmp_path / "again"
    synthetic_bundle(again, features=6, chunk_size=8, shape=TINY)
    for page in PAGES:
        (again / page).touch()
    assert fit(again, "cloudflare").refusals == []


def test_a_site_of_some_features_is_told_to_have_fewer(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = Bundle.open(site).manifest
    some = [replace(sae, features=[0, 1], chunk_size=1) for sae in manifest.saes]
    write_manifest(site, replace(manifest, saes=some))
    limited(monkeypatch, "cloudflare", files=20)
    assert refusal(site, "cloudflare").endswith("Build it with fewer --features.")


def test_where_no_chunk_size_is_enough_it_is_said(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, "cloudflare", files=3)
    assert "No chunk size makes it fit: build one site for each SAE" in refusal(site, "cloudflare")


@pytest.mark.parametrize("limit", ["files", "total"])
def test_old_releases_that_take_the_room_are_told(site: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    before = {"files": fit(site, "github").files, "total": size_of(site)}[limit]
    synthetic_bundle(site, features=6, chunk_size=2, seed=1, shape=TINY)
    limited(monkeypatch, "github", **{limit: before + 2000 * (limit == "total")})
    assert f"of old releases: run featviz gc {site} --keep 1" in refusal(site, "github")
    CliRunner().invoke(main, ["gc", str(site), "--keep", "1"])
    assert fit(site, "github").refusals == []


def test_a_site_that_is_too_large_is_told_with_what_makes_it_smaller(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, "github", total=size_of(site) - 1)
    assert "fewer windows or shorter ones (per_interval is 1, window 2)" in refusal(site, "github")


def test_a_crowded_folder_is_told(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        (site / "schema").mkdir(exist_ok=True)
        (site / "schema" / str(number)).touch()
    limited(monkeypatch, "huggingface", entries=19)
    assert refusal(site, "huggingface") == (
        "schema holds 20 entries; Hugging Face Spaces takes 19 a folder. Use more folders."
    )


@pytest.mark.parametrize("missing", [".nojekyll", "404.html", "index.html"])
def test_a_file_that_github_needs_is_missed(site: Path, missing: str) -> None:
    (site / missing).unlink()
    assert refusal(site, "github").startswith(f"{missing} is missing.")


def test_a_link_is_refused_where_the_host_takes_none(site: Path, tmp_path: Path) -> None:
    (site / "notes").symlink_to(tmp_path)
    assert "notes is a symbolic link" in refusal(site, "github")
    assert fit(site, "netlify").refusals == []


def test_a_folder_that_is_no_site_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"holds no manifest\.json"):
        fit(tmp_path, "github")


def test_the_command_ends_with_0_where_it_fits_and_1_where_not(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fits = CliRunner().invoke(main, ["check", str(site), "--host", "github"])
    assert fits.exit_code == 0
    assert "GitHub Pages takes it" in fits.stdout
    limited(monkeypatch, "github", total=100)
    refused = CliRunner().invoke(main, ["check", str(site), "--host", "github"])
    assert refused.exit_code == 1
    assert "is whole" in refused.stdout
    assert "GitHub Pages: the site has" in refused.stdout


def test_damage_ends_with_1_though_the_host_takes_it(site: Path) -> None:
    next(site.glob("data/*/A/0/0.json.zst")).write_bytes(b"")
    result = CliRunner().invoke(main, ["check", str(site), "--host", "s3"])
    assert result.exit_code == 1
    assert "S3 takes it" in result.stdout
