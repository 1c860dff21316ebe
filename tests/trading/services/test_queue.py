"""The queue on real rows: waiting, replacing, ranking, promoting, leaving."""

from datetime import timedelta

from django.utils import timezone

from tests.support.factories import Desk
from trading.models import PositionGroup, QueuedSignal, SettingOverride
from trading.services import queue


def pool_of(desk: Desk, size: int) -> None:
    SettingOverride.objects.create(account=desk.account, name="max_open_groups", value=size)


def buy(desk: Desk, symbol: str, price: str) -> str:
    alert = desk.alert(symbol=symbol, action="buy", price=price, interval="60")
    desk.decide()
    alert.refresh_from_db()
    return alert.outcome


def waiting() -> list[QueuedSignal]:
    return list(QueuedSignal.objects.filter(state="WAITING").order_by("id"))


def test_without_a_free_slot_an_entry_waits_and_a_newer_one_replaces_it(desk: Desk) -> None:
    pool_of(desk, 1)
    assert buy(desk, "BTCUSDT", "60000") == "ENTERED"
    assert buy(desk, "ETHUSDT", "3000") == "QUEUED"
    first = waiting()[0]
    assert buy(desk, "ETHUSDT", "3001") == "QUEUED"
    (row,) = waiting()
    assert (row.pk, row.queued_at, row.replacement_count, row.alert_price) == (first.pk, first.queued_at, 1, 3001)


def test_the_transaction_that_frees_the_slot_promotes_the_best(desk: Desk) -> None:
    pool_of(desk, 1)
    buy(desk, "BTCUSDT", "60000")
    desk.settle()
    buy(desk, "ETHUSDT", "3000")  # now 3 000: 0 % under its alert
    buy(desk, "SOLUSDT", "150")
    desk.price("SOLUSDT", "147")  # 2 % under its alert: the deepest loss goes first
    desk.alert(symbol="BTCUSDT", action="sell", interval="60")
    desk.decide()
    desk.settle()
    opened = PositionGroup.objects.exclude(closed_at__isnull=False).values_list("instrument__symbol", flat=True)
    assert list(opened) == ["SOL/USDT"]
    assert [row.instrument.symbol for row in waiting()] == ["ETH/USDT"]
    promoted = QueuedSignal.objects.get(state="PROMOTED")
    assert promoted.group == PositionGroup.objects.get(closed_at=None)
    assert promoted.group.pyramids.get().base_price == 147  # the better of 150 and the market


def test_an_exit_removes_the_waiting_entry_it_names(desk: Desk) -> None:
    pool_of(desk, 1)
    buy(desk, "BTCUSDT", "60000")
    buy(desk, "ETHUSDT", "3000")
    alert = desk.alert(symbol="ETHUSDT", action="exit", interval="60")
    desk.decide()
    alert.refresh_from_db()
    assert (alert.outcome, QueuedSignal.objects.get().state) == ("DEQUEUED", "REMOVED")


def test_what_waited_too_long_expires_and_a_larger_pool_lets_the_rest_in(desk: Desk) -> None:
    pool_of(desk, 1)
    buy(desk, "BTCUSDT", "60000")
    buy(desk, "ETHUSDT", "3000")
    buy(desk, "SOLUSDT", "150")
    QueuedSignal.objects.filter(instrument__symbol="ETH/USDT").update(queued_at=timezone.now() - timedelta(hours=25))
    SettingOverride.objects.update(value=2)
    queue.sweep(desk.account.pk, now=timezone.now())
    states = dict(QueuedSignal.objects.values_list("instrument__symbol", "state"))
    assert states == {"ETH/USDT": "EXPIRED", "SOL/USDT": "PROMOTED"}


def test_by_hand_one_is_promoted_or_removed_and_the_pool_still_counts(desk: Desk) -> None:
    pool_of(desk, 1)
    buy(desk, "BTCUSDT", "60000")
    buy(desk, "ETHUSDT", "3000")
    row = waiting()[0]
    refused = queue.promote_by_hand(row.pk, operator="ann", now=timezone.now())
    assert refused.outcome == "POOL_FULL"
    SettingOverride.objects.update(value=2)
    assert queue.promote_by_hand(row.pk, operator="ann", now=timezone.now()).outcome == "ENTERED"
    assert queue.remove_by_hand(row.pk, operator="ann", now=timezone.now()) is False
