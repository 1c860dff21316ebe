"""Ways to bring a group into every state it can be in, on the real path. BTC/USDT, 1 h, spot."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from django.db.models import F

from tests.support.factories import Desk
from tests.support.levers import chosen
from trading.models import Pyramid

Bringing = Callable[[Desk], None]

LONG_AGO = timedelta(hours=3)
# Further back than the bar that a pyramid must wait for.


def told(desk: Desk, **fields: str) -> str:
    """An alert on the pair and timeframe, decided; its outcome."""
    alert = desk.alert(**{"symbol": "BTCUSDT", "interval": "60", **fields})
    desk.decide()
    alert.refresh_from_db()
    return alert.outcome


def next_bar() -> None:
    """The bar of every pyramid is over."""
    Pyramid.objects.update(created_at=F("created_at") - LONG_AGO)


def fall_to(desk: Desk, price: str) -> None:
    """The price falls, and what fills is seen."""
    desk.price("BTCUSDT", price)
    desk.settle()


def nothing(desk: Desk) -> None:
    """No group at all."""


def waiting(desk: Desk) -> None:
    """Another pair has the only slot: the entry waits in the queue."""
    chosen(desk, max_open_groups=1)
    desk.buy("ETHUSDT", price="2990")
    assert told(desk, action="buy", price="60000") == "QUEUED"


def live(desk: Desk) -> None:
    """Five legs rest below the market."""
    desk.buy(price="59900")


def partially_filled(desk: Desk) -> None:
    """Leg 0 came in, its target rests, four legs wait."""
    desk.buy(price="60000")
    fall_to(desk, "59950")


def active(desk: Desk) -> None:
    """All five legs came in: 60 000 × 0.98 = 58 800 is the last one's."""
    desk.buy(price="60000")
    fall_to(desk, "58700")


def closing(desk: Desk) -> None:
    """An exit was decided; nothing of it has left yet."""
    partially_filled(desk)
    assert told(desk, action="exit") == "EXITED"


def closed(desk: Desk) -> None:
    """Entered, filled, sold by an exit."""
    closing(desk)
    desk.settle()


def failed(desk: Desk) -> None:
    """Entered, never filled, withdrawn by an exit."""
    live(desk)
    assert told(desk, action="exit") == "EXITED"
    desk.settle()


STATES: Mapping[str, Bringing] = MappingProxyType(
    {
        "none": nothing,
        "WAITING": waiting,
        "LIVE": live,
        "PARTIALLY_FILLED": partially_filled,
        "ACTIVE": active,
        "CLOSING": closing,
        "CLOSED": closed,
        "FAILED": failed,
    }
)
