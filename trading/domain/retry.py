"""When something that failed may be tried again. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=10)
ENTRY_KEPT = timedelta(seconds=60)
# An entry leg that could not be placed for this long is dropped: the alert it stems from is old by then.


class AfterNotPlaced(StrEnum):
    """What follows when an order is proven not to have been placed."""

    AGAIN = "AGAIN"
    DROP = "DROP"


def wait_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: 10 s doubling to 10 min; none after none."""
    return timedelta() if failures <= 0 else min(FIRST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT)


def may_try(*, failures: int, last_failure: datetime | None, now: datetime) -> bool:
    """Whether the wait after the last failure is over."""
    return last_failure is None or now - last_failure >= wait_after(failures)


def after_not_placed(*, opens_position: bool, created_at: datetime, now: datetime) -> AfterNotPlaced:
    """An exit is tried again with a new id; an entry only while it is young."""
    young = now - created_at <= ENTRY_KEPT
    return AfterNotPlaced.AGAIN if not opens_position or young else AfterNotPlaced.DROP
