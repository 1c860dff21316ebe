"""Bodies of the other endpoints: values, notices, opinions, and the bare body of a Pine script."""

from decimal import Decimal

import pytest

from signals.intent import Action, IntentKind
from tests.signals.formats.bodies import understand, wrong

ONE = Decimal(1)


@pytest.mark.parametrize(
    "body",
    [
        {"symbol": "BTCUSDT", "timeframe": "1h", "indicators": {"rsi": "55", "atr": 1}, "timestamp": 1795169700},
        {"symbol": "BTCUSDT", "interval": "60", "indicators": {"rsi": 55, "atr": "1"}, "secret": "x"},
    ],
)
def test_indicators_are_values(body):
    intent = understand(body, endpoint="indicators", by_token=False)
    assert (intent.kind, intent.format, intent.timeframe_secs) == (IntentKind.VALUES, "indicators", 3600)
    assert intent.indicators == (("rsi", Decimal(55)), ("atr", ONE))


@pytest.mark.parametrize(
    ("body", "mistakes"),
    [
        ({"symbol": "BTCUSDT", "indicators": {"rsi": 1}, "action": "buy"}, {("action", "UNSUPPORTED_FIELD")}),
        ({"symbol": "BTCUSDT", "indicators": {"rsi": 1}, "size": "1%"}, {("size", "UNSUPPORTED_FIELD")}),
        ({"symbol": "BTCUSDT", "indicators": {}}, {("indicators", "MISSING")}),
        ({"indicators": {"rsi": 1}}, {("symbol", "MISSING")}),
        ({"symbol": "BTCUSDT"}, {("indicators", "MISSING")}),
    ],
)
def test_indicators_never_trade(body, mistakes):
    assert wrong(body, endpoint="indicators") == mistakes


@pytest.mark.parametrize(
    ("body", "severity", "symbol", "metadata"),
    [
        (
            {"type": "note", "symbol": "BTCUSDT", "message": "hi", "severity": "Warning"},
            "warning",
            "BTCUSDT",
            (("type", "note"),),
        ),
        ({"type": "note", "message": "hi"}, "info", "", (("type", "note"),)),
        ({"message": "hi", "severity": "critical", "desk": 3}, "critical", "", (("desk", Decimal(3)),)),
    ],
)
def test_notices(body, severity, symbol, metadata):
    intent = understand(body, endpoint="alerts", by_token=False)
    assert (intent.kind, intent.message) == (IntentKind.NOTICE, "hi")
    assert (intent.severity, intent.symbol, intent.metadata) == (severity, symbol, metadata)


@pytest.mark.parametrize(
    ("body", "mistakes"),
    [
        ({"type": "note", "message": ""}, {("message", "MISSING")}),
        ({"type": "note", "message": "x" * 1001}, {("message", "TOO_LONG")}),
        ({"message": "hi", "severity": "loud"}, {("severity", "UNKNOWN_VALUE")}),
        ({"type": "note", "message": "hi", "action": "sell"}, {("action", "UNSUPPORTED_FIELD")}),
        ({"type": "note"}, {("message", "MISSING")}),
    ],
)
def test_wrong_notices(body, mistakes):
    assert wrong(body, endpoint="alerts") == mistakes


@pytest.mark.parametrize(
    ("direction", "kind", "action"),
    [
        ("long", IntentKind.TRADE, Action.BUY),
        ("SHORT", IntentKind.TRADE, Action.SELL),
        ("exit", IntentKind.TRADE, Action.EXIT),
        ("neutral", IntentKind.VALUES, None),
    ],
)
def test_opinions(direction, kind, action):
    body = {"source": "model-7", "symbol": "BTCUSDT", "direction": direction, "confidence": "0.8"}
    intent = understand({**body, "metadata": {"fold": 3, "note": None}}, endpoint="signals", by_token=False)
    assert (intent.kind, intent.action, intent.strategy) == (kind, action, "model-7")
    assert (intent.confidence, intent.metadata) == (Decimal("0.8"), (("fold", Decimal(3)),))


def test_a_neutral_opinion_is_a_value():
    intent = understand({"symbol": "BTCUSDT", "direction": "neutral"}, endpoint="signals")
    assert intent.indicators == (("direction", Decimal(0)), ("confidence", ONE))


@pytest.mark.parametrize(
    ("fields", "mistakes"),
    [
        ({"direction": "up"}, {("direction", "UNKNOWN_VALUE")}),
        ({"direction": None}, {("direction", "MISSING")}),
        ({"confidence": 1.1}, {("confidence", "OUT_OF_RANGE")}),
        ({"confidence": -1}, {("confidence", "OUT_OF_RANGE")}),
        ({"metadata": {"deep": {}}}, {("metadata.deep", "UNSUPPORTED_FIELD")}),
        ({"leverage": 3}, {("leverage", "UNSUPPORTED_FIELD")}),
        ({"symbol": None}, {("symbol", "MISSING")}),
    ],
)
def test_wrong_opinions(fields, mistakes):
    assert wrong({"symbol": "BTCUSDT", "direction": "long", **fields}, endpoint="signals") == mistakes


@pytest.mark.parametrize(
    ("body", "indicators"),
    [
        (
            {"symbol": "BTCUSDT", "rsi": "55.5", "macd": -1, "close": 7},
            (("rsi", Decimal("55.5")), ("macd", Decimal(-1)), ("close", Decimal(7))),
        ),
        ({"symbol": "BTCUSDT", "interval": "15", "my plot": 1, "early": None}, (("my plot", ONE),)),
    ],
)
def test_a_bare_body_by_token_is_values(body, indicators):
    intent = understand(body)
    assert (intent.kind, intent.format, intent.indicators) == (IntentKind.VALUES, "windlass_values", indicators)


@pytest.mark.parametrize(
    ("body", "mistakes"),
    [
        ({"symbol": "BTCUSDT", "rsi": "high"}, {("rsi", "NOT_A_NUMBER")}),
        ({"symbol": "BTCUSDT", "rsi": None}, {("", "MISSING")}),
        ({"symbol": "B T C", "rsi": 1}, {("symbol", "NOT_A_SYMBOL")}),
    ],
)
def test_wrong_bare_bodies(body, mistakes):
    assert wrong(body) == mistakes


def test_a_bare_body_without_a_token_is_not_taken_for_values():
    assert wrong({"symbol": "BTCUSDT", "acton": "buy", "price": 1}, by_token=False) == {
        ("action or indicators", "MISSING")
    }
