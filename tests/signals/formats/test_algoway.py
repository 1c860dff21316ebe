"""AlgoWay."""

from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import OBJECTS

BODY = OBJECTS["algoway"]


def test_a_whole_message() -> None:
    assert understand(BODY) == Intent(
        kind=IntentKind.TRADE,
        format="algoway",
        symbol="BTCUSDT.P",
        action=Action.SELL,
        price=Decimal(61000),
        size=Size(SizeKind.CONTRACTS, Decimal("0.2")),
        stop_loss=Level(LevelKind.PRICE, Decimal(62500)),
        take_profit=(Level(LevelKind.PRICE, Decimal(58000)),),
        strategy="cross",
        metadata=(("platform_name", "bybit"),),
    )


@pytest.mark.parametrize(
    ("word", "side", "action", "closes"),
    [
        ("buy", None, Action.BUY, None),
        ("long", None, Action.BUY, None),
        ("sell", None, Action.SELL, None),
        ("flat", "long", Action.EXIT, MarketPosition.LONG),
        ("close", None, Action.EXIT, None),
    ],
)
def test_actions(word, side, action, closes) -> None:
    intent = understand({"ticker": "ETHUSDT", "order_action": word, "order_contracts": "0.1", "close_side": side})
    assert (intent.action, intent.side, intent.size is None) == (action, closes, action is Action.EXIT)


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"stop_loss": "150"}, {("stop_loss", "UNSUPPORTED_FIELD")}),
        ({"take_profit": "300"}, {("take_profit", "UNSUPPORTED_FIELD")}),
        ({"trailing_pips": "80"}, {("trailing_pips", "UNSUPPORTED_FIELD")}),
        ({"order_action": "modify"}, {("order_action", "UNSUPPORTED_VALUE")}),
        ({"order_action": "closeall"}, {("order_action", "UNSUPPORTED_VALUE")}),
        ({"order_type": "stop"}, {("order_type", "UNSUPPORTED_VALUE")}),
        ({"close_side": "short"}, {("close_side", "CONFLICT")}),
        ({"order_action": "flat", "order_type": "limit"}, {("price", "UNSUPPORTED_FIELD")}),
        ({"order_contracts": "lots"}, {("order_contracts", "NOT_A_NUMBER")}),
        ({"ticker": None}, {("ticker", "MISSING")}),
    ],
)
def test_mistakes_are_named(changes, mistakes) -> None:
    assert wrong({**BODY, **changes}) == mistakes
