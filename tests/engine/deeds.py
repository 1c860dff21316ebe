"""What processes do in a race, each on a connection and with a gateway of its own; and how to look at what came of it."""

import threading
from collections.abc import Callable

from django.utils import timezone

from signals.models import Alert
from tests.support.factories import Desk
from tests.support.races import Worker, worker
from trading.models import Order, PositionGroup
from trading.services import cancel, connect, exits_sweep, fills, queue, reconcile, submit

INTERVALS = ("1", "3", "5", "15", "30", "60")
BUY = {"symbol": "BTCUSDT", "action": "buy", "price": "59900"}
EXIT = {"symbol": "BTCUSDT", "action": "exit", "interval": "60"}

DOOR = threading.Lock()
# One door stores alerts: who has the lower id was there first.

Deed = Callable[[], object]


def says(at: Worker, **fields: str) -> Deed:
    """An alert comes in and its bell is heard."""

    def deed() -> str:
        with DOOR:
            alert = at.alert(**fields)
        at.decide()
        alert.refresh_from_db()
        return alert.outcome

    return deed


def sweeps(at: Worker) -> Deed:
    return lambda: exits_sweep.sweep(at.account.pk, now=timezone.now())


def queue_sweeps(at: Worker) -> Deed:
    return lambda: queue.sweep(at.account.pk, now=timezone.now())


def sends(at: Worker, *, opening: bool) -> Deed:
    return lambda: submit.submit_all(
        at.account.pk, opening=opening, gateway=at.gateway, clock=timezone.now, timing=connect.timing()
    )


def cancels(at: Worker) -> Deed:
    return lambda: cancel.cancel(cancel.claim_cancels(at.account.pk), gateway=at.gateway, clock=timezone.now)


def reconciles(at: Worker) -> Deed:
    return lambda: reconcile.reconcile(at.account.pk, gateway=at.gateway, clock=timezone.now, timing=connect.timing())


def group() -> PositionGroup:
    return PositionGroup.objects.get(instrument__symbol="BTC/USDT")


def sold() -> list[Order]:
    """Exits that the market took."""
    return list(Order.objects.filter(purpose="EXIT", state="FILLED"))


def outcomes() -> list[str]:
    """Of all alerts, in the order of their arrival."""
    return list(Alert.objects.order_by("id").values_list("outcome", flat=True))


def filled_by(desk: Desk) -> Deed:
    """BTC goes through the target at 60 600, and the fill is seen."""

    def deed() -> None:
        desk.paper.price("BTCUSDT", "60700")
        fills.collect(desk.account.pk, gateway=worker(desk).gateway, clock=timezone.now)

    return deed
