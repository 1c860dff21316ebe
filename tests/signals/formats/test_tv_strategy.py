"""TradingView's strategy placeholders in an object."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, MarketPosition, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import OBJECTS

BODY = OBJECTS["tv_strategy"]


def test_a_whole_message() -> None:
    assert understand(BODY) == Intent(
        kind=IntentKind.TRADE,
        format="tv_strategy",
        exchange="BINANCE",
        symbol="SOLUSDT",
        action=Action.BUY,
        market_position=MarketPosition.LONG,
        prev_market_position=MarketPosition.FLAT,
        position_size=Decimal(20),
        prev_position_size=Decimal(0),
        timeframe_secs=300,
        price=Decimal("140.9"),
        sent_at=datetime(2026, 11, 20, 10, 15, 2, tzinfo=UTC),
        bar_time=datetime(2026, 11, 20, 10, 10, tzinfo=UTC),
        size=Size(SizeKind.BASE, Decimal(20)),
        indicators=(
            ("open", Decimal(140)),
            ("high", Decimal(142)),
            ("low", Decimal("139.5")),
            ("close", Decimal(141)),
            ("volume", Decimal(1000)),
        ),
        metadata=(("order_id", "Long"), ("position_size", Decimal(20))),
    )


def test_the_action_may_stand_beside_the_strategy() -> None:
    body = {"symbol": "BYBIT:BTCUSDT.P", "action": "sell", "event_id": "e", "trigger_time": "2026-11-20T10:15:02Z"}
    intent = understand({**body, "strategy": {"contracts": "0.01", "market_position": "flat"}})
    assert (intent.format, intent.exchange, intent.action) == ("tv_strategy", "BYBIT", Action.SELL)
    assert (intent.size, intent.metadata) == (Size(SizeKind.BASE, Decimal("0.01")), (("event_id", "e"),))
    assert intent.sent_at == datetime(2026, 11, 20, 10, 15, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sizes", "action"),
    [
        ({}, Action.REDUCE),
        ({"market_position_size": 5}, Action.REDUCE),
        ({"market_position_size": 5, "prev_market_position_size": 9}, Action.SELL),  # by their ratio, in the engine
    ],
)
def test_a_sell_that_leaves_the_strategy_long(sizes, action) -> None:
    strategy = {"order_action": "sell", "order_contracts": 4, "market_position": "long", **sizes}
    assert understand({"ticker": "SOLUSDT", "strategy": strategy}).action is action


@pytest.mark.parametrize(
    ("sizes", "entered"),
    [
        ({"market_position_size": 2}, 2),  # 5 = 3 that it closed + 2
        ({"position_size": -2}, 2),
        ({}, 5),
        ({"market_position_size": 7}, 5),
    ],
)
def test_an_order_that_turns_round_enters_what_is_left_of_it(sizes, entered) -> None:
    turns = {"market_position": "short", "prev_market_position": "long", **sizes}
    strategy = {"order_action": "sell", "order_contracts": 5, **turns}
    intent = understand({"ticker": "SOLUSDT", "strategy": strategy})
    assert (intent.action, intent.size) == (Action.SELL, Size(SizeKind.BASE, Decimal(entered)))


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"action": "sell"}, {("action", "CONFLICT")}),
        ({"strategy": {}}, {("strategy.order_action", "MISSING")}),
        ({"strategy": {"order_action": "hold"}}, {("strategy.order_action", "UNKNOWN_VALUE")}),
        ({"strategy": {"order_action": "buy", "stop": 5}}, {("strategy.stop", "UNSUPPORTED_FIELD")}),
        (
            {"strategy": {"order_action": "buy", "position_size": True}},
            {("strategy.position_size", "WRONG_TYPE")},
        ),
        ({"bar": 5}, {("bar", "WRONG_TYPE")}),
        ({"bar": {"close": "high"}}, {("bar.close", "NOT_A_NUMBER")}),
        ({"exchange": -1}, {("exchange", "NOT_AN_EXCHANGE")}),
        ({"ticker": None}, {("ticker", "MISSING")}),
        ({"take_profit": 5}, {("take_profit", "UNSUPPORTED_FIELD")}),
    ],
)
def test_mistakes_are_named(changes, mistakes) -> None:
    assert wrong({**BODY, **changes}) == mistakes
