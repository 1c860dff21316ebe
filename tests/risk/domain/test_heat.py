"""Portfolio heat: weights, volatility and thin books, and how much room is left."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.denial import Denial
from risk.domain.heat import Holding, heat, largest_notional

D = Decimal
BTC = Holding("BTC/USDT", D(2000), D("0.5"), D(100000))
AMOUNTS = st.decimals(1, 100000, places=2)
VOLS = st.decimals("0.01", 3, places=2)


@pytest.mark.parametrize(
    ("holdings", "ratio"),
    [
        ((), "0"),
        ((BTC,), "0.1"),  # 2000 ÷ 10 000 × 0.5
        ((Holding("A", D(-2000), D("0.5"), D(100000)),), "0.1"),  # a SHORT is as hot
        ((Holding("A", D(2000), D("0.5"), D(500)),), "0.2"),  # λ = 2000 ÷ 500 = 4, √4 = 2
        ((BTC, Holding("A", D(1000), D(1), D(1000))), "0.2"),  # 0.1 + 0.1
    ],
)
def test_heat_adds_up(holdings: tuple[Holding, ...], ratio: str) -> None:
    assert heat(holdings, equity=D(10000)) == D(ratio)


@pytest.mark.parametrize(
    ("holding", "field"),
    [
        (Holding("A", D(1), None, D(1)), "volatility"),
        (Holding("A", D(1), D(1), None), "book depth"),
        (Holding("A", D(1), D(1), D(0)), "book depth"),
        (Holding("A", D(1), D(1), D(-1)), "book depth"),
    ],
)
def test_what_is_not_known_denies(holding: Holding, field: str) -> None:
    found = heat([BTC, holding], equity=D(10000))
    assert isinstance(found, Denial)
    assert (found.code, found.value, found.subject) == ("DATA_MISSING", field, "A")


def test_without_equity_nothing_may_be_held() -> None:
    found = heat([], equity=D(0))
    assert isinstance(found, Denial)
    assert found.value == "equity"


@pytest.mark.parametrize(
    ("room", "depth", "notional"),
    [
        ("0.1", "100000", "2000"),  # 0.1 × 10 000 ÷ 0.5
        ("0.1", "250", "1000"),  # (2000² × 250)^⅓ = (10⁹)^⅓; check: 1000 ÷ 10 000 × 0.5 × √4 = 0.1
        ("0", "250", "0"),
        ("-0.1", "250", "0"),
    ],
)
def test_the_room_that_is_left(room: str, depth: str, notional: str) -> None:
    found = largest_notional(room=D(room), equity=D(10000), vol_annual=D("0.5"), depth=D(depth))
    assert found is not None
    assert round(found, 20) == D(notional)


def test_what_does_not_move_has_no_limit() -> None:
    assert largest_notional(room=D(1), equity=D(1), vol_annual=D(0), depth=D(1)) is None


@given(st.decimals("0.01", 2, places=2), AMOUNTS, VOLS, AMOUNTS)
def test_filling_the_room_is_exactly_as_hot_as_allowed(
    room: Decimal, equity: Decimal, vol: Decimal, depth: Decimal
) -> None:
    notional = largest_notional(room=room, equity=equity, vol_annual=vol, depth=depth)
    assert notional is not None
    found = heat([Holding("A", notional, vol, depth)], equity=equity)
    assert isinstance(found, Decimal)
    assert abs(found - room) < D("1E-20")


@given(AMOUNTS, AMOUNTS, VOLS, AMOUNTS)
def test_more_is_hotter_and_a_thinner_book_too(one: Decimal, other: Decimal, vol: Decimal, depth: Decimal) -> None:
    small, large = sorted((one, other))
    rows = [Holding("A", small, vol, depth), Holding("A", large, vol, depth), Holding("A", large, vol, depth / 2)]
    found = [heat([row], equity=D(10000)) for row in rows]
    assert found[0] <= found[1] <= found[2]
