"""What is shown and noted while a build runs."""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.console import Console

from featviz import progress
from featviz.progress import Stages
from featviz.usage import Usage, peak_bytes, resident_bytes


def plain() -> tuple[Stages, io.StringIO]:
    said = io.StringIO()
    return Stages(Console(file=said, force_terminal=False, width=200)), said


def terminal() -> tuple[Stages, io.StringIO]:
    drawn = io.StringIO()
    return Stages(Console(file=drawn, force_terminal=True, width=200)), drawn


def test_stages_of_one_name_add_up() -> None:
    stages, _ = plain()
    for _ in range(2):
        with stages.stage("write", 3, "features"):
            sum(range(200_000))
    assert list(stages.used) == ["write"]
    assert stages.total() == Usage(0.0, 0.0, 0) + stages.used["write"]
    assert stages.used["write"].cpu > 0


def test_a_finished_stage_is_one_line() -> None:
    stages, said = plain()
    with stages.live(), stages.stage("capture", 1200, "sequences") as advance:
        advance(1200)
    assert said.getvalue().startswith("capture: 1,200 sequences in ")
    assert said.getvalue().count("\n") == 1


def test_a_long_stage_says_rate_time_left_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 10.0, 40.0, 45.0])
    monkeypatch.setattr("featviz.progress.time.monotonic", lambda: next(clock))
    stages, said = plain()
    with stages.stage("effects A", 1000, "ablations") as advance:
        for _ in range(3):
            advance(200)
    first, _ = said.getvalue().splitlines()
    assert first.startswith("effects A: 400 of 1,000 ablations, 10/s, ")
    assert first.endswith(" GiB, 60 s left")


def test_a_terminal_shows_the_stage_at_work_and_the_whole() -> None:
    stages, drawn = terminal()
    with stages.live(), stages.whole("all of A", 32, "features"):
        assert stages._bars is not None
        with stages.stage("effects A", 1000, "ablations") as advance:
            advance(400)
            stages._bars.refresh()
    shown = drawn.getvalue()
    assert "all of A" in shown
    assert "400/1,000" in shown
    assert "GiB" in shown


def known(l0: Mapping[str, float]) -> Mapping[str, float]:
    """200 s are expected, 300 where it is known how many features fire."""
    return {"capture": 100.0, "effects A": 200.0 if l0 else 100.0}


def test_a_line_says_how_much_of_the_build_is_left() -> None:
    said = io.StringIO()
    stages = Stages(Console(file=said, force_terminal=False, width=200), expected=known)
    with stages.live(), stages.stage("capture", 10, "sequences") as advance:
        advance(10)
    assert said.getvalue().endswith(" s; build: 0%, 100 s left\n".replace("100 s", progress.duration(100)))


def test_what_is_known_of_the_saes_changes_the_time_left() -> None:
    stages = Stages(Console(file=io.StringIO()), expected=known)
    with stages.live():
        before = stages.forecast.left()
        stages.learn({"A": 46.0})
        assert (before, stages.forecast.left()) == (200, 300)


def test_a_terminal_shows_the_whole_build_and_one_time_left_of_it() -> None:
    drawn = io.StringIO()
    stages = Stages(Console(file=drawn, force_terminal=True, width=200), expected=known)
    with stages.live(), stages.whole("all of A", 32, "features") as whole:
        whole(8)
        assert stages._bars is not None
        stages._bars.refresh()
    lines = [line for row in drawn.getvalue().split("\r") for line in row.split("\n")]
    assert any("build" in line and "3 min left" in line for line in lines)
    assert any("8/32 features" in line for line in lines)
    assert not any("all of A" in line and "left" in line for line in lines)


def test_short_calls_of_a_stage_that_has_many_say_nothing() -> None:
    stages, said = plain()
    with stages.live(), stages.stage("write A", 16, "features", part=1 / 64):
        pass
    assert said.getvalue() == ""
    assert "write A" in stages.used


def test_what_an_earlier_run_has_done_is_not_left() -> None:
    stages = Stages(Console(file=io.StringIO()), expected=known)
    with stages.live(), stages.whole("all of A", 32, "features", ["effects A"]) as whole:
        whole(16)
        assert stages.forecast.left() == 150
        with stages.stage("effects A", 10, "ablations"):
            whole(16)
            assert stages.forecast.left() == pytest.approx(150)


def test_the_display_is_gone_after_ctrl_c() -> None:
    stages, drawn = terminal()
    with pytest.raises(KeyboardInterrupt), stages.live(), stages.stage("capture", 10, "sequences"):
        raise KeyboardInterrupt
    assert drawn.getvalue().count("\x1b[?25l") == drawn.getvalue().count("\x1b[?25h") == 1
    assert stages._bars is None


def test_the_profile_holds_every_stage_and_the_total(tmp_path: Path) -> None:
    stages, _ = plain()
    for name in ("load", "capture"):
        with stages.stage(name, 1):
            pass
    stages.write_profile(tmp_path / "profile.json")
    content = json.loads((tmp_path / "profile.json").read_text(encoding="utf-8"))
    assert list(content["stages"]) == ["load", "capture"]
    wall = sum(stage["wall_seconds"] for stage in content["stages"].values())
    assert content["total"]["wall_seconds"] == pytest.approx(wall)
    assert content["total"]["peak_bytes"] > 10**7


def test_the_peak_is_at_least_what_is_resident() -> None:
    assert 10**7 < resident_bytes() <= 1.01 * peak_bytes()


@pytest.mark.parametrize(("seconds", "said"), [(8.4, "8 s"), (99, "99 s"), (150, "2 min"), (36_000, "10.0 h")])
def test_times_left_are_short(seconds: float, said: str) -> None:
    assert progress.duration(seconds) == said
