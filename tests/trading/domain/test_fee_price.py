"""What a fee in a third currency is worth: which price says so, and when none does."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trading.domain.build import NOON
from trading.domain.fee_price import FRESH, Known, is_third, price

D = Decimal


def known(symbol: str, last: str, *, kind: str = "SPOT", age_secs: int = 1) -> Known:
    """A price of BASE/QUOTE, so old."""
    base, quote = symbol.partition(":")[0].split("/")
    return Known(symbol, kind, base, quote, D(last), NOON - timedelta(seconds=age_secs))


@pytest.mark.parametrize(
    ("fee", "currency", "third"),
    [
        ("0.1", "BNB", True),
        ("-0.1", "BNB", True),  # a rebate is worth something too
        ("0.1", "BTC", False),
        ("0.1", "USDT", False),
        ("0", "BNB", False),
        ("0.1", "", False),  # nobody knows what of
    ],
)
def test_which_fees_need_a_price(fee: str, currency: str, third: bool) -> None:
    assert is_third(D(fee), currency, base="BTC", quote="USDT") is third


@pytest.mark.parametrize(
    ("prices", "worth"),
    [
        ([], None),
        ([known("BNB/USDT", "600")], "600"),
        ([known("USDT/BNB", "0.00125")], "800"),  # 1 ÷ 0.00125
        ([known("USDT/BNB", "0.00125"), known("BNB/USDT", "600")], "600"),
        ([known("BNB/USDT:USDT", "601", kind="LINEAR")], "601"),
        ([known("BNB/USDT:USDT", "601", kind="LINEAR"), known("BNB/USDT", "600")], "600"),
        ([known("USDT/BNB", "0.00125"), known("BNB/USDT:USDT", "601", kind="LINEAR")], "601"),
        ([known("BNB/USDC", "600"), known("BNB/BTC", "0.01"), known("BTC/USDT", "60000")], None),
        ([known("BNB/USDT", "600", age_secs=60)], "600"),  # a minute is fresh
        ([known("BNB/USDT", "600", age_secs=61)], None),
        ([known("BNB/USDT", "600", age_secs=61), known("USDT/BNB", "0.00125")], "800"),
        ([known("BNB/USDT", "600", age_secs=-60)], "600"),
        ([known("BNB/USDT", "600", age_secs=-61)], None),  # written before the clock was set back
        ([known("BNB/USDT", "0")], None),  # a market without a price
        ([known("USDT/BNB", "9" * 20)], None),  # 1 ÷ that is nothing at 18 places
    ],
)
def test_a_fee_is_worth_what_a_fresh_price_says(prices: list[Known], worth: str | None) -> None:
    assert price("BNB", quote="USDT", known=prices, now=NOON) == (None if worth is None else D(worth))


PRICES = st.lists(
    st.builds(
        known,
        st.sampled_from(["BNB/USDT", "USDT/BNB", "BNB/USDT:USDT", "BTC/USDT", "BNB/BTC"]),
        st.decimals("0.00000001", 90000, places=8).map(str),
        kind=st.sampled_from(["SPOT", "LINEAR"]),
        age_secs=st.integers(-90, 90),
    ),
    unique_by=lambda one: one.symbol,
)


@given(PRICES, st.randoms(use_true_random=False))
def test_the_same_prices_in_any_order_say_the_same(prices: list[Known], chance: object) -> None:
    shuffled = list(prices)
    chance.shuffle(shuffled)
    assert price("BNB", quote="USDT", known=shuffled, now=NOON) == price("BNB", quote="USDT", known=prices, now=NOON)


@given(PRICES)
def test_a_price_is_positive_and_one_of_the_fresh_ones(prices: list[Known]) -> None:
    fresh = [one for one in prices if abs(NOON - one.at) <= FRESH and {one.base, one.quote} == {"BNB", "USDT"}]
    found = price("BNB", quote="USDT", known=prices, now=NOON)
    assert (found is None) is not bool(fresh)
    assert found is None or found > 0
