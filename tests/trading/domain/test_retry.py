"""Waiting doubles up to its limit; only exits are tried again for ever."""

from datetime import UTC, datetime, timedelta

import pytest

from trading.domain.retry import AfterNotPlaced, after_not_placed, may_try, wait_after

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("failures", "secs"), [(0, 0), (1, 10), (2, 20), (3, 40), (6, 320), (7, 600), (100, 600)])
def test_the_wait_doubles_up_to_ten_minutes(failures: int, secs: int) -> None:
    assert wait_after(failures) == timedelta(seconds=secs)


@pytest.mark.parametrize(
    ("failures", "ago", "may"), [(0, None, True), (1, 9, False), (1, 10, True), (2, 19, False), (2, 20, True)]
)
def test_a_try_waits_for_the_last_failure(failures: int, ago: int | None, may: bool) -> None:
    last = None if ago is None else NOON - timedelta(seconds=ago)
    assert may_try(failures=failures, last_failure=last, now=NOON) is may


@pytest.mark.parametrize(
    ("opens", "age", "after"),
    [
        (True, 60, AfterNotPlaced.AGAIN),
        (True, 61, AfterNotPlaced.DROP),
        (False, 9999, AfterNotPlaced.AGAIN),
    ],
)
def test_an_old_entry_is_dropped_and_an_exit_is_not(opens: bool, age: int, after: AfterNotPlaced) -> None:
    created = NOON - timedelta(seconds=age)
    assert after_not_placed(opens_position=opens, created_at=created, now=NOON) is after


def test_rows_keep_these_words() -> None:
    assert [word.value for word in AfterNotPlaced] == [word.name for word in AfterNotPlaced]
