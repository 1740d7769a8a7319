"""What a Ray cluster is given; ``python -m tests.benchmarks.ray_cluster`` builds on a real one and kills a worker."""

import io
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from featviz.errors import BundleError, FeatvizError, InputError
from featviz.pipeline.ray_engine import build_on_ray, everywhere
from featviz.pipeline.ray_progress import Board, TellingStages, Together
from featviz.pipeline.work import DRIVER, claimed_work
from featviz.progress import Stages
from featviz.settings import Settings
from tests.pipeline.resumable import data, settings
from tests.tiny import Tiny


def cluster(resources: dict[str, float], asked: dict[str, Any]) -> SimpleNamespace:
    """Stands for Ray: does each share when its result is waited for, the last one first."""

    def remote(**needs: Any) -> Callable[[Any], Any]:
        return lambda what: actor(what) if isinstance(what, type) else share(what, needs)

    def actor(kind: type) -> SimpleNamespace:
        board = kind()
        tell, said = (SimpleNamespace(remote=getattr(board, name)) for name in ("tell", "said"))
        return SimpleNamespace(remote=lambda: SimpleNamespace(tell=tell, said=said))

    def share(work: Any, needs: dict[str, Any]) -> SimpleNamespace:
        asked.update(needs)
        return SimpleNamespace(remote=lambda *share: lambda: work(*share))

    return SimpleNamespace(
        init=lambda address, **rest: asked.update(address=address),
        cluster_resources=lambda: resources,
        remote=remote,
        wait=lambda waiting, **how: (waiting[-1:], waiting[:-1]),
        get=lambda done: [share() for share in done] if isinstance(done, list) else done,
        shutdown=lambda: asked.update(ended=True),
        exceptions=SimpleNamespace(RayTaskError=NeverRaised, RayError=NeverRaised),
    )


class NeverRaised(Exception):
    """Stands for Ray's."""


def test_every_share_is_done_and_the_bytes_are_the_same(
    files: Tiny, tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setitem(sys.modules, "ray", cluster({"CPU": 6.0}, asked))
    build_on_ray(settings(files, tmp_path / "build"), "somewhere")
    assert asked == {"address": "somewhere", "max_retries": 20, "num_cpus": 2, "ended": True}
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


def test_an_address_where_nothing_listens_is_told(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setitem(sys.modules, "ray", cluster({"CPU": 6.0}, asked))
    with pytest.raises(InputError, match=r"No Ray cluster answers at --address 127\.0\.0\.1:1: .*refused"):
        build_on_ray(settings(files, tmp_path / "build"), "127.0.0.1:1")
    assert not asked


def failing(error: Exception) -> Callable[..., Any]:
    def get(done: Any) -> Any:
        raise error

    return get


def test_what_ends_a_share_is_told_as_it_was(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = cluster({"CPU": 2.0}, {})
    there.exceptions.RayTaskError = type("RayTaskError", (Exception,), {"cause": FeatvizError("The disk is full.")})
    there.get = failing(there.exceptions.RayTaskError("a traceback of another process"))
    monkeypatch.setitem(sys.modules, "ray", there)
    with pytest.raises(FeatvizError) as refused:
        build_on_ray(settings(files, tmp_path / "build"))
    assert str(refused.value) == "The disk is full."


def test_a_share_that_is_lost_too_often_is_told(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = cluster({"CPU": 2.0}, {})
    there.exceptions.RayError = type("RayError", (Exception,), {})
    there.get = failing(there.exceptions.RayError("The worker died.\nMany more lines"))
    monkeypatch.setitem(sys.modules, "ray", there)
    with pytest.raises(FeatvizError, match=r"given up .*: The worker died\. Finished work is kept in .*build\.work"):
        build_on_ray(settings(files, tmp_path / "build"))


def test_two_drivers_at_once_are_refused(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", cluster({"CPU": 2.0}, {}))
    given = settings(files, tmp_path / "build", work=str(tmp_path / "work"))
    with claimed_work(tmp_path / "work", name=DRIVER), pytest.raises(BundleError, match="Another featviz is writing"):
        build_on_ray(given)


def test_bars_show_what_the_workers_do_together() -> None:
    drawn = io.StringIO()
    stages, board = Stages(Console(file=drawn, force_terminal=True, width=200)), Board()
    with stages.live():
        together = Together(stages)
        for piece, done in enumerate((10, 20)):
            teller = TellingStages(tell=partial(board.tell, piece))
            with teller.stage("effects A", 50, "ablations") as advance:
                teller._told_at = -1.0
                advance(done)
                together.show(board.said())
        assert stages._bars
        assert [(task.completed, task.total) for task in stages._bars.tasks] == [(30, 100)]
        together.show({})
        assert not stages._bars.tasks
