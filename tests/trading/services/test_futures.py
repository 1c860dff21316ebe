"""Futures on real parts: shorts, terms, stops that rest at the venue, funding, positions that agree."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from project.accounts.models import Balance, ExchangeAccount
from signals.market import instruments
from signals.models import Instrument
from tests.support.factories import Desk, make_desk
from tests.support.levers import one_leg
from tests.support.paper import PaperExchange
from tests.support.venues import FUTURES, SIDES
from trading.models import FundingPayment, Order, PositionGroup, Pyramid
from trading.services import connect, funding, reconcile
from trading.services.invariants import CHECKS

REFUSED = {"binanceusdm": "REJECTED", "bybit": "REJECTED", "kucoinfutures": "CANCELED"}
# What each venue calls a stop that found nothing to reduce.


@pytest.fixture(params=FUTURES)
def perps(transactional_db: None, paper_process: PaperExchange, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """An armed futures account on the live paper exchange, at each venue in turn."""
    paper_process.faults([])
    yield make_desk(paper_process, venue=request.param)


def sell(desk: Desk, price: str, **fields: str) -> str:
    alert = desk.alert(symbol="BTCUSDT.P", action="sell", price=price, interval="60", **fields)
    desk.decide()
    desk.settle()
    alert.refresh_from_db()
    return f"{alert.outcome} {alert.reason}"


def short(desk: Desk) -> PositionGroup:
    """A SHORT of which leg 0 has filled. 1 000 USDT: five legs of 200, above the venue's minimum of 50."""
    desk.setting("per_symbol_pct", "50")
    assert sell(desk, "60000", size="1000 USDT").startswith("ENTERED")
    desk.price("BTCUSDT", "60050")
    desk.settle()
    return PositionGroup.objects.get()


def test_a_sell_opens_a_short_that_steps_up_and_takes_its_profit_below(perps: Desk) -> None:
    group = short(perps)
    entries = list(Order.objects.filter(purpose="ENTRY").order_by("id"))
    assert (group.side, [order.side for order in entries]) == ("SHORT", ["SELL"] * 5)
    assert [order.price for order in entries[:2]] == [60000, 60300]
    target = Order.objects.get(purpose="TARGET")
    assert (target.side, target.price, target.reduce_only) == ("BUY", Decimal(59400), True)
    perps.price("BTCUSDT", "59300")
    perps.settle()
    group.refresh_from_db()
    assert (group.status, group.close_reason) == ("CLOSED", "TARGETS_TAKEN")
    assert group.realised_pnl > 0
    assert not perps.gateway.positions()


def test_the_tightest_stop_rests_at_the_venue_and_closes_the_group_when_it_triggers(perps: Desk) -> None:
    perps.setting("stop", "fixed")
    perps.setting("fixed_stop_pct", "3")
    group = short(perps)
    stop = Order.objects.get(purpose="STOP")
    assert (stop.state, stop.type, stop.venue_order_id) == ("OPEN", "STOP_MARKET", "")
    assert stop.venue_algo_id
    perps.paper.price("BTCUSDT", "63000")
    perps.settle()
    perps.refresh()
    perps.sweep()
    stop.refresh_from_db()
    group.refresh_from_db()
    assert stop.venue_order_id
    assert (group.status, group.qty) == ("CLOSED", 0)


def test_a_stop_that_triggers_and_is_refused_by_the_book_has_ended(perps: Desk) -> None:
    """Somebody bought the short back at the venue: the stop finds nothing to reduce."""
    perps.setting("stop", "fixed")
    perps.setting("fixed_stop_pct", "3")
    short(one_leg(perps))
    stop = Order.objects.get(purpose="STOP")
    qty = perps.gateway._manners.amount(stop.qty)  # type: ignore[attr-defined]
    client = perps.gateway._client  # type: ignore[attr-defined]
    client.create_order("BTC/USDT:USDT", "market", "buy", qty, None, {"reduceOnly": True})
    perps.paper.price("BTCUSDT", "63000")
    perps.poll()
    stop.refresh_from_db()
    assert stop.state == REFUSED[perps.account.venue]
    assert not perps.gateway.positions()


def test_funding_is_recorded_once_and_counts_in_the_result(perps: Desk) -> None:
    group = short(perps)
    before = group.realised_pnl
    perps.paper.control("funding", {"market": SIDES[perps.account.venue].name})
    assert funding.collect(perps.account, gateway=perps.gateway, clock=timezone.now) >= 1
    assert funding.collect(perps.account, gateway=perps.gateway, clock=timezone.now) == 0
    group.refresh_from_db()
    assert group.realised_pnl == before + FundingPayment.objects.get().amount


def test_positions_balances_and_all_invariants_agree_with_the_venue(perps: Desk) -> None:
    short(perps)
    perps.refresh()
    assert reconcile.strange_positions(perps.account.pk, gateway=perps.gateway) == []
    assert dict(reconcile.unexplained(perps.account.pk, gateway=perps.gateway)) == {}
    assert {
        name: found.violations for name, check in CHECKS.items() if (found := check(timezone.now())).violations
    } == {}


def test_a_position_that_is_not_ours_fails_the_account_closed(perps: Desk) -> None:
    client: Any = perps.gateway._client  # type: ignore[attr-defined]
    client.create_order("BTC/USDT:USDT", "market", "buy", 1)
    reconcile.reconcile(perps.account.pk, gateway=perps.gateway, clock=timezone.now, timing=connect.timing())
    perps.account.refresh_from_db()
    assert perps.account.health == "POSITION_DIFFERS"
    assert sell(perps, "60000").startswith("ACCOUNT_UNHEALTHY")


def test_what_fell_below_the_least_value_is_closed_all_the_same(perps: Desk) -> None:
    """An order that reduces needs no least value: a position is never left at the venue for its size."""
    one_leg(perps)
    market = Instrument.objects.get(venue=perps.account.venue, symbol="ETH/USDT:USDT")
    perps.setting("capital_per_pyramid", f"{market.min_notional + 1 if market.min_notional else 31} USDT")
    perps.price("ETHUSDT", "3000")
    alert = perps.alert(symbol="ETHUSDT.P", action="buy", price="3000", interval="60")
    perps.decide()
    alert.refresh_from_db()
    assert alert.outcome == "ENTERED", alert.reason
    perps.settle()
    perps.price("ETHUSDT", "2800")
    perps.settle()
    group = PositionGroup.objects.get()
    held = group.qty * market.contract_size * 2800
    assert held > 0
    assert held < market.min_notional or not market.min_notional
    perps.alert(symbol="ETHUSDT.P", action="exit")
    perps.decide()
    perps.settle()
    group.refresh_from_db()
    assert (group.status, group.qty, perps.gateway.positions()) == ("CLOSED", 0, [])


def test_a_one_way_account_holds_what_its_sides_come_to(perps: Desk) -> None:
    group = short(perps)
    held = {("BTC/USDT:USDT", "SHORT"): group.qty}
    assert reconcile.held_positions(perps.account.pk) == held
    left = group.instrument.lot_step
    PositionGroup.objects.create(
        **{f.attname: getattr(group, f.attname) for f in group._meta.concrete_fields if f.attname not in ("id", "qty")}
        | {"side": "LONG", "qty": left, "closed_at": timezone.now(), "status": "CLOSED"}
    )
    assert reconcile.held_positions(perps.account.pk) == {("BTC/USDT:USDT", "SHORT"): group.qty - left}


@pytest.mark.parametrize(("symbol", "said"), [("BTC/USDT:USDT", 0), ("ETH/USDT:USDT", 1)])
def test_an_order_for_a_person_excuses_its_own_market_alone(perps: Desk, symbol: str, said: int) -> None:
    group = short(perps)
    PositionGroup.objects.update(qty=group.qty * 2)  # BTC differs from now on
    of = Instrument.objects.get(venue=perps.account.venue, symbol=symbol)
    Order.objects.filter(state="OPEN").update(state="NEEDS_HUMAN", instrument=of)
    assert len(reconcile.strange_positions(perps.account.pk, gateway=perps.gateway)) == said


def test_a_stop_beyond_what_goes_at_market_stands_for_a_part(perps: Desk) -> None:
    market = Instrument.objects.filter(venue=perps.account.venue, symbol="BTC/USDT:USDT")
    perps.setting("per_symbol_pct", "50")
    assert sell(perps, "60000", size="1000 USDT").startswith("ENTERED")
    step = market.get().lot_step
    market.update(max_market_qty=step)
    instruments.forget()
    perps.price("BTCUSDT", "60350")  # two legs
    perps.settle()
    assert PositionGroup.objects.get().qty > step
    assert [order.qty for order in Order.objects.filter(purpose="STOP", state="OPEN")] == [step]


def test_leverage_lets_a_position_be_larger_than_what_is_free(perps: Desk) -> None:
    """1 000 are free: 1 800 at 2 × need a margin of 900."""
    ExchangeAccount.objects.update(leverage=2)
    perps.account.refresh_from_db()
    perps.setting("per_symbol_pct", "50")
    Balance.objects.update(free=1000)
    alert = perps.alert(symbol="BTCUSDT.P", action="sell", price="60000", interval="60", size="1800 USDT")
    perps.decide()
    alert.refresh_from_db()
    assert alert.outcome == "ENTERED", alert.reason
    assert Pyramid.objects.get().capital == 1800
