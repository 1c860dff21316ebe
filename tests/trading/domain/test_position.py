"""Positions from fills: quantities, costs, profits, fees, to the last cent and in any order."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trading.domain.build import BTC, NOON, PERP, fill
from trading.domain.position import FillView, from_fills, leg_qty, pnl_pct, unrealised
from trading.domain.vocabulary import PositionSide, Side

D = Decimal
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
BUY, SELL = Side.BUY, Side.SELL


def test_no_fills_no_position() -> None:
    position = from_fills([], side=LONG, rules=BTC)
    assert (position.qty, position.cost, position.average_entry, position.break_even) == (0, 0, None, None)
    assert (unrealised(position, D(100)), pnl_pct(position, D(100))) == (0, 0)


def test_a_long_with_fees_in_base_and_a_sale_with_a_fee_in_quote() -> None:
    """Buy 1 at 100, fee 0.001 BTC; buy 1 at 90, fee 0.001 BTC; sell 0.999 at 110, fee 0.11 USDT."""
    fills = [
        fill(BUY, 1, 100, fee=D("0.001"), fee_currency="BTC"),
        fill(BUY, 1, 90, fee=D("0.001"), fee_currency="BTC", after=1),
        fill(SELL, "0.999", 110, fee=D("0.11"), after=2),
    ]
    position = from_fills(fills, side=LONG, rules=BTC)
    # 0.999 + 0.999 − 0.999 of 190 USDT: half the cost left with the sale
    assert (position.entry_qty, position.exit_qty, position.qty) == (D("1.998"), D("0.999"), D("0.999"))
    assert (position.cost, position.entry_cost, position.fees_base) == (D(95), D(190), D("0.002"))
    # 0.999 × 110 − 95 − 0.11
    assert position.realised_pnl == D("14.78")
    # 95 ÷ 0.999
    assert position.average_entry == D("95.095095095095095095")
    # (95 − 14.78) ÷ (0.999 × 0.999)
    assert position.break_even == (D("80.22") / D("0.998001")).quantize(D("1E-18"))
    # 0.999 × 100 − 95; (14.78 + 4.9) ÷ 190
    assert unrealised(position, D(100)) == D("4.9")
    assert pnl_pct(position, D(100)).quantize(D("0.0001")) == D("10.3579")


def test_a_short_earns_when_the_price_falls() -> None:
    """Sell 2 at 100, buy 1 back at 90; fees 0.2 and 0.09; funding 0.05 received."""
    fills = [fill(SELL, 2, 100, fee=D("0.2")), fill(BUY, 1, 90, fee=D("0.09"), after=1)]
    position = from_fills(fills, side=SHORT, rules=PERP, funding=D("0.05"))
    assert (position.qty, position.cost, position.average_entry) == (D(1), D(100), D(100))
    # 100 − 90 − 0.29 + 0.05
    assert position.realised_pnl == D("9.76")
    assert unrealised(position, D(95)) == D(5)
    # (100 + 9.76) ÷ 1.001
    assert position.break_even == (D("109.76") / D("1.001")).quantize(D("1E-18"))


def test_a_later_entry_does_not_rewrite_an_earlier_profit() -> None:
    """Buy 1 at 100, sell it at 110, buy 1 at 50: the 10 stay earned, and the average is 50."""
    fills = [fill(BUY, 1, 100), fill(SELL, 1, 110, after=1), fill(BUY, 1, 50, after=2)]
    position = from_fills(fills, side=LONG, rules=BTC)
    assert (position.realised_pnl, position.average_entry, position.cost) == (D(10), D(50), D(50))


def test_a_closed_position_keeps_the_average_of_its_entries() -> None:
    fills = [fill(BUY, 1, 100), fill(BUY, 3, 80), fill(SELL, 4, 90, after=1)]
    position = from_fills(fills, side=LONG, rules=BTC)
    # 100 + 240 over 4; 360 − 340
    assert (position.qty, position.average_entry, position.break_even) == (0, D(85), None)
    assert position.realised_pnl == D(20)


def test_contracts_are_worth_their_size() -> None:
    """10 contracts of 0.01 BTC: 0.1 BTC from 50 000 to 51 000."""
    rules = replace(PERP, contract_size=D("0.01"))
    position = from_fills([fill(BUY, 10, 50000)], side=LONG, rules=rules)
    assert (position.cost, position.average_entry) == (D(5000), D(50000))
    assert unrealised(position, D(51000)) == D(100)
    # 5 000 ÷ (10 × 0.01 × 0.999)
    assert position.break_even == (D(5000) / D("0.0999")).quantize(D("1E-18"))


def test_at_one_instant_entries_come_before_exits() -> None:
    position = from_fills([fill(SELL, 1, 110), fill(BUY, 1, 120)], side=LONG, rules=BTC)
    assert (position.qty, position.realised_pnl) == (0, D(-10))


@pytest.mark.parametrize(
    ("currency", "worth", "rules", "fees_quote", "fees_base", "unpriced", "qty"),
    [
        ("USDT", None, BTC, "2", "0", (), "1"),
        ("BTC", None, BTC, "0", "2", (), "-1"),  # out of the quantity: 1 − 2
        ("BTC", None, PERP, "200", "0", (), "1"),  # futures: out of the margin, 2 × 100
        ("BNB", 600, BTC, "1200", "0", (), "1"),  # 2 × 600
        ("BNB", 600, PERP, "1200", "0", (), "1"),
        ("KCS", None, BTC, "0", "0", (("KCS", D(2)),), "1"),
        ("USDT", 600, BTC, "2", "0", (), "1"),  # what needs no price has none, whatever stands there
        ("BTC", 600, PERP, "200", "0", (), "1"),
    ],
)
def test_where_a_fee_goes(
    currency: str,
    worth: int | None,
    rules: object,
    fees_quote: str,
    fees_base: str,
    unpriced: tuple[object, ...],
    qty: str,
) -> None:
    price = None if worth is None else D(worth)
    fills = [fill(BUY, 1, 100, fee=D(2), fee_currency=currency, fee_price=price)]
    position = from_fills(fills, side=LONG, rules=rules)
    assert (position.fees_quote, position.fees_base) == (D(fees_quote), D(fees_base))
    assert (position.unpriced_fees, position.qty) == (unpriced, D(qty))


def test_fees_that_cannot_be_valued_are_named_in_order_and_no_fee_is_none() -> None:
    fees = [("KCS", "2"), ("BNB", "3"), ("KCS", "1"), ("OKB", "0")]
    fills = [fill(BUY, 1, 100, fee=D(fee), fee_currency=name, after=n) for n, (name, fee) in enumerate(fees)]
    assert from_fills(fills, side=LONG, rules=BTC).unpriced_fees == (("BNB", D(3)), ("KCS", D(3)))


def test_each_fee_counts_at_its_own_price_and_break_even_pays_for_it() -> None:
    """Buy 1 at 100 for 0.0002 BNB at 500, and 1 at 90 for 0.0002 BNB at 450; sell 1 at 110 for 0.0001 BNB nobody has a price of."""
    fills = [
        fill(BUY, 1, 100, fee=D("0.0002"), fee_currency="BNB", fee_price=D(500)),
        fill(BUY, 1, 90, fee=D("0.0002"), fee_currency="BNB", fee_price=D(450), after=1),
        fill(SELL, 1, 110, fee=D("0.0001"), fee_currency="BNB", after=2),
    ]
    position = from_fills(fills, side=LONG, rules=BTC)
    # 0.1 + 0.09; 110 − 95 − 0.19
    assert (position.fees_quote, position.realised_pnl) == (D("0.19"), D("14.81"))
    assert position.unpriced_fees == (("BNB", D("0.0001")),)
    # (95 − 14.81) ÷ 0.999
    assert position.break_even == (D("80.19") / D("0.999")).quantize(D("1E-18"))


def test_a_sale_may_pay_its_fee_in_base_and_a_rebate_adds() -> None:
    fills = [
        fill(BUY, 1, 100, fee=D("-0.01"), fee_currency="BTC"),
        fill(SELL, "0.5", 100, fee=D("0.005"), fee_currency="BTC", after=1),
    ]
    position = from_fills(fills, side=LONG, rules=BTC)
    # 1.01 in, 0.505 out: half of it
    assert (position.qty, position.cost, position.fees_base) == (D("0.505"), D(50), D("-0.005"))


def test_what_was_sold_beyond_the_holding_is_shown_and_earns_nothing() -> None:
    """Buy 1 at 100, sell 2 at 110: 1 is covered and earns 10, the other is somebody else's."""
    position = from_fills([fill(BUY, 1, 100), fill(SELL, 2, 110, after=1)], side=LONG, rules=BTC)
    assert (position.qty, position.cost, position.realised_pnl) == (D(-1), D(0), D(10))


def test_a_sale_from_nothing_earns_nothing() -> None:
    position = from_fills([fill(SELL, 2, 110)], side=LONG, rules=BTC)
    assert (position.qty, position.realised_pnl, position.average_entry) == (D(-2), D(0), None)


def test_a_leg_holds_its_entries_after_base_fees() -> None:
    fills = [fill(BUY, 1, 100, fee=D("0.001"), fee_currency="BTC"), fill(SELL, "0.5", 101, after=1)]
    assert leg_qty(fills, side=LONG, rules=BTC) == D("0.999")


def test_break_even_is_never_below_zero() -> None:
    """Half sold at ten times the price has paid for everything."""
    position = from_fills([fill(BUY, 2, 100), fill(SELL, 1, 1000, after=1)], side=LONG, rules=BTC)
    assert position.break_even == 0


FILLS = st.lists(
    st.builds(
        fill,
        st.sampled_from(Side),
        st.decimals("0.001", 100, places=5),
        st.decimals(1, 90000, places=2),
        fee=st.decimals(-1, 1, places=8),
        fee_currency=st.sampled_from(["USDT", "BNB", "KCS"]),
        fee_price=st.none() | st.decimals("0.01", 900, places=8),
        after=st.integers(0, 3),
        leg_id=st.none() | st.integers(1, 5),
    ),
    max_size=12,
)


@given(FILLS, st.sampled_from(PositionSide), st.randoms(use_true_random=False))
def test_the_order_of_recording_does_not_matter(fills: list[FillView], side: PositionSide, chance: object) -> None:
    shuffled = list(fills)
    chance.shuffle(shuffled)
    assert from_fills(shuffled, side=side, rules=PERP) == from_fills(fills, side=side, rules=PERP)


@given(FILLS, st.sampled_from(PositionSide), st.decimals("0.01", 900, places=8))
def test_a_price_that_comes_late_gives_what_one_at_once_would_have_given(
    fills: list[FillView], side: PositionSide, price: Decimal
) -> None:
    """Nothing but fees moves, by each fee at its price: what was unpriced is in the result afterwards."""
    before = from_fills([replace(f, fee_price=None) for f in fills], side=side, rules=PERP)
    after = from_fills([replace(f, fee_price=price) for f in fills], side=side, rules=PERP)
    worth = sum((fee * price for _, fee in before.unpriced_fees), D(0))
    assert (after.fees_quote, after.realised_pnl) == (before.fees_quote + worth, before.realised_pnl - worth)
    assert (after.qty, after.cost, after.unpriced_fees) == (before.qty, before.cost, ())


@given(FILLS, st.sampled_from(PositionSide), st.decimals(1, 90000, places=2))
def test_when_all_is_closed_the_profit_is_what_came_in_less_what_went_out(
    fills: list[FillView], side: PositionSide, price: Decimal
) -> None:
    entries = [replace(f, side=side.entry_side, fee_currency="USDT") for f in fills]
    held = sum((f.qty for f in entries), D(0))
    exits = [replace(f, side=side.exit_side, at=NOON.replace(hour=13), price=price) for f in entries]
    position = from_fills([*entries, *exits], side=side, rules=PERP)
    spent = sum((f.qty * f.price for f in entries), D(0))
    fees = sum((f.fee for f in [*entries, *exits]), D(0))
    assert (position.qty, position.cost) == (0, 0)
    assert position.realised_pnl == side.sign * (held * price - spent) - fees


@given(FILLS, st.integers(0, 10), st.decimals(1, 90000, places=2), st.decimals(1, 90000, places=2))
def test_realised_and_unrealised_are_together_what_the_cash_says(
    fills: list[FillView], tenths: int, sold_at: Decimal, price: Decimal
) -> None:
    """Proceeds − spending − fees + what is held at any price: nothing is lost between the two."""
    entries = [replace(f, side=BUY, fee_currency="USDT") for f in fills]
    held = sum((f.qty for f in entries), D(0))
    sold = (held * tenths / 10).quantize(D("1E-5"), "ROUND_DOWN")
    position = from_fills([*entries, fill(SELL, sold, sold_at, after=9)], side=LONG, rules=PERP)
    cash = sold * sold_at - sum((f.qty * f.price + f.fee for f in entries), D(0))
    assert position.realised_pnl + unrealised(position, price) == cash + (held - sold) * price


@given(st.lists(st.tuples(st.decimals("0.01", 10, places=3), st.decimals(1, 1000, places=2)), min_size=1, max_size=8))
def test_break_even_is_where_closing_earns_nothing(entries: list[tuple[Decimal, Decimal]]) -> None:
    fills = [fill(BUY, qty, price, fee=qty * price / 1000) for qty, price in entries]
    position = from_fills(fills, side=LONG, rules=PERP)
    assert position.break_even is not None
    fee = position.qty * position.break_even * PERP.taker_fee
    net = position.realised_pnl + unrealised(position, position.break_even) - fee
    assert abs(net) < D("1E-12")
