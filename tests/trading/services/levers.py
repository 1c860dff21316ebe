"""What tests of services do and look at: orders by purpose, an entry decided, the exchange's own word."""

from decimal import Decimal
from typing import Any

from tests.support.factories import Desk
from tests.support.levers import time_passes
from trading.models import Order
from trading.services import connect


def found(purpose: str = "ENTRY") -> list[Order]:
    return list(Order.objects.filter(purpose=purpose).order_by("id"))


def states(purpose: str = "ENTRY") -> list[str]:
    return [order.state for order in found(purpose)]


def entered(desk: Desk, **fields: Any) -> None:
    """A buy alert, decided, its orders NEW."""
    body = {"symbol": "BTCUSDT", "action": "buy", "price": "59900", "interval": "60", **fields}
    desk.alert(**body)
    desk.decide()


def at_venue(desk: Desk) -> list[dict[str, Any]]:
    """The account's orders as the exchange has them."""
    return list(desk.paper.ledger(desk.key)["orders"])


def held(desk: Desk, currency: str) -> Decimal:
    """What the exchange says the account holds, free and locked."""
    balance = desk.paper.ledger(desk.key)["balances"].get(currency, {"free": "0", "locked": "0"})
    return Decimal(balance["free"]) + Decimal(balance["locked"])


def proven_absent(desk: Desk) -> None:
    """Look as often as the profile wants, each time long enough after the last."""
    for _ in range(connect.timing().polls):
        time_passes()
        desk.look_up()
