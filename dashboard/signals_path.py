"""The way of one alert, step by step: accepted, decided, orders, sent, filled; with how long each took. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.domain.order_state import TERMINAL, OrderState
from trading.domain.vocabulary import Purpose

BRINGS_ORDERS = frozenset({"ENTERED", "PYRAMIDED", "EXITED", "REDUCED", "REVERSED"})
WAITS = frozenset({"QUEUED"})
DONE, NOW, STOPPED, AHEAD = "done", "now", "stopped", "ahead"


@dataclass(frozen=True, slots=True)
class Sent:
    """An order as the way tells it."""

    purpose: str
    state: str
    created_at: datetime
    submitted_at: datetime | None
    filled_qty: Decimal


@dataclass(frozen=True, slots=True)
class Step:
    """One step: done, now, stopped or ahead. after_secs: since the alert was received."""

    name: str
    state: str
    words: str
    at: datetime | None = None
    after_secs: float | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """What is known of an alert, as the steps need it."""

    received_at: datetime
    decided_at: datetime | None
    outcome: str
    refused: bool  # its outcome is a refusal
    orders: tuple[Sent, ...] = ()


def steps(way: Way) -> tuple[Step, ...]:
    """Accepted, decided, and where orders follow also those; the first that is not done is where it stands."""
    accepted = Step("accepted", DONE, "stored; from here on it is decided exactly once", way.received_at, 0.0)
    decided = _decided(way)
    if decided.state == STOPPED or (way.outcome and way.outcome not in BRINGS_ORDERS | WAITS):
        return (accepted, decided)
    return (accepted, decided, *_orders(way))


def _decided(way: Way) -> Step:
    if not way.outcome:
        return Step("decided", NOW, "being decided")
    state = STOPPED if way.refused else DONE
    words = f"{way.outcome}, it ends here" if way.refused else way.outcome
    return Step("decided", state, words, way.decided_at, since(way, way.decided_at))


def _orders(way: Way) -> tuple[Step, ...]:
    """Orders written, sent, filled; ahead while nothing is decided or the signal waits."""
    if not way.orders:
        waits = "waits in the queue" if way.outcome in WAITS else "none yet"
        state = NOW if way.outcome else AHEAD
        return (Step("orders", state, waits), Step("sent", AHEAD, ""), Step("filled", AHEAD, ""))
    first = min(order.created_at for order in way.orders)
    count = f"{len(way.orders)} {'order' if len(way.orders) == 1 else 'orders'}"
    return (Step("orders", DONE, count, first, since(way, first)), _sent(way), _filled(way.orders))


def _sent(way: Way) -> Step:
    times = [order.submitted_at for order in way.orders if order.submitted_at is not None]
    if not times:
        dropped = all(order.state == OrderState.DROPPED for order in way.orders)
        return Step("sent", STOPPED if dropped else NOW, "dropped, none was sent" if dropped else "waiting to be sent")
    words = f"{len(times)} of {len(way.orders)}, the first"
    state = DONE if len(times) == len(way.orders) else NOW
    return Step("sent", state, words, min(times), since(way, min(times)))


def _filled(orders: Sequence[Sent]) -> Step:
    filled = sum(order.state == OrderState.FILLED for order in orders)
    partly, over = any(order.filled_qty for order in orders), all(order.state in TERMINAL for order in orders)
    over = over and any(order.submitted_at for order in orders)
    state = (DONE if partly else STOPPED) if over else NOW if partly else AHEAD
    rest = ", the rest ended unfilled" if over and filled < len(orders) else ""
    return Step(
        "filled", state, f"{filled} of {len(orders)}" + (", one partly" if partly and not filled else "") + rest
    )


def since(way: Way, at: datetime | None) -> float | None:
    """Seconds from the alert's arrival; None where it has not happened."""
    return None if at is None else max(0.0, (at - way.received_at).total_seconds())


def own(orders: Iterable[Sent], *, entered: bool) -> tuple[Sent, ...]:
    """Of an entry its entry orders, of an exit those that close."""
    return tuple(order for order in orders if (order.purpose == Purpose.ENTRY) is entered)
