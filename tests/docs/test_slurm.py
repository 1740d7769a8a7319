"""The SLURM script in the page on large runs, as SLURM runs it: once for each task of the array."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from featviz.bundle.checks.check import check
from featviz.cli import main
from featviz.site.build import template_folder
from tests.docs.worlds import stand_ins
from tests.tiny import Tiny

PAGE = (template_folder() / "docs" / "large.md").read_text("utf-8")
SCRIPT = re.search(r"^```\n(#!/bin/bash\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NOTE = '#!/bin/bash\nprintf "%s\\n" "$@" >> "$NOTED"\n'
"""Stands for featviz: writes down what it is given."""


def task(folder: Path, number: int, **environment: str) -> list[str]:
    """What one task of the array has featviz do."""
    assert SCRIPT
    for name, text in (("work.sh", SCRIPT[1]), ("featviz", NOTE)):
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    noted = folder / f"noted-{number}"
    given = {"PATH": f"{folder}:{os.environ['PATH']}", "NOTED": str(noted), "SLURM_ARRAY_TASK_ID": str(number)}
    subprocess.run(["bash", folder / "work.sh"], check=True, env=given | environment)
    return noted.read_text(encoding="utf-8").split()


def asked(option: str) -> str:
    """What the script asks of SLURM."""
    assert SCRIPT
    (value,) = re.findall(rf"^#SBATCH.* --{option}=(\S+)", SCRIPT[1], re.MULTILINE)
    return str(value)


def test_every_task_has_a_share_and_together_they_are_all(tmp_path: Path) -> None:
    first, last = map(int, asked("array").split("-"))
    pieces = [task(tmp_path, number, SLURM_ARRAY_TASK_COUNT=str(last + 1))[-1] for number in range(first, last + 1)]
    assert pieces == [f"{number}/{last + 1}" for number in range(last + 1)]


def test_one_share_alone_is_the_same_share(tmp_path: Path) -> None:
    assert task(tmp_path, 3, SLURM_ARRAY_TASK_COUNT="1", PIECES="8")[-1] == "3/8"


def test_each_task_has_a_log_of_its_own_that_outlives_a_requeue() -> None:
    assert {"%A", "%a"} <= set(re.findall("%.", asked("output")))
    assert asked("open-mode") == "append"


def test_what_the_tasks_do_makes_a_site(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stand_ins(tmp_path, files)
    settings = 'model = "my-model"\nsae = "my-sae"\ntokens = "text.txt"\n'
    (tmp_path / "featviz.toml").write_text(settings, encoding="utf-8")
    shares = [task(tmp_path, number, SLURM_ARRAY_TASK_COUNT="2") for number in (1, 0)]
    (finish,) = re.findall(r'--wrap "featviz (.*)"', PAGE)
    for words in [*shares, finish.split()]:
        done = CliRunner().invoke(main, ["cpu" if word == "cuda" else word for word in words])
        assert done.exit_code == 0, done.output
    assert check(tmp_path / "build").whole
