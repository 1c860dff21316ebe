"""One line of values."""

from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, MarketPosition, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import TEXTS


def test_a_whole_line() -> None:
    assert understand(TEXTS["csv_line"]) == Intent(
        kind=IntentKind.TRADE,
        format="csv_line",
        exchange="BYBIT",
        symbol="BYBIT:BTCUSDT.P",
        action=Action.SELL,
        price=Decimal(61000),
        size=Size(SizeKind.BASE, Decimal("0.02")),
    )


@pytest.mark.parametrize(
    ("line", "action", "position", "price", "size"),
    [
        ("1INCHUSDT , BUY", Action.BUY, None, None, None),
        ("BTC/USDT,short,61000", Action.SELL, MarketPosition.SHORT, Decimal(61000), None),
        ("BTCUSDT,buy,,0.5", Action.BUY, None, None, Size(SizeKind.BASE, Decimal("0.5"))),
        ("BTCUSDT,close", Action.EXIT, None, None, None),
        ("BTCUSDT,exit,61000,0.5", Action.REDUCE, None, Decimal(61000), Size(SizeKind.BASE, Decimal("0.5"))),
    ],
)
def test_lines(line, action, position, price, size) -> None:
    intent = understand(line)
    assert (intent.action, intent.market_position, intent.price, intent.size) == (action, position, price, size)


@pytest.mark.parametrize(
    ("line", "mistakes"),
    [
        ("BTCUSDT,buy,low,0.5", {("price", "NOT_A_NUMBER")}),
        ("BTCUSDT,buy,0,0.5", {("price", "OUT_OF_RANGE")}),
        ("BTCUSDT,buy,1,2,3", {("body", "TOO_MANY")}),
    ],
)
def test_mistakes_are_named(line, mistakes) -> None:
    assert wrong(line) == mistakes
