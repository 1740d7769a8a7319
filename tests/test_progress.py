"""What is shown and noted while a build runs."""

import io
import json
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
    assert first.startswith("effects A: 400 of 1,000 ablations, 10/s, 60 s left, ")
    assert first.endswith(" GiB")


def test_a_terminal_shows_the_stage_at_work_and_the_whole() -> None:
    stages, drawn = terminal()
    with stages.live(), stages.whole("all of A", 32, "features"):
        assert stages._bars is not None
        with stages.stage("effects A", 1000, "ablations") as advance:
            advance(400)
            stages._bars.refresh()
    shown = drawn.getvalue()
    assert "all of A" in shown
    assert "400/1000" in shown
    assert "GiB" in shown


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
