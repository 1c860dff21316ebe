"""Walking a book: what a close brings, and that nothing is invented."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.offset_book import Holding, Level, Market, left, offered, profitable, sale, taken

D = Decimal
MARKET = Market(lot_step=D("0.01"), min_qty=D("0.01"), min_notional=D(5), contract_size=D(1), taker_fee=D("0.001"))
BIDS = (Level(D(100), D(1)), Level(D(99), D(2)), Level(D(90), D(5)))


def held(qty: str, cost: str, *, levels: tuple[Level, ...] = BIDS, sign: int = 1, price: str = "100") -> Holding:
    return Holding(1, "TOY/USDT", sign, D(qty), D(cost), D(price), MARKET, levels)


@pytest.mark.parametrize(
    ("qty", "gross", "worst", "result"),
    [
        # 1 × 100 = 100; fee 0.1; cost 4 × 95 = 380, a quarter of it 95 → 100 − 95 − 0.1
        ("1", "100", "100", "4.9"),
        # 1 × 100 + 1.5 × 99 = 248.5; fee 0.2485; cost 237.5 → 10.7515
        ("2.5", "248.5", "99", "10.7515"),
        # 100 + 198 + 90 = 388; fee 0.388; cost 380 → 7.612
        ("4", "388", "90", "7.612"),
    ],
)
def test_a_long_is_sold_level_by_level(qty: str, gross: str, worst: str, result: str) -> None:
    found = sale(held("4", "380"), D(qty), bound_bps=D(30))
    assert found is not None
    assert (found.gross, found.worst_price, found.result) == (D(gross), D(worst), D(result))
    assert found.bound == found.gross * 30 / 10_000
    assert found.whole is (qty == "4")


def test_a_short_is_bought_back_from_the_asks() -> None:
    # entered 2 at 110 = 220; half of it bought back at 101: 110 − 101 − 0.101
    asks = (Level(D(101), D(1)), Level(D(102), D(1)))
    found = sale(held("2", "220", levels=asks, sign=-1), D(1), bound_bps=D(0))
    assert found is not None
    assert found.result == D("8.899")


@pytest.mark.parametrize("qty", ["0", "-1", "8.01"])
def test_what_the_book_does_not_hold_is_not_sold(qty: str) -> None:
    assert sale(held("9", "900"), D(qty), bound_bps=D(0)) is None


@pytest.mark.parametrize(
    ("cost", "most"),
    [
        ("380", "3.00"),  # 95 a unit: 100 and 99 gain, 90 does not
        ("398", "1.00"),  # 99.5 a unit: 99 loses
        ("399.8", "0"),  # 99.95 a unit: 100 less the fee is 99.9
        ("340", "4"),  # 85 a unit: everything gains
    ],
)
def test_only_lots_that_gain_by_themselves_are_profitable(cost: str, most: str) -> None:
    assert profitable(held("4", cost)) == D(most)


@pytest.mark.parametrize(
    ("price", "margin", "least"),
    [("100", "1", "0.05"), ("100", "1.1", "0.06"), ("3", "1", "1.67"), ("1000", "1", "0.01"), ("0", "1", "0.01")],
)
def test_the_least_sellable_lots(price: str, margin: str, least: str) -> None:
    assert MARKET.least(D(price), margin=D(margin)) == D(least)


levels = st.lists(
    st.tuples(st.integers(1, 10_000), st.integers(1, 1_000)).map(lambda p: Level(D(p[0]) / 100, D(p[1]) / 100)),
    max_size=8,
)


@given(levels, st.integers(0, 5_000))
def test_taken_and_left_are_the_whole_book(book: list[Level], cents: int) -> None:
    qty = D(cents) / 100
    met, stays = taken(book, qty), left(book, qty)
    assert offered(met) == min(qty, offered(book))
    assert offered(met) + offered(stays) == offered(book)
    assert all(level.qty > 0 for level in (*met, *stays))
