"""What trading costs: rates by volume, rebates, and fees in another coin."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trading.paper.core.worlds import BTC, a, ask_for, carry_out, place, world
from trading.paper.core import commands
from trading.paper.core.depth import Depth
from trading.paper.core.fees import BPS, DAY_MS, LADDER, Discount, FeeRates, Tier, Traded, rates_at
from trading.paper.core.market import Market
from trading.paper.core.state import State

EMPTY = Depth(levels=0)
BASE = FeeRates(maker=10 * BPS, taker=20 * BPS)
TIERS = (Tier(a("100"), 50, 100), Tier(a("1000"), -20, 60))


@pytest.mark.parametrize(
    ("volume", "maker", "taker"),
    [
        ("0", 10, 20),
        ("99.99999999", 10, 20),
        ("100", 5, 20),  # half of 10, all of 20
        ("1000", -2, 12),  # a fifth of 10 given back, 60 % of 20
        ("1000000", -2, 12),
    ],
)
def test_the_highest_tier_reached_sets_the_rates(volume: str, maker: int, taker: int) -> None:
    assert rates_at(BASE, TIERS, a(volume)) == FeeRates(maker * BPS, taker * BPS)


@given(st.integers(0, 10**20), st.integers(-(10**6), 10**6))
def test_fees_and_rebates_round_towards_nothing(amount: int, rate: int) -> None:
    fee = FeeRates(maker=rate, taker=0).fee(amount, maker=True)
    assert abs(fee) == amount * abs(rate) // 10**8
    assert fee == 0 or (fee > 0) is (rate > 0)


def test_the_ladder_only_ever_gets_cheaper() -> None:
    rates = [rates_at(BASE, LADDER, volume) for volume in (0, *(tier.volume for tier in LADDER))]
    assert rates == sorted(rates, key=lambda one: (one.maker, one.taker), reverse=True)
    assert rates[-1].maker < 0 < rates[-1].taker


@pytest.mark.parametrize(("day", "volume"), [(1, 3), (29, 3), (30, 2), (31, 0)])
def test_volume_counts_for_thirty_days(day: int, volume: int) -> None:
    traded = Traded()
    traded.add(0, 1)
    traded.add(DAY_MS, 2)
    assert traded.volume(day * DAY_MS) == volume


def test_days_that_count_no_more_are_forgotten() -> None:
    traded = Traded()
    for day in range(100):
        traded.add(day * DAY_MS, 1)
    assert (len(traded.by_day), traded.volume(99 * DAY_MS)) == (30, 30)


def test_a_maker_of_the_last_tier_is_paid() -> None:
    state = world(depth=EMPTY, funds={"USDT": "10000", "BTC": "1"})
    state.tiers = (Tier(a("1"), -50, 100),)
    for _ in range(2):  # the first trade at the usual rates reaches the tier
        place(state, ask_for("SELL", "0.1", "1000", account="bob"))
        bought = place(state, ask_for("BUY", "0.1", "1000"))
    rebate = state.orders[3].fills[0]
    assert (rebate.maker, rebate.fee) == (True, -a("0.05"))  # 100 × 10 bps × −50 %
    assert bought.fills[0].fee == a("0.0001")  # 0.1 × 10 bps
    assert state.accounts["bob"].free("USDT") == a("10000") + 2 * a("100") - a("0.1") + a("0.05")


def with_coin(coins: str, *, burns: bool = True, price: str = "500") -> State:
    state = world(depth=EMPTY, funds={"USDT": "10000", "BTC": "1", "BNB": coins})
    state.discount = Discount("BNB", 2_500)
    coin = replace(BTC, symbol="BNBUSDT", base="BNB")
    state.markets["BNBUSDT"] = Market(instrument=coin, depth=EMPTY, price=a(price))
    carry_out(state, commands.discount("ann", on=burns, now_ms=1))
    return state


# 1 × 1,000 at 10 bps = 1 USDT; a quarter less = 0.75; at 500 a coin = 0.0015
@pytest.mark.parametrize(
    ("state", "fee", "asset", "coins"),
    [
        (with_coin("1"), "0.0015", "BNB", "0.9985"),
        (with_coin("0.0015"), "0.0015", "BNB", "0"),
        (with_coin("0.00149999"), "0.001", "BTC", "0.00149999"),
        (with_coin("1", burns=False), "0.001", "BTC", "1"),
        (with_coin("1", price="0"), "0.001", "BTC", "1"),
    ],
)
def test_fees_in_the_discount_coin_as_far_as_it_reaches(state: State, fee: str, asset: str, coins: str) -> None:
    place(state, ask_for("SELL", "1", "1000", account="bob"))
    bought = place(state, ask_for("BUY", "1", "1000"))
    fill = bought.fills[0]
    assert (fill.fee, fill.fee_asset) == (a(fee), asset)
    assert state.accounts["ann"].free("BNB") == a(coins)


@pytest.mark.parametrize(("side", "fee", "asset"), [("BUY", "0.00075", "BNB"), ("SELL", "0.5", "USDT")])
def test_the_coins_own_pair(side: str, fee: str, asset: str) -> None:
    """Who buys the coin pays less of it, who sells it pays as usual: of 1 coin at 500, 10 bps."""
    state = with_coin("10")
    carry_out(state, commands.discount("bob", on=False, now_ms=1))
    other = "SELL" if side == "BUY" else "BUY"
    place(state, ask_for(other, "1", "500", account="bob", symbol="BNBUSDT"))
    fill = place(state, ask_for(side, "1", "500", symbol="BNBUSDT")).fills[0]
    assert (fill.fee, fill.fee_asset) == (a(fee), asset)


def test_one_order_with_many_fills_spends_a_coin_once() -> None:
    state = with_coin("0.002")  # enough for one of two fills
    for _ in range(2):
        place(state, ask_for("SELL", "0.5", "2000", account="bob"))
    bought = place(state, ask_for("BUY", "1", "2000"))
    assert [fill.fee_asset for fill in bought.fills] == ["BNB", "BTC"]
