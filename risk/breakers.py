"""Circuit breakers in rows: each call of a component is noted, and whoever decides asks which stand open."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from project.accounts.models import ExchangeAccount
from project.journal.record import record
from risk.domain.breaker import BreakerState, BreakerView, noted
from risk.models import Breaker

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


def views() -> list[BreakerView]:
    """Every breaker that is not closed."""
    return [view_of(row) for row in Breaker.objects.exclude(state=BreakerState.CLOSED)]


def view_of(row: Breaker) -> BreakerView:
    """A row as a value."""
    state = BreakerState(row.state)
    return BreakerView(row.component, state, tuple(row.recent), row.errors, row.successes, row.opened_at)
