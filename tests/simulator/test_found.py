"""What seeds have found in the engine, on the real services."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from project.accounts.models import BalanceMovement
from tests.engine.stage import reconciled
from tests.support.factories import Desk
from tests.support.levers import chosen
from trading.domain.retry import ENTRY_KEPT
from trading.gateways.base import FillReport
from trading.models import Order
from trading.services import connect, fills, reconcile, submit


def test_what_a_dropped_orders_group_withdraws_is_not_claimed(desk: Desk) -> None:
    """The price is below the stop, nobody has looked yet; the old order is dropped, and its group closes over that."""
    chosen(desk, stop="fixed", fixed_stop_pct="3")
    desk.buy(price="60000")
    desk.price("BTCUSDT", "59950")
    desk.settle()
    entries = Order.objects.filter(purpose="ENTRY", state="OPEN").order_by("id")
    old, *young = entries.values_list("pk", flat=True)
    entries.update(state="NEW", venue_order_id="")
    Order.objects.filter(pk=old).update(created_at=timezone.now() - ENTRY_KEPT - timedelta(seconds=1))
    Order.objects.filter(pk__in=young).update(created_at=timezone.now())
    desk.price("BTCUSDT", "57000")
    claims = submit.claim(desk.account.pk, opening=True, now=timezone.now(), timing=connect.timing())
    assert claims == []
    assert set(Order.objects.filter(pk__in=[old, *young]).values_list("state", flat=True)) == {"DROPPED"}


def test_a_balance_that_is_ahead_of_the_executions_is_nobody_elses_doing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The venue says that an order filled, its balance has moved, its list of executions shows nothing yet."""
    desk.buy(price="60000")
    desk.paper.price("BTCUSDT", "59950")

    def none_yet(**asked: Any) -> Sequence[FillReport]:
        return ()

    monkeypatch.setattr(desk.gateway, "fills_of", none_yet)
    monkeypatch.setattr(desk.gateway, "fills_since", none_yet)
    reconciled(desk)
    assert Order.objects.filter(reported_qty__gt=0, filled_qty=0).exists()
    assert not BalanceMovement.objects.filter(kind="foreign").exists()


def test_an_order_that_shows_nowhere_for_a_moment_while_it_fills_is_nobody_elses_doing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The venue took it; its lists and its number show nothing yet, and the balance has moved."""
    desk.buy(price="60000")
    desk.settle()
    desk.paper.price("BTCUSDT", "59950")
    with monkeypatch.context() as hiding:
        for question in ("open_orders", "fills_of", "fills_since"):
            hiding.setattr(desk.gateway, question, lambda *args, **asked: ())
        hiding.setattr(desk.gateway, "find_order", lambda **asked: None)
        reconciled(desk)
    assert not BalanceMovement.objects.filter(kind="foreign").exists()
    reconciled(desk)
    assert Order.objects.filter(filled_qty__gt=0).exists()
    assert not BalanceMovement.objects.filter(kind="foreign").exists()


def test_what_shows_only_after_the_last_look_for_fills_is_nobody_elses_doing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As above, but the order comes into sight between the look for fills and the question whether all are in sight."""
    desk.buy(price="60000")
    desk.settle()
    desk.paper.price("BTCUSDT", "59950")
    with monkeypatch.context() as hiding:
        hiding.setattr(fills, "collect", lambda *args, **asked: 0)
        assert reconcile.unexplained_for_sure(desk.account.pk, gateway=desk.gateway, clock=timezone.now) is None
