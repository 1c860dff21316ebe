"""The invariants hold after real trading, count what they looked at, and notice what is wrong."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.utils import timezone

from project.accounts.models import Balance
from project.journal import sealer
from tests.support.factories import Desk, make_desk
from tests.support.levers import chosen, one_leg
from tests.support.paper import PaperExchange
from trading.models import Fill, Order, PositionGroup, Slot
from trading.services.invariants import CHECKS, check_all


def traded(desk: Desk) -> None:
    """One group closed by an exit, one open with a resting target."""
    desk.buy(price="60000")
    desk.price("BTCUSDT", "59600")
    desk.settle()
    desk.alert(symbol="BTCUSDT", action="sell", interval="60")
    desk.decide()
    desk.settle()
    desk.buy("ETHUSDT", price="3000")
    desk.price("ETHUSDT", "2999")
    desk.settle()
    desk.refresh()
    while sealer.seal_batch(holder="test", now=timezone.now()):
        pass


def test_all_hold_after_trading_and_each_checked_something(desk: Desk) -> None:
    traded(desk)
    results = check_all(clock=timezone.now, settle_secs=0)
    assert {name: r.violations for name, r in results.items() if r.held is False} == {}
    assert all(results[name].checked > 0 for name in CHECKS if name != "I7")  # there was no emergency
    assert {name for name, r in results.items() if r.held is None} == {"I7", "I10"}


def test_a_new_installation_has_nothing_to_check(desk: Desk) -> None:
    results = check_all(clock=timezone.now, settle_secs=0)
    assert (results["I1"].held, results["I1"].reason) == (None, "nothing to check yet")


def broken(name: str) -> tuple[str, ...]:
    return CHECKS[name](timezone.now()).violations


def test_a_lost_fill_breaks_agreement_with_the_venue(desk: Desk) -> None:
    traded(desk)
    Fill.objects.order_by("id").first().delete()
    assert len(broken("I1")) == 1
    assert broken("I6")


def test_a_target_that_vanished_leaves_a_naked_quantity(desk: Desk) -> None:
    traded(desk)
    Order.objects.filter(purpose="TARGET", state="OPEN").update(state="CANCELED")
    assert "without an exit" in broken("I13")[0]


def test_an_order_that_rests_only_in_our_books_is_noticed(desk: Desk) -> None:
    traded(desk)
    Order.objects.filter(purpose="ENTRY", state="OPEN").update(venue_order_id="999999999")
    assert "not open there" in broken("I3")[0]


def test_an_order_of_another_market_with_the_same_number_does_not_stand_for_it(desk: Desk) -> None:
    traded(desk)
    desk.buy("SOLUSDT", price="149.9")
    number = Order.objects.filter(purpose="ENTRY", state="OPEN", instrument__base="ETH").first().venue_order_id
    lost = Order.objects.filter(purpose="ENTRY", state="OPEN", instrument__base="SOL").first()
    Order.objects.filter(pk=lost.pk).update(venue_order_id=number)
    assert broken("I3") == (f"order {lost.pk} is OPEN here and not open there",)


@pytest.fixture
def guarded(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """A futures account with two positions, each with a stop that waits at the venue."""
    paper_process.faults([])
    perps = make_desk(paper_process, venue="binanceusdm")
    chosen(one_leg(perps), per_symbol_pct="50", stop="fixed", fixed_stop_pct="3")
    for symbol, price in (("BTCUSDT.P", "60010"), ("ETHUSDT.P", "3001")):
        perps.buy(symbol, price=price, size="1000 USDT")
    yield perps


def test_a_stop_that_waits_does_not_stand_for_another_that_is_lost(guarded: Desk) -> None:
    """Neither has an order number yet: they are told apart by what the venue calls a conditional order."""
    assert broken("I3") == ()
    stops = Order.objects.filter(purpose="STOP", state="OPEN", venue_order_id="")
    assert stops.count() == 2
    lost = stops.get(instrument__base="BTC")
    Order.objects.filter(pk=lost.pk).update(venue_algo_id="999999999")
    assert broken("I3") == (f"order {lost.pk} is OPEN here and not open there",)


def test_a_state_the_journal_does_not_tell_of_is_noticed(desk: Desk) -> None:
    traded(desk)
    Order.objects.filter(state="FILLED").update(state="CANCELED")
    assert broken("I9")


def test_a_slot_over_the_pool_is_noticed(desk: Desk) -> None:
    traded(desk)
    Slot.objects.update(pool_size=0)
    assert len(broken("I4")) == 2


def test_exits_beyond_holdings_and_reversals_are_noticed(desk: Desk) -> None:
    traded(desk)
    Order.objects.filter(purpose="TARGET", state="OPEN").update(qty=1000)
    PositionGroup.objects.filter(status="CLOSED").update(qty=-1)
    assert len(broken("I8")) == 2


def test_purchases_that_nobody_could_pay_are_noticed(desk: Desk) -> None:
    one_leg(desk).buy("ETHUSDT", price="3000")
    desk.refresh()
    assert broken("I11") == ()
    Balance.objects.filter(currency="USDT").update(total=Decimal("99.9"))  # 100 USDT are reserved: 1 % of 10,000
    assert broken("I11") == (f"{desk.account.name}: 99.9999 reserved of 99.9 USDT",)
