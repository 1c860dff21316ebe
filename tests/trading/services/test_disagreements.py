"""Every way in which a venue and our books can disagree, on spot, futures and in hedge mode, each with its correction."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from project.accounts.models import BalanceMovement, ExchangeAccount, PositionMode
from project.journal.models import JournalEntry
from tests.support.factories import Desk, make_desk
from tests.support.levers import chosen, one_leg
from tests.support.paper import PaperExchange
from trading.domain.order_state import OrderState
from trading.domain.reconcile import Difference
from trading.domain.refusal import plain
from trading.gateways import manners
from trading.gateways.base import FillReport
from trading.models import Disagreement, Fill, ForeignOrder, Order, PositionGroup
from trading.services import connect, disagree, fills, orders, rebuild, reconcile
from trading.services.invariants import CHECKS

HOUR = timedelta(hours=1)
KINDS = ["spot", "one-way", "hedge"]
UNLIKE = ("venue_trade_id", "qty", "cost", "fee", "position_side")
# What a made-up execution does not take from the one in our books.


@pytest.fixture(params=KINDS)
def held(request: pytest.FixtureRequest, transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """A position with its target: a LONG on spot, a SHORT on futures, the LONG side of a hedged contract."""
    paper_process.faults([])
    spot = request.param == "spot"
    desk = one_leg(make_desk(paper_process, venue="binance" if spot else "binanceusdm"))
    chosen(desk, per_symbol_pct="50")
    if request.param == "hedge":
        ExchangeAccount.objects.update(position_mode=PositionMode.HEDGE)
        desk.account.refresh_from_db()
    buys = request.param != "one-way"
    desk.alert(
        symbol="BTCUSDT" if spot else "BTCUSDT.P",
        action="buy" if buys else "sell",
        market_position="long" if buys else "short",
        price="59900" if buys else "60100",
        interval="60",
        size="1000 USDT",
    )
    desk.decide()
    desk.settle()
    desk.price("BTCUSDT", "59800" if buys else "60200")
    desk.settle()
    assert list(Order.objects.filter(purpose="TARGET").values_list("state", flat=True)) == ["OPEN"]
    yield desk
    paper_process.faults([])


def reconciled(desk: Desk) -> None:
    reconcile.reconcile(desk.account.pk, gateway=desk.gateway, clock=timezone.now, timing=connect.timing())
    desk.account.refresh_from_db()


def client(desk: Desk) -> Any:
    return desk.gateway._client  # type: ignore[attr-defined]


def symbol() -> str:
    return str(PositionGroup.objects.get().instrument.symbol)


def settled_in_full(desk: Desk) -> list[str]:
    """What is still wrong after a sweep and a reconcile."""
    desk.sweep()
    reconciled(desk)
    desk.refresh()
    checks = ("I1", "I2", "I3", "I6", "I8", "I9", "I12", "I13")
    wrong = [f"{name}: {words}" for name in checks for words in CHECKS[name](timezone.now()).violations]
    return wrong + ([desk.account.health] if desk.account.health else [])


# what a reconcile corrects by itself -------------------------------------------------------------


def target_canceled_by_hand(desk: Desk) -> None:
    client(desk).cancel_order(Order.objects.get(purpose="TARGET").venue_order_id, symbol())


def target_filled_unseen(desk: Desk) -> None:
    desk.paper.price("BTCUSDT", "66000" if PositionGroup.objects.get().side == "LONG" else "54000")


def target_partly_filled_unseen(desk: Desk) -> None:
    target = Order.objects.get(purpose="TARGET")
    part = (target.qty / 2).quantize(target.instrument.lot_step)
    desk.paper.price("BTCUSDT", plain(target.price), qty=plain(part))


def ended() -> None:
    """The target ended by our books, and no order tells of it any more."""
    with transaction.atomic():
        orders.move(Order.objects.get(purpose="TARGET"), OrderState.CANCELED)


def ended_here_and_resting_there(desk: Desk) -> None:
    ended()


def fills_after_the_end(desk: Desk) -> None:
    """The target ended for us without a fill; the venue executes it all the same, and tells of it only in its trades."""
    target_filled_unseen(desk)
    ended()


@pytest.mark.parametrize(
    "breaks",
    [
        target_canceled_by_hand,
        target_filled_unseen,
        target_partly_filled_unseen,
        ended_here_and_resting_there,
        fills_after_the_end,
    ],
)
def test_a_difference_is_corrected_and_nothing_is_called_foreign(held: Desk, breaks: Callable[[Desk], None]) -> None:
    breaks(held)
    reconciled(held)
    assert settled_in_full(held) == []
    assert not BalanceMovement.objects.filter(kind="foreign").exists()
    assert not ForeignOrder.objects.filter(gone_at=None).exists()


def test_a_trade_that_is_not_ours_is_written_down_once(held: Desk) -> None:
    """On spot it is the person's own; on futures nobody can tell whose position it is, so entries stop."""
    side = {"positionSide": "SHORT"} if held.account.position_mode == PositionMode.HEDGE else {}
    client(held).create_order(symbol(), "market", "sell" if side else "buy", "0.002", None, side)
    reconciled(held)
    reconciled(held)
    (row,) = Disagreement.objects.values_list("kind", "settled_as").distinct()
    assert row == (Difference.FILL_FOREIGN, "SHOWN")
    assert JournalEntry.objects.filter(kind="fill.foreign").count() == Disagreement.objects.count()
    assert (held.account.health == "POSITION_DIFFERS") is (held.account.venue == "binanceusdm")


# requests that arrived twice ---------------------------------------------------------------------


def again(desk: Desk, order: Order, kind: str, *, qty: Decimal | None = None) -> None:
    """The venue takes a second order under an id of ours, which is free there once the first has ended."""
    hedged = {"positionSide": order.group.side} if desk.account.position_mode == PositionMode.HEDGE else {}
    names = {"clientOrderId": order.client_order_id, **hedged}
    price = plain(order.price) if kind == "limit" and order.price else None
    client(desk).create_order(symbol(), kind, order.side.lower(), plain(qty or order.qty), price, names)


def test_a_second_order_that_rests_under_our_id_is_cancelled_by_its_own_number(held: Desk) -> None:
    target = Order.objects.get(purpose="TARGET")
    target_canceled_by_hand(held)
    again(held, target, "limit")
    reconciled(held)
    assert target.client_order_id not in [report.order.client_order_id for report in held.gateway.resting()]
    target.refresh_from_db()
    assert target.state == "CANCELED"
    told = JournalEntry.objects.get(kind="order.doubled").payload
    assert (told["client_order_id"], told["venue_order_id"] != target.venue_order_id) == (target.client_order_id, True)
    assert settled_in_full(held) == []


def test_what_a_second_order_bought_waits_for_a_person(held: Desk) -> None:
    """It is in no group, so nothing of ours would ever sell it: entries stop, and the page says which order it is."""
    entry = Order.objects.get(purpose="ENTRY")
    again(held, entry, "market", qty=Decimal("0.002"))
    for _ in range(2):
        reconciled(held)
        rows = disagree.unsettled(held.account.pk)
        assert {(row.kind, row.order_id) for row in rows} == {(Difference.FILL_DOUBLED, entry.pk)}
        assert held.account.health == "BOOKS_DIFFER"
    assert not BalanceMovement.objects.filter(kind="foreign").exists()
    for row, choice in zip(rows, ("THEIRS", *["OURS"] * len(rows)), strict=False):  # the same word either way
        disagree.settle(row.pk, choice=choice, operator="eve", reason="sold by hand", now=timezone.now())
    reconciled(held)
    assert disagree.unsettled(held.account.pk) == []
    assert held.account.health == ("" if held.account.venue == "binance" else "POSITION_DIFFERS")
    disagree.undo(rows[0].pk, operator="eve", now=timezone.now())
    reconciled(held)
    assert held.account.health == "BOOKS_DIFFER"


# answers that come late, or in another order -----------------------------------------------------


def test_a_list_of_orders_from_before_changes_nothing(held: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target has filled and is booked; then an answer arrives in which it still rests."""
    late = held.gateway.resting()
    target_filled_unseen(held)
    reconciled(held)
    target = Order.objects.get(purpose="TARGET")
    assert target.state == "FILLED"
    with monkeypatch.context() as answer:
        answer.setattr(held.gateway, "resting", lambda: late)
        reconciled(held)
    told = (target.state, target.filled_qty)
    target.refresh_from_db()
    assert (target.state, target.filled_qty) == told
    assert not ForeignOrder.objects.exists()
    assert settled_in_full(held) == []


def test_executions_are_booked_whatever_their_order(held: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    target_partly_filled_unseen(held)
    target_filled_unseen(held)
    ended()
    asked = held.gateway.fills_since
    monkeypatch.setattr(held.gateway, "fills_since", lambda **given: [*reversed(asked(**given))] * 2)
    reconciled(held)
    target = Order.objects.get(purpose="TARGET")
    assert Fill.objects.filter(order=target).count() > 1
    assert target.filled_qty == target.qty
    assert settled_in_full(held) == []


# what waits for a person -------------------------------------------------------------------------


def phantom() -> None:
    """We recorded an execution that the venue has never heard of."""
    fill = Fill.objects.select_related("order__instrument").get()
    half = (fill.qty / 2).quantize(fill.order.instrument.lot_step)
    names = [name for name in FillReport.__slots__ if name not in UNLIKE]
    same = {name: getattr(fill, name) for name in names}
    made_up = FillReport(**same, venue_trade_id="999999999", qty=half, cost=half * fill.price, fee=Decimal(0))
    fills.apply(fill.order_id, [made_up], now=timezone.now())
    Fill.objects.update(recorded_at=timezone.now() - HOUR)


def changed() -> None:
    """We recorded another price than the venue tells now."""
    Fill.objects.update(price=F("price") + 10, cost=F("cost") + 10 * F("qty"))


WRONG = {Difference.FILL_PHANTOM: phantom, Difference.FILL_CHANGED: changed}


@pytest.fixture(params=sorted(WRONG))
def differing(request: pytest.FixtureRequest, held: Desk) -> Desk:
    """Books that differ, as the reconcile has found them."""
    WRONG[request.param]()
    held.sweep()
    reconciled(held)
    (row,) = disagree.unsettled(held.account.pk)
    assert (held.account.health, row.kind) == ("BOOKS_DIFFER", request.param)
    return held


def figures() -> list[tuple[Decimal, ...]]:
    return list(Fill.objects.order_by("id").values_list("qty", "cost", "fee"))


@pytest.mark.parametrize("held", ["spot", "hedge"], indirect=True)
def test_no_entry_while_books_differ_and_the_venues_word_mends_them(differing: Desk) -> None:
    group = PositionGroup.objects.get()
    alert = differing.alert(symbol="ETHUSDT", action="buy", price="3000", interval="60")
    differing.decide()
    alert.refresh_from_db()
    assert alert.outcome in ("ACCOUNT_UNHEALTHY", "UNKNOWN_SYMBOL", "DATA_MISSING")
    wrong = figures()
    (row,) = disagree.unsettled(differing.account.pk)
    disagree.settle(row.pk, choice="THEIRS", operator="eve", reason="seen there", now=timezone.now())
    assert figures() != wrong
    Order.objects.filter(state="REJECTED").update(updated_at=timezone.now() - HOUR)  # a target for more than there is
    assert settled_in_full(differing) == []
    group.refresh_from_db()
    assert not BalanceMovement.objects.filter(kind="foreign").exists()
    noted = JournalEntry.objects.get(kind="fill.corrected")
    assert (noted.payload["operator"], noted.payload["ours"] != noted.payload["theirs"]) == ("eve", True)


@pytest.mark.parametrize("held", ["spot"], indirect=True)
def test_a_correction_can_be_undone_once(differing: Desk) -> None:
    wrong = figures()
    (row,) = disagree.unsettled(differing.account.pk)
    disagree.settle(row.pk, choice="THEIRS", operator="eve", reason="seen there", now=timezone.now())
    with pytest.raises(disagree.AlreadySettled):
        disagree.settle(row.pk, choice="OURS", operator="eve", reason="no, wait", now=timezone.now())
    assert rebuild.differences()[1] == ()  # the journal tells of the correction
    disagree.undo(row.pk, operator="eve", now=timezone.now())
    assert figures() == wrong
    assert rebuild.differences()[1] == ()
    reconciled(differing)
    assert [one.pk for one in disagree.unsettled(differing.account.pk)] == [row.pk]
    with pytest.raises(disagree.NothingToUndo):
        disagree.undo(row.pk, operator="eve", now=timezone.now())


@pytest.mark.parametrize("held", ["spot"], indirect=True)
def test_kept_numbers_are_not_asked_about_again(differing: Desk) -> None:
    (row,) = disagree.unsettled(differing.account.pk)
    disagree.settle(row.pk, choice="OURS", operator="eve", reason="the venue errs", now=timezone.now())
    reconciled(differing)
    assert disagree.unsettled(differing.account.pk) == []
    assert differing.account.health in ("", "POSITION_DIFFERS")


@pytest.mark.parametrize("held", ["spot"], indirect=True)
def test_what_agrees_again_settles_itself(differing: Desk) -> None:
    (row,) = disagree.unsettled(differing.account.pk)
    disagree.settle(row.pk, choice="THEIRS", operator="eve", reason="seen there", now=timezone.now())
    Disagreement.objects.update(settled_at=None, settled_as="")
    reconciled(differing)
    row.refresh_from_db()
    assert row.settled_as == "AGREED"


# answers that come in pieces ---------------------------------------------------------------------


@pytest.mark.parametrize("held", ["spot", "one-way"], indirect=True)
def test_fills_beyond_the_first_page_are_read(held: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target taken in four bites; the venue gives a page of two executions at most."""
    monkeypatch.setattr(manners, "FILLS_AT_ONCE", 2)
    target = Order.objects.select_related("instrument").get(purpose="TARGET")
    bite = (target.qty / 4).quantize(target.instrument.lot_step)
    away = target.instrument.tick_size * (1 if target.side == "BUY" else -1)
    for _ in range(3):
        held.paper.price("BTCUSDT", plain(target.price + away))
        held.paper.price("BTCUSDT", plain(target.price), qty=plain(bite))
    target_filled_unseen(held)
    reconciled(held)
    held.settle()
    told = Fill.objects.filter(order=target)
    assert (told.count(), sum(fill.qty for fill in told)) == (4, target.qty)
    assert settled_in_full(held) == []
