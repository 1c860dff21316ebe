"""Windlass's own nested alert."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.formats import FormatRefused
from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, Size, SizeKind
from signals.strict_json import JsonRefused
from tests.signals.formats.bodies import understand, wrong

LONG, SHORT = MarketPosition.LONG, MarketPosition.SHORT


def nested(tv: dict | None = None, wanted: dict | None = None, **top: object) -> dict:
    return {
        "tv": {"symbol": "BTCUSDT", **(tv or {})},
        "execution_intent": {"type": "signal", "side": "buy", **(wanted or {})},
        **top,
    }


def test_a_whole_alert():
    body = {
        "secret": "never shown",
        "id": "a-1",
        "timestamp": "2026-11-20T10:15:00Z",
        "tv": {
            "exchange": "BINANCE",
            "symbol": "BTCUSDT",
            "timeframe": "1h",
            "action": "buy",
            "market_position": "long",
            "market_position_size": "0.02",
            "prev_market_position": "flat",
            "prev_market_position_size": "0",
            "entry_price": "61234.5",
            "close_price": "61240",
            "order_size": "0.02",
        },
        "execution_intent": {
            "type": "signal",
            "side": "long",
            "position_size_type": "base",
            "precision_mode": "auto",
        },
        "strategy_info": {"trade_id": "Long", "alert_name": "cross", "alert_message": "golden"},
        "risk": {"stop_loss": "2%", "take_profit": 63000, "max_slippage_percent": "0.3"},
    }
    assert understand(body) == Intent(
        kind=IntentKind.TRADE,
        format="windlass_nested",
        exchange="BINANCE",
        symbol="BTCUSDT",
        action=Action.BUY,
        market_position=LONG,
        prev_market_position=MarketPosition.FLAT,
        position_size=Decimal("0.02"),
        prev_position_size=Decimal(0),
        timeframe_secs=3600,
        price=Decimal("61234.5"),
        sent_at=datetime(2026, 11, 20, 10, 15, tzinfo=UTC),
        client_id="a-1",
        size=Size(SizeKind.BASE, Decimal("0.02")),
        stop_loss=Level(LevelKind.PCT, Decimal(2)),
        take_profit=(Level(LevelKind.PRICE, Decimal(63000)),),
        max_slippage_pct=Decimal("0.3"),
        strategy="cross",
        message="golden",
        metadata=(("trade_id", "Long"), ("precision_mode", "auto")),
    )


@pytest.mark.parametrize(
    ("kind", "side", "order", "action", "closes"),
    [
        ("signal", "buy", None, Action.BUY, None),
        ("signal", "long", "buy", Action.BUY, None),
        ("signal", "short", None, Action.SELL, None),
        ("signal", None, "sell", Action.SELL, None),
        ("exit", "long", None, Action.EXIT, LONG),
        ("exit", "sell", "sell", Action.EXIT, LONG),
        ("exit", "buy", None, Action.EXIT, SHORT),
        ("exit", None, None, Action.EXIT, None),
        ("reduce", "short", None, Action.REDUCE, SHORT),
        ("reverse", None, "sell", Action.REVERSE, None),
    ],
)
def test_type_and_side(kind, side, order, action, closes):
    intent = understand(nested({"action": order}, {"type": kind, "side": side}))
    assert (intent.action, intent.side) == (action, closes)


@pytest.mark.parametrize(
    ("kind", "prices", "price"),
    [
        ("signal", {"entry_price": 1, "close_price": 2}, 1),
        ("signal", {"close_price": 2}, 2),
        ("exit", {"entry_price": 1, "close_price": 2}, 2),
        ("exit", {"entry_price": 1}, 1),
        ("signal", {}, None),
    ],
)
def test_an_entry_counts_from_its_own_price_and_an_exit_from_the_close(kind, prices, price):
    assert understand(nested(prices, {"type": kind, "side": "long"})).price == price


SIZED = {"position_size_type": "percent_of_position"}


@pytest.mark.parametrize(
    ("tv", "wanted", "action", "closes", "value"),
    [
        ({"order_size": 50}, {"type": "exit", "side": "long", **SIZED}, Action.REDUCE, LONG, 50),
        ({"order_size": 100}, {"type": "exit", "side": "long", **SIZED}, Action.EXIT, LONG, None),
        ({"order_size": "0.5"}, {"type": "exit", "side": None, "position_size_type": "base"}, Action.REDUCE, None, 0.5),
        ({"order_size": 50}, {"side": "sell", **SIZED}, Action.REDUCE, LONG, 50),
        (
            {"order_size": 3, "prev_market_position": "long", "market_position": "short", "market_position_size": 1},
            {"side": "sell", "position_size_type": "base"},
            Action.SELL,
            None,
            1,  # 3 = 2 that it closed + 1
        ),
    ],
)
def test_parts_of_the_position(tv, wanted, action, closes, value):
    intent = understand(nested(tv, wanted))
    assert (intent.action, intent.side, intent.size and intent.size.value) == (action, closes, value)


def test_the_strategys_own_size_counts_only_with_a_type():
    intent = understand(nested({"order_size": "5"}))
    assert (intent.size, intent.metadata) == (None, (("order_size", "5"),))


@pytest.mark.parametrize(
    ("body", "mistakes"),
    [
        (nested(wanted={"type": None}), {("execution_intent.type", "MISSING")}),
        (nested(wanted={"type": "hold"}), {("execution_intent.type", "UNKNOWN_VALUE")}),
        (nested(wanted={"side": None}), {("tv.action", "MISSING")}),
        (nested({"action": "sell"}), {("execution_intent.side", "CONFLICT")}),
        (nested({"symbol": None}), {("tv.symbol", "MISSING")}),
        (nested(wanted={"position_size_type": "base"}), {("tv.order_size", "MISSING")}),
        (nested(wanted={"position_size_type": "lots"}), {("execution_intent.position_size_type", "UNKNOWN_VALUE")}),
        (nested(wanted={"iceberg": True}), {("execution_intent.iceberg", "UNSUPPORTED_FIELD")}),
        (nested(risk={"trailing": 1}), {("risk.trailing", "UNSUPPORTED_FIELD")}),
        (nested(risk=5), {("risk", "WRONG_TYPE")}),
        (nested(stop_loss_pct=2), {("stop_loss_pct", "UNSUPPORTED_FIELD")}),
        (nested({"lots": 2}), {("tv.lots", "UNSUPPORTED_FIELD")}),
        (nested(strategy_info={"close_percent": 50}), {("strategy_info.close_percent", "UNSUPPORTED_FIELD")}),
        (nested(risk={"max_slippage_percent": 11}), {("risk.max_slippage_percent", "OUT_OF_RANGE")}),
        (nested(strategyinfo={}), {("strategyinfo", "UNKNOWN_FIELD"), ("strategyinfo", "UNSUPPORTED_FIELD")}),
        ({"tv": 1, "execution_intent": []}, {("tv", "WRONG_TYPE"), ("execution_intent", "WRONG_TYPE")}),
    ],
)
def test_mistakes_are_named(body, mistakes):
    assert mistakes <= wrong(body)


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PARTS = st.sampled_from(["tv", "risk", "strategy_info", "indicators", "conditions", "id", "timestamp"])


@given(st.dictionaries(PARTS, HOSTILE), HOSTILE)
def test_hostile_parts_are_understood_or_refused_with_a_code(parts, wanted):
    outcome = None
    try:
        outcome = understand({**nested(), **parts, "execution_intent": wanted})
    except (FormatRefused, JsonRefused) as refusal:
        outcome = refusal.code
    assert outcome
