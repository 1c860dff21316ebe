"""Targets that a venue refuses or that lie where nothing is earned: what the others do, and where they stand instead."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.utils import timezone

from tests.support.factories import Desk, make_desk
from tests.support.levers import ORDER, chosen
from tests.support.paper import PaperExchange
from trading.domain.money import total
from trading.models import Order, PositionGroup, Pyramid

D = Decimal
REFUSAL = {"code": -1013, "msg": "Filter failure: PERCENT_PRICE_BY_SIDE"}
LATER = timedelta(minutes=11)
# Longer than any wait after a refusal.


@pytest.fixture
def perps(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """An armed futures account."""
    paper_process.faults([])
    yield make_desk(paper_process, venue="binanceusdm")


def refused(desk: Desk, text: str) -> None:
    """The venue refuses every order whose message holds this text."""
    match = {**ORDER, "contains": text}
    desk.paper.faults(
        [{"match": match, "action": "reply_before_accept", "status": 400, "body": REFUSAL, "times": 1000}]
    )


def resting() -> list[Order]:
    return list(Order.objects.filter(purpose="TARGET", state="OPEN").order_by("price"))


def moved(desk: Desk, price: str) -> None:
    desk.price("BTCUSDT", price)
    desk.settle()
    for _ in range(2):
        desk.sweep()


def test_a_refused_rung_leaves_the_others_theirs(desk: Desk) -> None:
    """The third is refused again and again. Then a leg fills: the first two are placed anew at once, with more.

    The third waits on, although the venue would take it now.
    """
    chosen(desk, stop="fixed", fixed_stop_pct=1, tp_ladder="r", legs="(0, 50, 20) (-0.5, 50, 20)", per_symbol_pct=50)
    refused(desk, "price=6186")
    desk.buy(price="60000", size="1000 USDT")
    moved(desk, "59950")
    for _ in range(8):
        Order.objects.filter(state="REJECTED").update(updated_at=F("updated_at") - LATER)
        desk.sweep()
    assert Order.objects.filter(purpose="TARGET", state="REJECTED").count() > 5
    before = [order.qty for order in resting()]
    desk.paper.faults([])
    moved(desk, "59650")
    after = [order.qty for order in resting()]
    assert (len(before), len(after)) == (2, 2)
    assert all(now > then for then, now in zip(before, after, strict=True))


def test_a_shorts_rung_that_a_pyramid_brought_below_zero_leaves_with_the_one_before(perps: Desk) -> None:
    wide = {"stop": "fixed", "fixed_stop_pct": 30, "emergency_stop_pct": 60, "tp_ladder": "r"}
    chosen(perps, **wide, legs="(0, 100, 20)", per_symbol_pct=90, max_pyramids=2, breakeven_after_target=0)
    short = {"symbol": "BTCUSDT.P", "action": "sell", "interval": "60"}
    perps.alert(**short, price="60000", size="600 USDT")
    perps.decide()
    perps.settle()
    moved(perps, "60050")
    moved(perps, "36000")
    Pyramid.objects.update(created_at=timezone.now() - timedelta(hours=3))
    second = perps.alert(**short, price="36000", size="1200 USDT")
    perps.decide()
    perps.settle()
    second.refresh_from_db()
    assert second.outcome == "PYRAMIDED"
    moved(perps, "36050")
    group = PositionGroup.objects.get()
    assert not Order.objects.filter(purpose="TARGET", price__lte=0).exists()
    assert total(order.qty for order in resting()) == group.qty


CENTS = D("0.01")
# A fee of the higher price, and dust, beyond twice the fee of the lower one.


@pytest.mark.parametrize(("slipped", "nearest"), [("60000", "60300"), ("60250", "60370")])
def test_the_target_of_a_market_entry_earns_its_fees_whatever_it_paid(desk: Desk, slipped: str, nearest: str) -> None:
    """The alert said 60000, and half a percent above it is 60300: too near to what 60250 cost."""
    chosen(desk, first_entry="market", legs=[["0", "100", "0.5"]], per_symbol_pct=50)
    desk.price("BTCUSDT", slipped)
    assert desk.buy(price="60000", size="1000 USDT").outcome == "ENTERED"
    desk.settle()
    desk.sweep()
    (target,) = resting()
    assert target.price is not None
    assert D(nearest) <= target.price < D(nearest) + 2
    moved(desk, str(target.price + 1))
    group = PositionGroup.objects.get()
    assert (group.close_reason, group.realised_pnl > -CENTS) == ("TARGETS_TAKEN", True)
