"""The MQTT bridge's hyphenated names."""

from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import OBJECTS

BODY = OBJECTS["bridge"]


def test_a_whole_message() -> None:
    assert understand(BODY) == Intent(
        kind=IntentKind.TRADE,
        format="bridge",
        symbol="XRP/USDT",
        action=Action.SELL,
        prev_market_position=MarketPosition.LONG,
        price=Decimal("1.25"),
        stop_loss=Level(LevelKind.OFFSET, Decimal("0.02")),
        take_profit=(Level(LevelKind.OFFSET, Decimal("0.01")),),
        strategy="s1",
    )


def test_a_heartbeat_is_a_notice() -> None:
    intent = understand({"key": "x", "data": {"heartbeat": True, "strategy-id": "s1", "ticker": "XRP/USDT"}})
    assert (intent.kind, intent.message, intent.strategy) == (IntentKind.NOTICE, "heartbeat", "s1")


@pytest.mark.parametrize(
    ("said", "action", "contracts"),
    [
        ({"market_position": "short", "prev_market_position": "long", "market_position_size": 2}, Action.SELL, 2),
        ({"market_position": "short", "prev_market_position": "long"}, Action.SELL, 5),
        ({"market_position": "long", "prev_market_position": "long"}, Action.REDUCE, 5),
    ],
)
def test_contracts_of_an_order_that_turns_round_or_trims(said, action, contracts) -> None:
    data = {"strategy-order-action": "sell", "strategy-order-contracts": 5, "ticker": "XRP/USDT"}
    intent = understand({"data": {**data, **{f"strategy-{name}": value for name, value in said.items()}}})
    assert (intent.action, intent.size) == (action, Size(SizeKind.BASE, Decimal(contracts)))


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"ticker": None}, {("data.ticker", "MISSING")}),
        ({"strategy-order-action": "hold"}, {("data.strategy_order_action", "UNKNOWN_VALUE")}),
        ({"strategy_order_action": "sell"}, {("data.strategy_order_action", "DUPLICATE_KEY")}),
        ({"sl-offset": -1}, {("data.sl_offset", "OUT_OF_RANGE")}),
        ({"trailing-stop": 1}, {("data.trailing_stop", "UNSUPPORTED_FIELD")}),
    ],
)
def test_mistakes_are_named(changes, mistakes) -> None:
    assert wrong({**BODY, "data": {**BODY["data"], **changes}}) == mistakes
