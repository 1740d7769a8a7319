"""A little of ``python -m tests.fuzz``, the same each time, and the files that it has found."""

from pathlib import Path

import pytest

from tests.fuzz.corpus import kept
from tests.fuzz.inputs import input_targets
from tests.fuzz.page import fuzz_page, outcomes
from tests.fuzz.run import Tally, fuzz, verdict
from tests.fuzz.targets import Target, bundle_targets


@pytest.fixture
def of_bundle(tmp_path: Path) -> list[Target]:
    return bundle_targets(tmp_path / "site")


@pytest.fixture
def targets(of_bundle: list[Target], tmp_path: Path) -> list[Target]:
    return [*of_bundle, *input_targets(tmp_path / "inputs")]


def test_damaged_files_are_read_or_refused(targets: list[Target]) -> None:
    tally = fuzz(targets, 2_000, seed=1)
    assert tally.failures == []
    assert min(tally.refused[target.name] for target in targets) > 0


def test_the_page_reads_or_refuses_damaged_files(of_bundle: list[Target], tmp_path: Path) -> None:
    tally = fuzz_page(tmp_path / "site", of_bundle, 1_000, seed=2)
    assert tally.failures == []
    assert sum(tally.refused.values()) > 100


def test_what_was_found_is_read_or_refused_since(targets: list[Target]) -> None:
    by_name, tally = {target.name: target for target in targets}, Tally()
    problems = [(name, problem) for name, data in kept() if (problem := verdict(by_name[name], data, tally))]
    assert problems == []
    assert tally.refused.total() + tally.read.total() == len(list(kept())) > 0


def test_the_page_too_reads_or_refuses_what_was_found(of_bundle: list[Target], tmp_path: Path) -> None:
    names = {target.name for target in of_bundle}
    found = [(name, data) for name, data in kept() if name in names]
    assert set(outcomes(tmp_path / "site", found)) <= {"read", "refused"}
