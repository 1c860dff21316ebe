"""A flat body in plain words."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, OrderStyle, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import OBJECTS

LONG, SHORT = MarketPosition.LONG, MarketPosition.SHORT
BUY = {"symbol": "BTCUSDT", "side": "buy"}


def test_a_whole_message() -> None:
    assert understand(OBJECTS["generic"]) == Intent(
        kind=IntentKind.TRADE,
        format="generic",
        symbol="BTCUSDT",
        action=Action.BUY,
        market_position=LONG,
        price=Decimal(61000),
        sent_at=datetime(2026, 11, 20, 10, 15, tzinfo=UTC),
        size=Size(SizeKind.BASE, Decimal("0.01")),
        order_type=OrderStyle.MARKET,
        stop_loss=Level(LevelKind.PCT, Decimal(2)),
        take_profit=(Level(LevelKind.PRICE, Decimal(65000)),),
    )


@pytest.mark.parametrize(
    ("body", "action", "side", "position", "size"),
    [
        (BUY, Action.BUY, None, None, None),
        ({"pair": "BTC/USDT", "order": "SHORT"}, Action.SELL, None, SHORT, None),
        ({**BUY, "name": "mine", "qty": 2}, Action.BUY, None, None, Size(SizeKind.BASE, Decimal(2))),
        ({"instrument": "BTCUSDT", "signal": "close_long"}, Action.EXIT, LONG, None, None),
        ({**BUY, "side": "flat", "qty": 2}, Action.REDUCE, None, None, Size(SizeKind.BASE, Decimal(2))),
        ({**BUY, "amount": "100 USDT"}, Action.BUY, None, None, Size(SizeKind.QUOTE, Decimal(100), "USDT")),
        ({**BUY, "contracts": 3}, Action.BUY, None, None, Size(SizeKind.CONTRACTS, Decimal(3))),
    ],
)
def test_words(body, action, side, position, size) -> None:
    intent = understand(body)
    assert intent.format == "generic"
    assert (intent.action, intent.side, intent.market_position, intent.size) == (action, side, position, size)


SELL = {"ticker": "BTCUSDT.P", "action": "sell", "contracts": "0.03"}
FLIP = {"market_position": "short", "prev_market_position": "long"}


@pytest.mark.parametrize(
    ("said", "action", "side", "contracts"),
    [
        ({"market_position": "flat", "prev_market_position": "long"}, Action.SELL, None, "0.03"),
        ({"sentiment": "flat", "timestamp": "2026-11-20T10:15:00Z"}, Action.SELL, None, "0.03"),
        ({"market_position": "long"}, Action.REDUCE, LONG, "0.03"),  # without sizes by its own
        ({"market_position": "long", "position_size": 6, "prev_position_size": 9}, Action.SELL, None, "0.03"),
        ({**FLIP, "position_size": "-0.01"}, Action.SELL, None, "0.01"),  # 0.02 of it closed the long
        ({**FLIP, "market_position_size": "0.05"}, Action.SELL, None, "0.03"),
        (FLIP, Action.SELL, None, "0.03"),
    ],
)
def test_a_charts_script_says_where_it_stands(said, action, side, contracts) -> None:
    intent = understand({**SELL, **said})
    assert (intent.format, intent.action, intent.side) == ("generic", action, side)
    assert intent.size == Size(SizeKind.CONTRACTS, Decimal(contracts))


def test_a_charts_script_may_bring_an_account_and_the_name_of_its_order() -> None:
    """A chart's `id` is the order's name in its script, the same each time: it names no alert, or the second exit would be lost."""
    intent = understand({**SELL, "id": "Long Exit", "account": "second", "leverage": "3"})
    assert (intent.client_id, intent.account, intent.leverage) == ("", "second", Decimal(3))
    assert intent.metadata == (("id", "Long Exit"),)


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"side": "up"}, {("side", "UNKNOWN_VALUE")}),
        ({"ticker": "ETHUSDT"}, {("ticker", "CONFLICT")}),
        ({"qty": 1, "quantity": 1}, {("quantity", "CONFLICT")}),
        ({"amount": 100}, {("amount", "NOT_A_SIZE")}),
        ({"type": "stop"}, {("type", "UNSUPPORTED_VALUE")}),
        ({"reduce_only": True}, {("reduce_only", "UNSUPPORTED_FIELD")}),
        ({"positionSide": "LONG"}, {("positionSide", "UNSUPPORTED_FIELD")}),
        ({"market_position": "flat", "sentiment": "long"}, {("sentiment", "CONFLICT")}),
        ({"trailing_stop": "1%"}, {("trailing_stop", "UNSUPPORTED_FIELD")}),
        ({"sl": -1}, {("sl", "OUT_OF_RANGE")}),
        ({"symbol": True, "pair": "BTCUSDT"}, {("pair", "CONFLICT"), ("symbol", "WRONG_TYPE")}),
    ],
)
def test_mistakes_are_named(changes, mistakes) -> None:
    assert wrong({**BUY, **changes}) == mistakes
