"""The time left, by a clock that the tests turn."""

from collections.abc import Iterator

import pytest

from featviz.forecast import Forecast


class Clock:
    """Says what it was told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def forecast(clock: Clock) -> Forecast:
    """Of a build that is expected to take 200 s."""
    forecast = Forecast(clock)
    forecast.expect({"capture": 80.0, "effects A": 100.0, "records A": 20.0})
    return forecast


def run(forecast: Forecast, clock: Clock, name: str, seconds: float, part: float = 1.0, steps: int = 10) -> None:
    """A call of a stage that goes on evenly and ends."""
    forecast.begin(name, part)
    for step in range(1, steps + 1):
        clock.now += seconds / steps
        forecast.advance(step / steps)
    forecast.end()


def errors(forecast: Forecast, clock: Clock, calls: list[tuple[str, float, float]]) -> Iterator[tuple[float, float]]:
    """When, and how wrong the time left is then, as a share of it; the calls are (stage, seconds, part)."""
    begun, end = clock.now, clock.now + sum(seconds for _, seconds, _ in calls)
    for name, seconds, part in calls:
        forecast.begin(name, part)
        for step in range(50):
            clock.now += seconds / 50
            forecast.advance((step + 1) / 50)
            left, truth = forecast.left(), end - clock.now
            assert left is not None
            if truth > 1:
                yield clock.now - begun, abs(left - truth) / truth
        forecast.end()


def test_before_anything_is_done_it_is_what_is_expected(forecast: Forecast) -> None:
    assert forecast.left() == pytest.approx(200)


def test_where_nothing_is_expected_nothing_is_said(clock: Clock) -> None:
    forecast = Forecast(clock)
    run(forecast, clock, "capture", 10.0)
    assert forecast.left() is None


def test_it_runs_down_between_two_reports(forecast: Forecast, clock: Clock) -> None:
    forecast.begin("capture", 1.0)
    clock.now += 30
    assert forecast.left() == pytest.approx(170)


def test_a_stage_that_overruns_leaves_the_others(forecast: Forecast, clock: Clock) -> None:
    forecast.begin("capture", 1.0)
    clock.now += 1000
    assert forecast.left() == pytest.approx(120)


def test_a_slow_machine_shows_in_what_has_not_begun(forecast: Forecast, clock: Clock) -> None:
    run(forecast, clock, "capture", 240.0)
    assert forecast.left() == pytest.approx(120 * 3, rel=0.1)


def test_a_stage_of_its_own_speed_shows_in_itself(forecast: Forecast, clock: Clock) -> None:
    run(forecast, clock, "capture", 80.0)
    run(forecast, clock, "effects A", 200.0, part=0.5)
    assert forecast.left() == pytest.approx(200 + 20 * 1.8, rel=0.1)


def test_what_an_earlier_run_has_done_is_no_measure_of_speed(forecast: Forecast, clock: Clock) -> None:
    forecast.begin("capture", 1.0)
    for step in range(1, 6):
        clock.now += 0.01
        forecast.advance(step / 10)
    assert forecast.left() == pytest.approx(160, rel=0.01)
    for step in range(6, 11):
        clock.now += 8
        forecast.advance(step / 10)
    forecast.end()
    assert forecast.left() == pytest.approx(120, rel=0.01)


def test_pieces_that_are_read_again_are_done(forecast: Forecast, clock: Clock) -> None:
    forecast.recall(["effects A", "records A", "unknown"], 0.75)
    assert forecast.stage == ""
    assert forecast.left() == pytest.approx(80 + 30)


def test_tiles_that_come_in_a_burst_are_no_earlier_runs(forecast: Forecast, clock: Clock) -> None:
    forecast.begin("capture", 1.0)
    for burst in range(1, 5):
        clock.now += 8
        for tile in range(10):
            forecast.advance(((burst - 1) * 10 + tile + 1) / 100)
    assert forecast.left() == pytest.approx(48 + 120, rel=0.01)


def test_what_is_learnt_on_the_way_replaces_what_was_expected(forecast: Forecast, clock: Clock) -> None:
    run(forecast, clock, "capture", 80.0)
    forecast.expect({"capture": 80.0, "effects A": 300.0, "records A": 20.0})
    assert forecast.left() == pytest.approx(320, rel=0.01)


@pytest.mark.parametrize("slower", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("effects", [0.87, 1.0, 1.15])
def test_after_a_minute_it_is_true_to_a_fifth(clock: Clock, slower: float, effects: float) -> None:
    """On a machine that is slower or faster than thought, with effects in three blocks that cost more or less."""
    expected = {"capture": 120.0, "effects A": 200.0, "records A": 40.0}
    forecast = Forecast(clock)
    forecast.expect(expected)
    calls = [("capture", 120.0 * slower, 1.0)]
    for part in (0.4, 0.4, 0.2):
        calls += [("effects A", 200 * slower * effects * part, part), ("records A", 40 * slower * part, part)]
    late = [error for after, error in errors(forecast, clock, calls) if after > 60]
    assert max(late) < 0.2


def test_the_share_that_has_passed_is_one_at_the_end(forecast: Forecast, clock: Clock) -> None:
    run(forecast, clock, "capture", 80.0)
    assert forecast.share() == pytest.approx(0.4, rel=0.01)
    run(forecast, clock, "effects A", 100.0)
    run(forecast, clock, "records A", 20.0)
    assert forecast.share() == 1
