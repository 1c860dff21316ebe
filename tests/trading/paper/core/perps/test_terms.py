"""Prices from the book, orders with an end, self-trade prevention, and the insurance fund."""

from dataclasses import replace

import pytest

from tests.trading.paper.core.perps.worlds import BTC, ann, ask_for, carry_out, move, place, wait_for, wallet, world
from tests.trading.paper.core.worlds import a
from trading.paper.core.depth import Depth
from trading.paper.core.orders import SelfTrade, Status, Terms
from trading.paper.core.perps import commands, trades
from trading.paper.core.perps.state import Perps
from trading.paper.core.refusals import Reason, Refused

# Asks at 60,000.1 60,000.6 …, bids at 59,999.9 59,999.4 …
BOOK = Depth(spread_ticks=2, levels=6, step_bps=0, level_notional=a("1000000"))


@pytest.mark.parametrize(
    ("side", "wanted", "price"),
    [
        ("BUY", "OPPONENT", "60000.1"),
        ("BUY", "OPPONENT_5", "60000.5"),
        ("BUY", "QUEUE", "59999.9"),
        ("BUY", "QUEUE_5", "59999.5"),
        ("SELL", "OPPONENT", "59999.9"),
        ("SELL", "QUEUE", "60000.1"),
    ],
)
def test_a_price_from_the_book(side: str, wanted: str, price: str) -> None:
    order = place(world(depth=BOOK), side, "0.01", "1", price_match=wanted)
    assert (order.price, order.price_match) == (a(price), wanted)


def test_a_level_that_is_not_there() -> None:
    with pytest.raises(Refused) as refused:
        place(world(depth=BOOK), "BUY", "0.01", "1", price_match="OPPONENT_20")
    assert refused.value.reason is Reason.NO_LEVEL


def test_an_amended_order_takes_the_price_of_now() -> None:
    perps = world(depth=BOOK)
    order = place(perps, "BUY", "0.01", "59000")
    carry_out(perps, commands.amend(perps, order, ask_for("BUY", "0.01", "1", price_match="QUEUE"), now_ms=2))
    assert order.price == a("59999.9")


@pytest.mark.parametrize(("now_ms", "status"), [(999, Status.NEW), (1000, Status.EXPIRED), (5000, Status.EXPIRED)])
def test_an_order_ends_with_its_time(now_ms: int, status: Status) -> None:
    perps = world()
    order, other = (place(perps, "BUY", "0.01", "59000", good_till_ms=until) for until in (1000, 0))
    carry_out(perps, trades.expire(perps, now_ms=now_ms))
    assert (order.status, other.status) == (status, Status.NEW)
    assert (order.id in perps.timed) is order.open


def test_who_has_ended_before_its_time_is_not_ended_again() -> None:
    perps = world()
    order = place(perps, "BUY", "0.01", "59000", good_till_ms=1000)
    carry_out(perps, commands.cancel(order, now_ms=2))
    assert list(trades.expire(perps, now_ms=2000)) == []


@pytest.mark.parametrize(
    ("mode", "taker", "own"),
    [
        (SelfTrade.NONE, (Status.FILLED, "0.02"), (Status.FILLED, "0.01")),
        (SelfTrade.EXPIRE_TAKER, (Status.EXPIRED_IN_MATCH, "0"), (Status.NEW, "0")),
        (SelfTrade.EXPIRE_MAKER, (Status.PARTIALLY_FILLED, "0.01"), (Status.EXPIRED_IN_MATCH, "0")),
        (SelfTrade.EXPIRE_BOTH, (Status.EXPIRED_IN_MATCH, "0"), (Status.EXPIRED_IN_MATCH, "0")),
    ],
)
def test_nobody_trades_with_himself_who_does_not_want_to(
    mode: SelfTrade, taker: tuple[Status, str], own: tuple[Status, str]
) -> None:
    perps = world(depth=Depth(levels=0))
    mine = place(perps, "SELL", "0.01", "60000")
    place(perps, "SELL", "0.01", "60001", account="bob")
    terms = Terms(0, self_trade=mode.value) if mode is not SelfTrade.NONE else None
    order = place(perps, "BUY", "0.02", "60001", terms=terms)
    assert (order.status, order.filled) == (taker[0], a(taker[1]))
    assert (mine.status, mine.filled) == (own[0], a(own[1]))


def test_a_stop_that_a_gap_made_too_late_is_insured() -> None:
    perps = world(wallet="1000")
    place(perps, "BUY", "0.2")  # wallet 994
    wait_for(perps, "SELL", "STOP_MARKET", "0.2", trigger_price="58000")
    move(perps, "50000")  # the stop sells at 50,000, a loss of 2,000 and 5 of fee
    assert (ann(perps).held(), wallet(perps)) == ([], 0)
    assert [one.kind for one in ann(perps).incomes][-1] == "INSURANCE_CLEAR"


def with_fund(fund: str, rate: str) -> Perps:
    perps = world(wallet="1000")
    perps.contracts["BTCUSDT"] = perps.markets["BTCUSDT"].instrument = replace(BTC, liquidation_rate=a(rate))
    perps.insurance = a(fund)
    place(perps, "BUY", "0.2")  # wallet 1,000 − 6 = 994
    return perps


@pytest.mark.parametrize(
    ("price", "rate", "fund", "wallet_", "fund_after"),
    [
        # 994 − 0.2 × 4,415 − 5.5585 fee = 105.4415 left; 0.5 % of 11,117 = 55.585
        ("55585", "0.005", "100", 105.4415 - 55.585, 155.585),
        ("55585", "0.0125", "100", 0, 205.4415),  # 1.25 % would be more than is left
        ("50000", "0.0125", "5000", 0, 5000 - 1011),  # 994 − 2,000 − 5 fee = −1,011
        ("50000", "0.0125", "11", -1000, 0),  # beyond the fund
    ],
)
def test_the_fund_takes_its_fee_and_pays_as_far_as_it_reaches(
    price: str, rate: str, fund: str, wallet_: float, fund_after: float
) -> None:
    perps = with_fund(fund, rate)
    move(perps, price)
    assert not ann(perps).held()
    assert wallet(perps) == pytest.approx(wallet_)
    assert perps.insurance / 10**8 == pytest.approx(fund_after)
