"""Whole runs on real models: they fetch hundreds of megabytes and take many minutes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = os.environ.get("FEATVIZ_PRETRAINED", "")


@pytest.mark.skipif(not FOLDER, reason="fetches models for many minutes; FEATVIZ_PRETRAINED=FOLDER runs it")
@pytest.mark.parametrize(
    "arguments", [["stories15m"], ["gemma3-270m", "--sequences", "96", "--steps", "200", "--features", "0-31"]]
)
def test_a_real_model_becomes_a_whole_site(arguments: list[str]) -> None:
    program = [sys.executable, "-m", "tests.pretrained", *arguments, "--out", str(Path(FOLDER).resolve())]
    assert subprocess.run(program, check=False).returncode == 0
