"""Ways to bring a futures account into the states it can be in, on the real path: SHORTs, stops at the venue, both sides."""

from django.utils import timezone

from project.accounts.models import PositionMode
from tests.support.factories import Desk
from tests.support.levers import chosen
from trading.models import PositionGroup
from trading.services import queue

SIZE = "1000 USDT"
# Five legs of 0.003 BTC: 60 000, then 0.5 % higher each for a SHORT.
LONG = {"action": "buy", "market_position": "long"}
SHORT = {"action": "sell", "market_position": "short"}


def told(desk: Desk, **fields: str) -> str:
    """An alert on the perpetual, decided; its outcome."""
    alert = desk.alert(**{"symbol": "BTCUSDT.P", "interval": "60", **fields})
    desk.decide()
    alert.refresh_from_db()
    return alert.outcome


def guarded(desk: Desk) -> None:
    """Room for 1 000 USDT, and a stop 3 % away that rests at the venue."""
    chosen(desk, per_symbol_pct="50", stop="fixed", fixed_stop_pct="3")


def short_new(desk: Desk) -> None:
    guarded(desk)
    assert told(desk, price="60000", size=SIZE, **SHORT) == "ENTERED"


def short_live(desk: Desk) -> None:
    """Five legs rest above the market."""
    desk.price("BTCUSDT", "59900")
    short_new(desk)
    desk.settle()


def short_unseen(desk: Desk) -> None:
    """Leg 0 was sold at the venue; nobody has asked."""
    short_live(desk)
    desk.paper.price("BTCUSDT", "60050")


def short_guarded(desk: Desk) -> None:
    """Leg 0 is held; its target rests, and its stop at the venue."""
    short_live(desk)
    desk.price("BTCUSDT", "60050")
    desk.settle()


def both_held(desk: Desk) -> None:
    """Hedge mode: both sides came in through the queue, and hold one leg each."""
    desk.account.position_mode = PositionMode.HEDGE
    desk.account.save()
    guarded(desk)
    chosen(desk, max_open_groups=1)
    assert told(desk, symbol="ETHUSDT.P", price="2990", size=SIZE, **LONG) == "ENTERED"
    assert told(desk, price="60000", size=SIZE, **LONG) == "QUEUED"
    assert told(desk, price="60000", size=SIZE, **SHORT) == "QUEUED"
    chosen(desk, max_open_groups=3)
    queue.sweep(desk.account.pk, now=timezone.now())
    desk.settle()
    for price in ("59950", "60050"):
        desk.price("BTCUSDT", price)
        desk.settle()


def standing() -> list[tuple[str, str]]:
    """Side and status of the pair's groups, oldest first."""
    rows = PositionGroup.objects.filter(instrument__symbol="BTC/USDT:USDT").order_by("id")
    return list(rows.values_list("side", "status"))
