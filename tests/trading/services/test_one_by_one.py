"""What one question fails on does not keep the others from being asked; a venue that is away is not asked for ever."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, OperationalError

from trading.errors import NotReached
from trading.services.one_by_one import ask_each

REFUSED, SILENT = -1, -10
# What the venue refuses at once, and what it leaves unanswered for ten seconds.


class Venue:
    """Answers each thing with its number, refuses those below 0; who was asked about, and the time that this took."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.now = datetime(2026, 11, 21, tzinfo=UTC)

    def clock(self) -> datetime:
        return self.now

    def ask(self, thing: int) -> int:
        self.asked.append(thing)
        self.now += timedelta(seconds=10 * (thing == SILENT))
        if thing < 0:
            raise NotReached(venue="Paper", error="503", detail=f"number {len(self.asked)}")
        return thing


@pytest.mark.parametrize(("things", "total"), [([], 0), ([4], 4), ([1, 2, 3], 6)])
def test_every_answer_counts(things: list[int], total: int) -> None:
    venue = Venue()
    assert ask_each(things, venue.ask, clock=venue.clock) == total


@pytest.mark.parametrize(
    ("things", "asked", "last"),
    [
        ([REFUSED, 2, 3], 3, 1),
        ([REFUSED, REFUSED, REFUSED, 4], 4, 3),  # it answers, though not what we want to hear
        ([SILENT, 2, SILENT, 4], 4, 3),
        ([SILENT, REFUSED, SILENT, 4], 4, 3),
        ([SILENT, SILENT, 3], 2, 2),  # two time-outs in a row: it is away
        ([1, SILENT, SILENT, 4], 3, 3),
    ],
)
def test_a_failure_is_raised_at_the_end_and_two_time_outs_in_a_row_are_the_end(
    things: list[int], asked: int, last: int
) -> None:
    venue = Venue()
    with pytest.raises(NotReached, match=rf"number {last}\b"):
        ask_each(things, venue.ask, clock=venue.clock)
    assert venue.asked == things[:asked]


@pytest.mark.parametrize("fault", [ArithmeticError, DataError, KeyError, TypeError, ValueError])
def test_what_we_fail_on_is_told_by_name_and_the_others_are_asked(
    caplog: pytest.LogCaptureFixture, fault: type[Exception]
) -> None:
    venue = Venue()

    def ask(thing: tuple[str, int]) -> int:
        if thing[0] == "ETH/USDT":
            raise fault("nobody thought of this")
        return venue.ask(thing[1])

    assert ask_each([("ETH/USDT", 5), ("BTC/USDT", 2), ("SOL/USDT", 3)], ask, clock=venue.clock) == 5
    (record,) = caplog.records
    assert (record.message.split(":")[0], record.exc_info is None) == ("ETH/USDT", False)


def test_a_venue_that_cannot_be_asked_is_told_of_though_we_fail_on_another_thing() -> None:
    venue = Venue()

    def ask(thing: int) -> int:
        return venue.ask(thing) // (thing - 2)

    with pytest.raises(NotReached):
        ask_each([2, REFUSED, 2, 3], ask, clock=venue.clock)
    assert venue.asked == [2, REFUSED, 2, 3]


def test_a_database_that_is_away_ends_it() -> None:
    def ask(thing: int) -> int:
        raise OperationalError

    with pytest.raises(OperationalError):
        ask_each([1, 2], ask, clock=Venue().clock)
