"""Circuit breakers in rows: each call of a component is noted, and whoever decides asks which stand open."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from project.accounts.models import ExchangeAccount
from project.journal.record import record
from project.reads import Read
from risk.domain.breaker import BreakerState, BreakerView, noted, rested, stops
from risk.models import Breaker

NOT_CLOSED = Read(lambda: Breaker.objects.exclude(state=BreakerState.CLOSED))
PLACES = "places"
# A venue's calls are counted apart: reads, places, cancels.
TRUSTED_FOR = timedelta(seconds=1)
# So long a process takes a component that worked for one that works, without asking its row.
DOUBTED = ~Q(state=BreakerState.CLOSED) | Q(recent__contains=[False])


def of_account(account: ExchangeAccount) -> str:
    """The component that an account's orders pass: its venue, in its environment."""
    return f"venue:{account.venue}:{account.environment}"


def note(component: str, *, ok: bool, at: datetime) -> BreakerState:
    """Count one call. Of a component that works, and has for a whole window, nothing is written."""
    if ok and not Breaker.objects.filter(DOUBTED, component=component).exists():
        return BreakerState.CLOSED
    with transaction.atomic():
        Breaker.objects.get_or_create(component=component)
        row = Breaker.objects.select_for_update(no_key=True).get(component=component)
        before, view = row.state, noted(view_of(row), ok=ok, at=at)
        row.state, row.recent, row.errors = view.state, list(view.recent), view.errors
        row.successes, row.opened_at = view.successes, view.opened_at
        row.save()
        if before != view.state:
            payload = {"from": before, "to": view.state, "errors": view.errors}
            record("risk.breaker", subject=f"component:{component}", payload=payload)
        return view.state


_trusted: dict[str, datetime] = {}


def note_call(component: str, *, ok: bool, at: datetime) -> None:
    """Count one of many calls: what works is asked about once a second, what fails is written at once."""
    if ok and component in _trusted and timedelta() <= at - _trusted[component] < TRUSTED_FOR:
        return
    closed = note(component, ok=ok, at=at) is BreakerState.CLOSED
    if ok and closed and not Breaker.objects.filter(DOUBTED, component=component).exists():
        _trusted[component] = at
    else:
        _trusted.pop(component, None)


def stops_entries(component: str, *, at: datetime) -> bool:
    """Whether an open breaker keeps a component's entries away."""
    return stops(views(), component=component, at=at) is not None


def is_open(component: str, *, at: datetime) -> bool:
    """Whether this one breaker stands open, and its wait is not over."""
    mine = (view for view in views() if view.component == component)
    return any(rested(view, at=at).state is BreakerState.OPEN for view in mine)


def views() -> list[BreakerView]:
    """Every breaker that is not closed."""
    return [view_of(row) for row in NOT_CLOSED()]


def view_of(row: Breaker) -> BreakerView:
    """A row as a value."""
    state = BreakerState(row.state)
    return BreakerView(row.component, state, tuple(row.recent), row.errors, row.successes, row.opened_at)
