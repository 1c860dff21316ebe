"""Altrady."""

from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, OrderStyle, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import OBJECTS

LONG, SHORT = MarketPosition.LONG, MarketPosition.SHORT
BODY = OBJECTS["altrady"]
PLAIN = {key: BODY[key] for key in ("api_key", "api_secret", "exchange", "symbol")}


def test_a_whole_message() -> None:
    assert understand(BODY) == Intent(
        kind=IntentKind.TRADE,
        format="altrady",
        exchange="BYBI",
        symbol="BYBI_USDT_SOL",
        action=Action.BUY,
        market_position=LONG,
        price=Decimal("145.5"),
        size=Size(SizeKind.QUOTE, Decimal(250)),
        order_type=OrderStyle.LIMIT,
        leverage=Decimal(3),
        stop_loss=Level(LevelKind.PCT, Decimal(3)),
        take_profit=(
            Level(LevelKind.PCT, Decimal(2), Decimal(50)),
            Level(LevelKind.PRICE, Decimal(160), Decimal(50)),
        ),
    )


@pytest.mark.parametrize(
    ("asked", "action", "side", "position", "adds"),
    [
        ({"side": "short"}, Action.SELL, None, SHORT, False),  # without an action it opens
        ({"action": "open", "side": "long"}, Action.BUY, None, LONG, False),
        ({"action": "increase", "side": "long"}, None, None, LONG, True),
        ({"action": "increase"}, None, None, None, True),
        ({"action": "reduce", "side": "long", "position_percentage": 30}, Action.REDUCE, LONG, None, False),
        ({"action": "reduce", "position_percentage": 100}, Action.EXIT, None, None, False),
        ({"action": "close", "side": "short"}, Action.EXIT, SHORT, None, False),
        ({"action": "reverse", "side": "short"}, Action.REVERSE, None, SHORT, False),
    ],
)
def test_actions(asked, action, side, position, adds) -> None:
    intent = understand({**PLAIN, **asked})
    assert (intent.action, intent.side, intent.market_position, intent.adds_only) == (action, side, position, adds)


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"side": None}, {("side", "MISSING")}),
        ({"action": "start_bot"}, {("action", "UNSUPPORTED_VALUE")}),
        ({"action": "reduce", "quote_amount": 0}, {("position_percentage", "MISSING")}),
        ({"base_amount": 1}, {("base_amount", "CONFLICT")}),
        ({"dca_orders": [{"price_percentage": 1}]}, {("dca_orders", "UNSUPPORTED_FIELD")}),
        ({"entry_expiration": {"time": 5}}, {("entry_expiration", "UNSUPPORTED_FIELD")}),
        ({"entry_condition": {"price": 5}}, {("entry_condition", "UNSUPPORTED_FIELD")}),
        ({"test": True}, {("test", "UNSUPPORTED_FIELD")}),
        (
            {"stop_loss": {"stop_price": 1, "protection_type": "BREAK_EVEN"}},
            {("stop_loss.protection_type", "UNSUPPORTED_VALUE")},
        ),
        ({"stop_loss": {"trailing_distance": 1}}, {("stop_loss.trailing_distance", "UNSUPPORTED_FIELD")}),
        (
            {"take_profit": [{"price": 5, "position_percentage": 120}]},
            {("take_profit[0].position_percentage", "OUT_OF_RANGE")},
        ),
        ({"api_secret": {"a": 1}}, {("api_secret", "WRONG_TYPE")}),
        ({"symbol": None}, {("symbol", "MISSING")}),
    ],
)
def test_mistakes_are_named(changes, mistakes) -> None:
    assert wrong({**BODY, **changes}) == mistakes
