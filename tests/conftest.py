"""What several test files share: the tiny model, and its records by both paths, made once.

Torch is imported by the fixtures, so that tests that do not need it start at once. While tests run, the shapes in the
signatures are checked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from jaxtyping import install_import_hook

SHAPED = ("capture", "effects", "pipeline", "select", "sources", "statistics")
"""The parts of featviz whose signatures name shapes."""

LONGEST = (
    "test_packaging.py",
    "browser/test_accessibility.py",
    "pipeline/test_resume.py",
    "browser/test_flips.py",
    "docs/test_commands.py",
    "browser/test_hostile_fields.py",
    "pipeline/test_worker.py",
    "pipeline/test_build.py",
    "browser/test_layout.py",
)
"""Files that take a minute: where several processes run the tests, none is left alone with one of these at the end."""

os.environ["TRITON_INTERPRET"] = "1"
"""Triton's kernels are run by its interpreter, on a CPU; it looks when torch imports it, so before all else."""

os.environ.setdefault("OMP_NUM_THREADS", "1")
"""featviz starts threads of its own and gives torch one; more would wait for each other, where tests share cores."""

install_import_hook([f"featviz.{part}" for part in SHAPED], "beartype.beartype")
hypothesis.settings.register_profile("featviz", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("featviz")

if TYPE_CHECKING:
    from featviz.sources.model import LanguageModel
    from tests.comparison import Compared
    from tests.tiny import Tiny


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files of `LONGEST` come before all others."""
    here = Path(__file__).parent
    order = {here / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


@pytest.fixture(scope="session", autouse=True)
def nobody_pulls_the_plug() -> Iterator[None]:
    """No file has to reach the disk: to wait for that takes longer than the rest of a small build."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)
        yield


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """The tiny model, its SAEs and its tokens."""
    from tests import tiny

    return tiny.make(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def model(files: Tiny) -> LanguageModel:
    """The tiny model, loaded."""
    from featviz.sources.model import LanguageModel

    return LanguageModel.load(str(files.model))


@pytest.fixture(scope="session")
def both_paths(files: Tiny) -> dict[str, Compared]:
    """Every record of both tiny SAEs under the default settings."""
    from tests.comparison import compare, settings_of
    from tests.tiny import D_SAE

    return compare(files, settings_of(files), range(D_SAE))
