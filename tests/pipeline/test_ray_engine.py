"""What a Ray cluster is given; ``python -m tests.benchmarks.ray_cluster`` builds on a real one and kills a worker."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from featviz.errors import InputError
from featviz.pipeline.ray_engine import build_on_ray, everywhere
from featviz.settings import Settings
from tests.pipeline.resumable import data, settings
from tests.tiny import Tiny


def cluster(resources: dict[str, float], asked: dict[str, Any]) -> SimpleNamespace:
    """Stands for Ray: does each share when its result is waited for, the last one first."""

    def remote(**needs: Any) -> Callable[[Any], Any]:
        asked.update(needs)
        return lambda work: SimpleNamespace(remote=lambda *share: lambda: work(*share))

    return SimpleNamespace(
        init=lambda address, **rest: asked.update(address=address),
        cluster_resources=lambda: resources,
        remote=remote,
        wait=lambda waiting: ([waiting[-1]], waiting[:-1]),
        get=lambda done: [share() for share in done],
        shutdown=lambda: asked.update(ended=True),
    )


def test_every_share_is_done_and_the_bytes_are_the_same(
    files: Tiny, tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setitem(sys.modules, "ray", cluster({"CPU": 6.0}, asked))
    build_on_ray(settings(files, tmp_path / "build"), "somewhere:6379")
    assert asked == {"address": "somewhere:6379", "max_retries": -1, "num_cpus": 2, "ended": True}
    assert data(tmp_path / "build") == whole


def test_a_cluster_without_gpus_is_told(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setitem(sys.modules, "ray", cluster({"CPU": 6.0}, asked))
    with pytest.raises(InputError, match="nothing for --device cuda: it has CPU"):
        build_on_ray(settings(files, tmp_path / "build", device="cuda"))
    assert asked["ended"]


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"featviz\[ray\]"):
        build_on_ray(Settings())


def test_paths_mean_the_same_on_every_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sae").mkdir()
    monkeypatch.chdir(tmp_path)
    shared = everywhere(Settings(model="gpt2", sae=("L8=sae", "owner/name/path"), tokens="", out="build"))
    assert (shared.model, shared.tokens) == ("gpt2", "")
    assert shared.sae == (f"L8={tmp_path / 'sae'}", "owner/name/path")
    assert shared.work == str(tmp_path / "build.work")
