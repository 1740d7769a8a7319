"""The time left that a build shows runs down to nothing, whoever has done the work."""

import io
from pathlib import Path

from rich.console import Console

from featviz.pipeline.build import build
from featviz.plan.expect import expectation
from featviz.progress import Stages
from tests.comparison import settings_of
from tests.tiny import Tiny


def test_all_stages_are_expected_and_come_to_nothing_left(files: Tiny, tmp_path: Path) -> None:
    settings = settings_of(files, out=str(tmp_path / "out"))
    for run in ("first", "again from finished pieces"):
        stages = Stages(Console(file=io.StringIO()), expected=expectation(settings))
        build(settings, stages=stages)
        assert stages.expected is not None, run
        assert set(stages.used) <= set(stages.expected({})), run
        left = stages.forecast.left()
        assert left is not None, run
        assert left < 1e-6, run


def test_a_build_whose_sizes_cannot_be_read_says_nothing(files: Tiny, tmp_path: Path) -> None:
    assert expectation(settings_of(files, sae=str(tmp_path / "nowhere"))) is None
