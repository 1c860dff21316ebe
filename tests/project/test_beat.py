"""Beat's rows ring at their intervals, whatever the wall clock says."""

from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery

from celery_app import BEAT
from celery_app import app as ours
from project import beat
from project.beat import FIRST_SECS, Steady

START = 1_000.0
EVERY = {"prices": 2.0, "fits": 300.0}


class Clocks:
    """A monotonic clock that the test moves, and a wall clock apart from it."""

    def __init__(self, app: Celery, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.wall = START, datetime(2026, 3, 1, 12, tzinfo=UTC)
        monkeypatch.setattr(beat.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(app, "now", lambda: self.wall)


class Heard(Steady):
    """Keeps what rings."""

    producer = None

    def __init__(self, app: Celery, clocks: Clocks) -> None:
        super().__init__(app, lazy=True)
        self.clocks, self.rung = clocks, list[tuple[float, str]]()
        self.merge_inplace(app.conf.beat_schedule)

    def apply_entry(self, entry: object, producer: object = None) -> None:
        self.rung.append((self.clocks.now - START, entry.name))  # type: ignore[attr-defined]

    def run(self, secs: float) -> None:
        """As the service does: tick, then sleep for as long as it says."""
        end = self.clocks.now + secs
        while (pause := self.tick()) + self.clocks.now <= end:
            self.clocks.now += pause
        self.clocks.now = end


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    app = Celery("test", set_as_current=False, fixups=[])
    app.conf.beat_schedule = {name: {"task": name, "schedule": secs} for name, secs in EVERY.items()}
    return Heard(app, Clocks(app, monkeypatch))


def times(heard: Heard, name: str) -> list[float]:
    return [at for at, rung in heard.rung if rung == name]


def test_each_row_rings_at_its_interval(heard: Heard) -> None:
    heard.run(610)
    assert times(heard, "prices") == [2.0 * n for n in range(1, 306)]
    assert times(heard, "fits") == [FIRST_SECS, FIRST_SECS + 300, FIRST_SECS + 600]


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(days=-1), timedelta(hours=2)])
def test_a_wall_clock_that_is_set_stops_nothing(heard: Heard, step: timedelta) -> None:
    heard.run(20)
    before = len(times(heard, "prices"))
    heard.clocks.wall += step
    heard.run(20)
    assert len(times(heard, "prices")) == before + 10


def test_time_that_was_slept_through_rings_once(heard: Heard) -> None:
    """A machine that stood still for a minute does not make up for thirty looks at prices."""
    heard.run(10)
    heard.clocks.now += 60
    heard.run(2)
    assert times(heard, "prices")[-3:] == [10.0, 70.0, 72.0]


def test_our_rows_are_rung_by_it() -> None:
    assert ours.conf.beat_scheduler == f"{Steady.__module__}:{Steady.__name__}"
    steady = Steady(ours)
    assert set(steady.schedule) >= set(BEAT)
    assert 0 < steady.tick() <= min(FIRST_SECS, *(row["schedule"] for row in BEAT.values()))
