"""Trades by hand at the venue: noticed, refused entries meanwhile, and adopted on request."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from project.accounts.models import BalanceMovement, ExchangeAccount
from tests.support.factories import Desk, make_desk
from tests.support.levers import one_leg
from tests.support.paper import PaperExchange
from tests.trading.services.test_strangers import by_hand, reconciled
from trading.models import Order, PositionGroup
from trading.services import adopt, realised, reconcile
from trading.services.invariants import CHECKS


@pytest.fixture
def perps(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """An armed futures account on the live paper exchange."""
    paper_process.faults([])
    yield make_desk(paper_process, venue="binanceusdm")


def health() -> str:
    found: str = ExchangeAccount.objects.values_list("health", flat=True).get()
    return found


def adopted(desk: Desk) -> tuple[adopt.HandTrade, ...]:
    return adopt.adopt(desk.account, operator="ana", gateway=desk.gateway, clock=timezone.now)


def holds(*names: str) -> list[tuple[str, ...]]:
    return [CHECKS[name](timezone.now()).violations for name in names]


def long_of(desk: Desk) -> PositionGroup:
    """One leg of 0.05 BTC, bought, its target resting."""
    desk.setting("per_symbol_pct", "50")
    one_leg(desk).buy(price="60010", size="3000 USDT")
    return PositionGroup.objects.get()


def sold_by_hand(desk: Desk, qty: str) -> None:
    """Somebody cancels our target at the venue and sells."""
    client: Any = desk.gateway._client  # type: ignore[attr-defined]
    client.cancel_all_orders("BTC/USDT")
    by_hand(desk, "sell", qty)


def test_what_was_sold_by_hand_on_spot_stops_entries_until_it_is_adopted(desk: Desk) -> None:
    group = long_of(desk)
    held = group.qty
    sold_by_hand(desk, "0.03")
    reconciled(desk)
    assert health() == "POSITION_DIFFERS"
    (trade,) = adopted(desk)
    assert (trade.group.pk, trade.qty) == (group.pk, Decimal("0.03"))
    desk.settle()  # a target for all of it was on its way, in vain; the wait after its rejection passes
    Order.objects.filter(state="REJECTED").update(updated_at=timezone.now() - timedelta(hours=1))
    desk.sweep()
    reconciled(desk)
    group.refresh_from_db()
    assert (health(), group.qty) == ("", held - Decimal("0.03"))
    target = Order.objects.filter(purpose="TARGET", state="OPEN").get()
    assert target.qty <= group.qty
    assert holds("I1", "I2", "I6", "I8", "I9", "I12", "I13") == [()] * 7


def test_a_group_sold_whole_by_hand_closes_with_its_result(desk: Desk) -> None:
    group = long_of(desk)
    sold_by_hand(desk, str(group.qty.normalize()))
    reconciled(desk)
    adopted(desk)
    desk.settle()
    reconciled(desk)
    group.refresh_from_db()
    assert group.status in ("CLOSED", "DUST_CLOSED")
    assert health() == ""
    foreign = BalanceMovement.objects.filter(kind="foreign").values_list("currency", "amount")
    assert sum(amount for currency, amount in foreign if currency == "USDT") == 0
    assert holds("I6", "I12", "I13") == [()] * 3


def test_a_short_bought_back_by_hand_is_adopted_and_its_account_trades_again(perps: Desk) -> None:
    perps.setting("per_symbol_pct", "50")
    perps.setting("legs", [["0", "100", "1"]])
    perps.alert(symbol="BTCUSDT.P", action="sell", price="59990", interval="60", size="3000 USDT")
    perps.decide()
    perps.settle()
    group = PositionGroup.objects.get()
    by_hand(perps, "buy", "0.02")
    reconciled(perps)
    assert health() == "POSITION_DIFFERS"
    assert adopted(perps)
    perps.settle()
    reconciled(perps)
    group.refresh_from_db()
    assert (health(), group.qty) == ("", Decimal("0.03"))
    assert holds("I1", "I6", "I9", "I12", "I13") == [()] * 5


@pytest.mark.parametrize("venue", ["binanceusdm", "kucoinfutures"])
def test_what_a_trade_by_hand_brought_is_no_foreign_movement_any_more(
    transactional_db: None, paper_process: PaperExchange, venue: str
) -> None:
    """A LONG sold 1 % higher; KuCoin does not say with an execution what it brought, so that our books work it out."""
    paper_process.faults([])
    perps = make_desk(paper_process, venue=venue)
    perps.setting("per_symbol_pct", "50")
    one_leg(perps).buy("BTCUSDT.P", price="60010", size="3000 USDT")
    perps.price("BTCUSDT", "60500")
    gateway: Any = perps.gateway
    sold = gateway._manners.amount(Decimal("0.02") / PositionGroup.objects.get().instrument.contract_size)
    gateway._client.create_order("BTC/USDT:USDT", "market", "sell", sold, None, {"reduceOnly": True})
    reconciled(perps)
    assert len(adopted(perps)) == 1
    foreign = BalanceMovement.objects.filter(kind="foreign", currency="USDT").values_list("amount", flat=True)
    assert abs(sum(foreign)) <= realised.slack(perps.account.pk)
    assert dict(reconcile.unexplained(perps.account.pk, gateway=gateway)) == {}


def test_a_purchase_by_hand_stays_the_persons_own(desk: Desk) -> None:
    long_of(desk)
    by_hand(desk, "buy", "0.01")
    reconciled(desk)
    assert health() == ""
    assert adopted(desk) == ()


def test_two_adoptions_at_once_book_a_trade_once(desk: Desk) -> None:
    long_of(desk)
    sold_by_hand(desk, "0.03")
    reconciled(desk)
    assert len(adopted(desk)) == 1
    assert adopted(desk) == ()
    assert reconcile.unexplained(desk.account.pk, gateway=desk.gateway) == {}


def test_while_an_order_of_ours_is_undecided_nothing_is_adopted(desk: Desk) -> None:
    """What looks like a sale by hand may be our own, of which we do not know the number yet."""
    long_of(desk)
    sold_by_hand(desk, "0.03")
    reconciled(desk)
    Order.objects.filter(purpose="TARGET").update(state="UNKNOWN", next_poll_at=timezone.now() + timedelta(hours=1))
    assert adopted(desk) == ()


def test_an_order_by_hand_is_adopted_once_it_has_ended(desk: Desk) -> None:
    group = long_of(desk)
    client: Any = desk.gateway._client  # type: ignore[attr-defined]
    client.cancel_all_orders("BTC/USDT")
    desk.paper.depth("BTCUSDT", levels=1, level_notional=600)
    number = by_hand(desk, "sell", "0.03", "59990")
    desk.paper.depth("BTCUSDT", levels=20, level_notional=250000)
    assert client.fetch_order(number, "BTC/USDT")["status"] == "open"
    assert adopted(desk) == ()
    client.cancel_order(number, "BTC/USDT")
    (trade,) = adopted(desk)
    assert (trade.group.pk, trade.qty > 0) == (group.pk, True)
