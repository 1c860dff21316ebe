"""Levers for tests of services: settings, impatience, injected actions, parallel actions, rewound clocks."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from django.db import connections
from django.utils import timezone

from tests.support.factories import Desk
from trading.gateways.base import Gateway
from trading.models import Order, SettingOverride
from trading.services import connect

T = TypeVar("T")

PATIENCE_SECS = 30.0
ONE_LEG = [["0", "100", "1"]]
ORDER = {"method": "POST", "path": "/api/v3/order"}
CANCEL = {"method": "DELETE", "path": "/api/v3/order"}


def chosen(desk: Desk, **values: Any) -> None:
    """Override settings of the account."""
    for name, value in values.items():
        SettingOverride.objects.create(account=desk.account, name=name, value=value)


def one_leg(desk: Desk) -> Desk:
    """A desk whose grids have one leg: 1 % of 10 000 USDT at the alert's price."""
    chosen(desk, legs=ONE_LEG)
    return desk


def impatient(desk: Desk, *, timeout_ms: int = 300) -> Desk:
    """A desk whose gateway gives up on an answer soon."""
    desk.gateway._client.timeout = timeout_ms  # type: ignore[attr-defined]
    return desk


def own_gateway(desk: Desk) -> Gateway:
    """A gateway for a thread of its own, as another process has one."""
    return connect._build(desk.account)


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


def long_ago(**changes: Any) -> None:
    """Undecided orders become old: their signatures have died, their next look-up is due."""
    past = {"valid_until": timezone.now() - timedelta(minutes=1), "next_poll_at": timezone.now(), **changes}
    Order.objects.filter(state__in=("SUBMITTING", "UNKNOWN")).update(**past)


def proven_absent(desk: Desk) -> None:
    """Look three times, as the fast profile wants, each time long enough after the last."""
    for _ in range(connect.timing().polls):
        long_ago()
        desk.look_up()


# races -------------------------------------------------------------------------------------------


@contextmanager
def injected(
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    *,
    before: Callable[[], Any] | None = None,
    after: Any = None,
) -> Iterator[None]:
    """Do something right before or after the first call of a named function, on a thread and connection of its own."""
    real, done = getattr(owner, name), threading.Event()

    def wrapped(*arguments: Any, **named: Any) -> Any:
        first = not done.is_set()
        done.set()
        if first and before:
            elsewhere(before)
        result = real(*arguments, **named)
        if first and after:
            elsewhere(after)
        return result

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, wrapped)
        yield
    assert done.is_set(), f"{name} was never called"


def elsewhere(action: Callable[[], T]) -> T:
    """As another process would: in a thread, on its own connection. What it raises is raised here."""
    return together(action)[0]


def together(*actions: Callable[[], T]) -> list[T]:
    """Run actions at once, each in a thread with its own connection; their results in order."""
    barrier = threading.Barrier(len(actions))
    results: list[Any] = [None] * len(actions)
    errors: list[BaseException] = []

    def run(place: int, action: Callable[[], T]) -> None:
        try:
            barrier.wait(PATIENCE_SECS)
            results[place] = action()
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(actions)]
    _run(threads)
    for error in errors:
        raise error
    return results


def _run(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECS)
    assert not any(thread.is_alive() for thread in threads), "an action hangs"
