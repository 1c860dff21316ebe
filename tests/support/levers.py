"""Levers on a desk's world: settings, impatience, time that passes, empty books, and faults by name."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.support.factories import PRICES, Desk
from tests.support.paper import PaperExchange
from trading.models import Order, Pyramid

ORDER = {"method": "POST", "path": "/api/v3/order"}
CANCEL = {"method": "DELETE", "path": "/api/v3/order"}
PERP = {"method": "POST", "path": "/fapi/v1/order"}
CONDITIONAL = {"method": "POST", "path": "/fapi/v1/algoOrder"}
# Requests that a fault is planned for.

LOST = "http_503_before_accept"
UNANSWERED = "http_503_after_accept"
# Faults that leave an outcome unknown: the order never arrives; it arrives, and the answer says nothing of it.
# They come at once: a fault that lets the client wait needs an impatient one, and a busy machine outlasts any patience.


def chosen(desk: Desk, **values: object) -> None:
    """Change settings of the account."""
    for name, value in values.items():
        desk.setting(name, value)


def one_leg(desk: Desk) -> Desk:
    """A desk whose grids have one leg: 1 % of 10 000 USDT at the alert's price."""
    chosen(desk, legs=[["0", "100", "1"]])
    return desk


def impatient(desk: Desk, *, timeout_ms: int = 1000) -> Desk:
    """A desk whose gateway gives up on an answer soon."""
    desk.gateway._client.timeout = timeout_ms  # type: ignore[attr-defined]
    return desk


def patient(desk: Desk) -> Desk:
    """A desk whose gateway waits for its answers again."""
    return impatient(desk, timeout_ms=10_000)


def time_passes(**changes: Any) -> None:
    """Undecided orders become old: calls that were under way are over, their signatures dead, look-ups are due."""
    past = {"valid_until": timezone.now() - timedelta(minutes=1), "next_poll_at": timezone.now(), **changes}
    Order.objects.filter(state__in=("SUBMITTING", "UNKNOWN")).update(**past)


def in_this_bar() -> None:
    """No bar ends before the next pyramid is asked for, whatever the clock says: an instant before the last is in its bar."""
    Pyramid.objects.update(created_at=timezone.now() + timedelta(minutes=5))


def clear_books(paper: PaperExchange) -> None:
    """Whatever earlier tests left resting fills, for accounts that nobody looks at any more."""
    paper.faults([])
    paper.prices(
        (symbol, str(int(price) * percent // 100)) for symbol, price in PRICES.items() for percent in (10, 1000, 100)
    )
