"""Finandy hooks."""

from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import OBJECTS

LONG, SHORT, FLAT = MarketPosition.LONG, MarketPosition.SHORT, MarketPosition.FLAT
BODY = OBJECTS["finandy"]


def test_a_whole_message() -> None:
    assert understand(BODY) == Intent(
        kind=IntentKind.TRADE,
        format="finandy",
        symbol="BTCUSDT",
        action=Action.BUY,
        market_position=LONG,
        price=Decimal(61000),
        size=Size(SizeKind.QUOTE, Decimal(150)),
        leverage=Decimal(2),
        stop_loss=Level(LevelKind.PRICE, Decimal(59000)),
        strategy="hook",
    )


@pytest.mark.parametrize(
    ("order", "hook", "action", "side", "position"),
    [
        ("buy", None, Action.BUY, None, None),
        ("buy", "long", Action.BUY, None, LONG),
        ("sell", "long", Action.EXIT, LONG, None),
        ("buy", "short", Action.EXIT, SHORT, None),
        ("sell", "both", Action.SELL, None, SHORT),
        ("sell", "flat", Action.SELL, None, FLAT),
    ],
)
def test_a_hook_for_one_side_only_exits_with_the_other_order(order, hook, action, side, position) -> None:
    intent = understand({"name": "h", "secret": "x", "side": order, "symbol": "BTCUSDT", "positionSide": hook})
    assert (intent.action, intent.side, intent.market_position) == (action, side, position)


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"open": {"scaled": {"price1": 1}}}, {("open.scaled", "UNSUPPORTED_FIELD")}),
        ({"open": {"amount": 5}}, {("open.amountType", "MISSING")}),
        ({"tp": {"orders": [{"price": 1}]}}, {("tp.orders", "UNSUPPORTED_FIELD")}),
        ({"dca": {"orders": [1]}}, {("dca", "UNSUPPORTED_FIELD")}),
        ({"close": {"price": 1}}, {("close", "UNSUPPORTED_FIELD")}),
        ({"side": "Long"}, {("side", "UNKNOWN_VALUE")}),
        ({"sl": 5}, {("sl", "WRONG_TYPE")}),
    ],
)
def test_mistakes_are_named(changes, mistakes) -> None:
    assert wrong({**BODY, **changes}) == mistakes
