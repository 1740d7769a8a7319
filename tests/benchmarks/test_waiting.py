"""The figures of the comparison between the time left that is shown and the one that was."""

import pytest

from tests.benchmarks.waiting import Sample, errors, off, report

SAMPLES = [
    Sample(10, "load", 500.0),
    Sample(60, "capture", 44.0),
    Sample(80, "capture", 10.0),
    Sample(90, "effects A", 10.0),
    Sample(97, "site", 0.0),
]
"""Of a build that takes 100 s."""


def test_the_first_minute_and_the_last_seconds_do_not_count() -> None:
    assert [error for _, error in errors(SAMPLES, 100.0, 60.0)] == pytest.approx([0.1, -0.5, 0.0])


def test_what_is_off_by_more_than_a_fifth_is_counted() -> None:
    assert off(SAMPLES, 100.0, 60.0) == pytest.approx(1 / 3)


def test_the_report_tells_stages_apart() -> None:
    lines = report(SAMPLES, 100.0, 60.0)
    assert lines[3].split() == ["capture", "30%", "46%", "-50%", "2"]
    assert lines[-1] == "within 20%: 67% of the moments"


def test_a_short_build_says_that_nothing_counts() -> None:
    assert report(SAMPLES[:1], 30.0, 60.0)[-1] == "The build is over before anything counts."
