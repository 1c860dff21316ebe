"""A circuit breaker: closed, open after too many errors, half open on trial, closed again. Pure; time is an argument."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class BreakerState(StrEnum):
    """How a breaker stands."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When it opens and how it closes."""

    errors_in_a_row: int = 5
    window: int = 20  # calls
    bad_share: float = 0.5  # of a full window
    wait: timedelta = timedelta(seconds=30)
    trials: int = 3  # successes in a row, half open


POLICY = BreakerPolicy()
GLOBAL_FROM = 3
# So many open components at once, and everything stops: one venue may fail, the machine should not.


@dataclass(frozen=True, slots=True)
class BreakerView:
    """A component and how its breaker stands; recent: the last calls, true where they went well."""

    component: str
    state: BreakerState = BreakerState.CLOSED
    recent: tuple[bool, ...] = ()
    errors: int = 0
    successes: int = 0
    opened_at: datetime | None = None


def noted(view: BreakerView, *, ok: bool, at: datetime, policy: BreakerPolicy = POLICY) -> BreakerView:
    """The breaker after one more call of its component."""
    view = rested(view, at=at, policy=policy)
    recent = (*view.recent, ok)[-policy.window :]
    counted = replace(view, recent=recent, errors=0 if ok else view.errors + 1)
    if view.state is BreakerState.HALF_OPEN:
        return _tried(counted, ok=ok, at=at, policy=policy)
    opens = not ok and view.state is BreakerState.CLOSED and _too_bad(counted, policy)
    return _opened(counted, at) if opens else counted


def _tried(view: BreakerView, *, ok: bool, at: datetime, policy: BreakerPolicy) -> BreakerView:
    """A trial: one error opens it again, enough successes close it with a clean record."""
    if not ok:
        return _opened(view, at)
    successes = view.successes + 1
    return BreakerView(view.component) if successes >= policy.trials else replace(view, successes=successes)


def _opened(view: BreakerView, at: datetime) -> BreakerView:
    return replace(view, state=BreakerState.OPEN, opened_at=at, successes=0)


def _too_bad(view: BreakerView, policy: BreakerPolicy) -> bool:
    full = len(view.recent) == policy.window
    bad = view.recent.count(False) >= policy.bad_share * policy.window
    return view.errors >= policy.errors_in_a_row or (full and bad)


def rested(view: BreakerView, *, at: datetime, policy: BreakerPolicy = POLICY) -> BreakerView:
    """An open breaker that has waited long enough is half open."""
    waited = view.opened_at is not None and at - view.opened_at >= policy.wait
    waited = waited and view.state is BreakerState.OPEN
    return replace(view, state=BreakerState.HALF_OPEN, successes=0) if waited else view


def stops(views: Iterable[BreakerView], *, component: str, at: datetime) -> BreakerView | None:
    """The open breaker that keeps a component's entries away: its own, or enough others; None where they may go on.

    A venue's reads, places and cancels have breakers of their own; each stops it, and they count as one venue.
    """
    shut = [view for view in views if rested(view, at=at).state is BreakerState.OPEN]
    own = next((view for view in shut if component in {view.component, venue_of(view.component)}), None)
    failed = {venue_of(view.component) for view in shut}
    return own or (replace(shut[0], component="everything") if len(failed) >= GLOBAL_FROM else None)


def venue_of(component: str) -> str:
    """`venue:binance:paper` of `venue:binance:paper:reads`; a component without kinds of calls is its own."""
    return ":".join(component.split(":")[:3])
