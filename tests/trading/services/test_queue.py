"""The queue on real rows: waiting, replacing, ranking, promoting, leaving."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from signals.evaluate import Meant
from signals.models import Signal
from tests.support.factories import Desk, make_desk
from tests.support.levers import chosen, one_leg
from tests.support.paper import PaperExchange
from trading.models import PositionGroup, QueuedSignal, SettingOverride, Slot
from trading.services import entry, queue


@pytest.fixture
def perps(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """An armed futures account on the live paper exchange."""
    paper_process.faults([])
    yield make_desk(paper_process, venue="binanceusdm")


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


# a position that is turned round ---------------------------------------------------------------------


def turned(desk: Desk, **fields: str) -> PositionGroup:
    """A LONG of one leg, then an alert for the other side, until the SHORT that it asked for is held."""
    chosen(one_leg(desk), per_symbol_pct="50")
    said = {"symbol": "BTCUSDT.P", "interval": "60", "size": "1000 USDT"}
    desk.alert(action="buy", market_position="long", price="60010", **said)
    desk.decide()
    desk.settle()
    turn = desk.alert(action="sell", market_position="short", price="59990", **said, **fields)
    desk.decide()
    desk.settle()
    turn.refresh_from_db()
    assert (turn.outcome, turn.signal.meaning) == ("REVERSED", "REVERSE")
    desk.price("BTCUSDT", "60050")
    desk.settle()
    return PositionGroup.objects.get(closed_at=None)


def test_a_reversed_position_has_the_stop_that_its_alert_asked_for(perps: Desk) -> None:
    """2 % above the average entry of 60 000."""
    short = turned(perps, stop_loss="2%")
    assert (short.side, short.average_entry) == ("SHORT", 60000)
    stops = {post["kind"]: post["trigger_price"] for post in short.watch}
    assert Decimal(stops["STOP_ALERT"]) == 61200


def test_a_reversed_position_has_no_stop_that_nobody_asked_for(perps: Desk) -> None:
    assert "STOP_ALERT" not in {post["kind"] for post in turned(perps).watch}


# one that cannot be decided holds up nobody ----------------------------------------------------------


def two_wait(desk: Desk) -> None:
    """ETH and SOL wait behind BTC, in this order."""
    pool_of(desk, 1)
    buy(desk, "BTCUSDT", "60000")
    desk.settle()
    assert [buy(desk, "ETHUSDT", "3000"), buy(desk, "SOLUSDT", "150")] == ["QUEUED", "QUEUED"]


def fails_on_ethereum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its entry is made whole, and then something goes wrong that nobody thought of."""
    real = entry.enter

    def failing(books: object, meant: Meant, *others: object, **more: object) -> object:
        verdict = real(books, meant, *others, **more)  # type: ignore[arg-type]
        if meant.instrument.symbol == "ETH/USDT":
            raise LookupError("nobody thought of this")
        return verdict

    monkeypatch.setattr(entry, "enter", failing)


def makes_no_sense(desk: Desk) -> None:
    """As an upgrade or a restore could leave a setting of the pair."""
    desk.setting("max_slippage_pct", "banana", symbol="ETH/USDT")


def states() -> dict[str, str]:
    return dict(QueuedSignal.objects.values_list("instrument__symbol", "state"))


def test_a_setting_that_makes_no_sense_keeps_its_own_pair_waiting_and_no_other(desk: Desk) -> None:
    two_wait(desk)
    makes_no_sense(desk)
    SettingOverride.objects.filter(name="max_open_groups").update(value=2)
    queue.sweep(desk.account.pk, now=timezone.now())
    assert states() == {"ETH/USDT": "WAITING", "SOL/USDT": "PROMOTED"}
    denial = waiting()[0].last_denial
    assert "max_slippage_pct" in denial
    assert denial.endswith("Correct it under Settings.")


def test_the_close_of_a_group_lets_the_next_one_in_where_the_best_cannot_be_decided(desk: Desk) -> None:
    two_wait(desk)
    makes_no_sense(desk)
    desk.alert(symbol="BTCUSDT", action="sell", interval="60")
    desk.decide()
    desk.settle()
    assert states() == {"ETH/USDT": "WAITING", "SOL/USDT": "PROMOTED"}


def test_what_expires_does_so_though_another_one_cannot_be_decided(desk: Desk) -> None:
    two_wait(desk)
    makes_no_sense(desk)
    QueuedSignal.objects.filter(instrument__symbol="SOL/USDT").update(queued_at=timezone.now() - timedelta(hours=25))
    queue.sweep(desk.account.pk, now=timezone.now())
    assert states() == {"ETH/USDT": "WAITING", "SOL/USDT": "EXPIRED"}


def test_a_fault_of_ours_undoes_that_one_entry_and_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    two_wait(desk)
    fails_on_ethereum(monkeypatch)
    SettingOverride.objects.update(value=2)
    queue.sweep(desk.account.pk, now=timezone.now())
    assert states() == {"ETH/USDT": "WAITING", "SOL/USDT": "PROMOTED"}
    assert "LookupError" in waiting()[0].last_denial
    assert set(PositionGroup.objects.values_list("instrument__base", flat=True)) == {"BTC", "SOL"}
    assert sorted(Slot.objects.values_list("number", flat=True)) == [1, 2]
    assert Signal.objects.filter(queued__state="WAITING").count() == 1


def test_by_hand_too_the_reason_is_told(desk: Desk) -> None:
    two_wait(desk)
    makes_no_sense(desk)
    verdict = queue.promote_by_hand(waiting()[0].pk, operator="ann", now=timezone.now())
    assert (verdict.outcome, waiting()[0].last_denial) == ("SETTING_INVALID", verdict.reason)
