"""A little of ``python -m tests.fuzz``, the same each time."""

from pathlib import Path

from tests.fuzz.page import fuzz_page
from tests.fuzz.run import fuzz
from tests.fuzz.targets import bundle_targets, input_targets


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    targets = [*bundle_targets(tmp_path / "site"), *input_targets(tmp_path / "inputs")]
    tally = fuzz(targets, 1_400, seed=1)
    assert tally.failures == []
    assert min(tally.refused[target.name] for target in targets) > 0


def test_the_page_reads_or_refuses_damaged_files(tmp_path: Path) -> None:
    targets = bundle_targets(tmp_path / "site")
    tally = fuzz_page(tmp_path / "site", targets, 1_000, seed=2)
    assert tally.failures == []
    assert sum(tally.refused.values()) > 100
