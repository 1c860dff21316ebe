"""What exits see of prices and of the group, at the edges."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.trading.domain.build import FREE, NOON, at, fill, held, view
from trading.domain import settings as registry
from trading.domain.exit_view import ExitReason, ExitView, aggregate_price
from trading.domain.position import Position, from_fills
from trading.domain.vocabulary import MarketKind, PositionSide, Side

D = Decimal
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


def traded(*sold: int) -> Position:
    """10 bought at 100, then sold piece by piece."""
    sales = [fill(Side.SELL, qty, 110, after=number) for number, qty in enumerate(sold, 1)]
    return from_fills([fill(Side.BUY, 10, 100), *sales], side=LONG, rules=FREE)


@pytest.mark.parametrize(
    ("position", "price"),
    [
        (traded(), "101"),
        (traded(4), "101"),
        (traded(10), None),  # closed: its average is known still
        (traded(6, 6), None),  # more sold than entered
        (held(0), None),
        (held("0.5"), "101"),
    ],
)
def test_the_aggregate_target_has_a_price_while_something_is_held(position: Position, price: str | None) -> None:
    group, settings = replace(view(10), position=position), registry.resolve([{"tp_aggregate_pct": 1}]).exits
    assert aggregate_price(group, settings=settings, rules=FREE) == (price and D(price))


def test_a_group_of_which_nothing_is_said_has_taken_and_reserved_nothing() -> None:
    group = ExitView(LONG, (), held(10), opened_at=NOON)
    assert (group.targets_taken, group.reserved_qty, group.rungs) == (0, 0, ())


@pytest.mark.parametrize(
    ("kind", "mark", "price"),
    [
        (MarketKind.SPOT, "98", "100"),
        (MarketKind.LINEAR, "98", "98"),
        (MarketKind.LINEAR, None, "100"),
    ],
)
def test_what_stops_look_at(kind: MarketKind, mark: str | None, price: str) -> None:
    assert at(100, mark=mark).triggering(kind) == D(price)


@pytest.mark.parametrize(("side", "price"), [(LONG, "99"), (SHORT, "101")])
def test_what_closing_would_get(side: PositionSide, price: str) -> None:
    assert at(100, spread="2").leaving(side) == D(price)


def test_rows_keep_these_words() -> None:
    assert [word.value for word in ExitReason] == [word.name for word in ExitReason]


@pytest.mark.parametrize(
    ("filled", "knows"),
    [
        (-1, True),  # a second before the prices were asked for
        (0, True),
        (0.1, False),
        (5, False),  # five seconds ahead: still our clock's drift
        (5.1, True),  # another clock wrote it
    ],
)
def test_prices_know_of_a_fill_before_them_and_of_no_strange_clock(filled: float, knows: bool) -> None:
    prices = replace(at(100), at=NOON)
    assert prices.since(NOON + timedelta(seconds=filled), now=NOON) is knows


@pytest.mark.parametrize(("age", "young"), [(0, True), (30, True), (30.1, False), (-5, True), (-5.1, False)])
def test_prices_are_young_up_to_their_age(age: float, young: bool) -> None:
    prices = replace(at(100), at=NOON)
    assert prices.young(timedelta(seconds=30), now=NOON + timedelta(seconds=age)) is young
