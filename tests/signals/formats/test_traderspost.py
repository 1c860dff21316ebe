"""TradersPost."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, OrderStyle, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import OBJECTS

LONG, SHORT, FLAT = MarketPosition.LONG, MarketPosition.SHORT, MarketPosition.FLAT
BUY = {"ticker": "BTCUSD", "action": "buy"}


def test_a_whole_message() -> None:
    assert understand(OBJECTS["traderspost"]) == Intent(
        kind=IntentKind.TRADE,
        format="traderspost",
        symbol="BTCUSD",
        action=Action.BUY,
        market_position=LONG,
        timeframe_secs=3600,
        price=Decimal(60900),
        sent_at=datetime(2026, 11, 20, 10, 15, tzinfo=UTC),
        size=Size(SizeKind.RISK_PCT, Decimal(2)),
        order_type=OrderStyle.LIMIT,
        stop_loss=Level(LevelKind.OFFSET, Decimal(900)),
        take_profit=(Level(LevelKind.PCT, Decimal(10)),),
        metadata=(("note", "kept"), ("number", Decimal(3))),
    )


@pytest.mark.parametrize(
    ("action", "sentiment", "found", "position"),
    [
        ("buy", None, Action.BUY, LONG),  # closes a short first
        ("sell", None, Action.SELL, SHORT),
        ("buy", "bearish", Action.BUY, SHORT),  # covers, no more
        ("sell", "long", Action.SELL, LONG),
        ("sell", "flat", Action.SELL, FLAT),
        ("exit", None, Action.EXIT, None),
        ("EXIT", "flat", Action.EXIT, FLAT),
    ],
)
def test_close_first_rules(action, sentiment, found, position) -> None:
    intent = understand({"ticker": "BTCUSD", "action": action, "sentiment": sentiment})
    assert (intent.action, intent.market_position, intent.adds_only) == (found, position, False)


def test_add_adds_to_what_is_open() -> None:
    intent = understand({"ticker": "BTCUSD", "action": "add", "quantity": 1})
    assert (intent.action, intent.market_position, intent.adds_only) == (None, None, True)


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        (None, SizeKind.BASE),
        ("fixed_quantity", SizeKind.BASE),
        ("dollar_amount", SizeKind.QUOTE),
        ("risk_dollar_amount", SizeKind.RISK_QUOTE),
        ("risk_percent", SizeKind.RISK_PCT),
        ("percent_of_equity", SizeKind.PCT_EQUITY),
        ("percent_of_position", SizeKind.PCT_POSITION),
    ],
)
def test_sizes(kind, size) -> None:
    assert understand({**BUY, "quantity": "5", "quantityType": kind}).size == Size(size, Decimal(5))


def test_a_sell_that_stays_bullish_sells_its_quantity() -> None:
    intent = understand({"ticker": "BTCUSD", "action": "sell", "sentiment": "bullish", "quantity": "0.5"})
    assert (intent.action, intent.side, intent.size) == (Action.REDUCE, LONG, Size(SizeKind.BASE, Decimal("0.5")))


def test_an_exit_with_a_quantity_reduces() -> None:
    half = {"quantityType": "percent_of_position", "quantity": 50}
    intent = understand({"ticker": "BTCUSD", "action": "exit", **half})
    assert (intent.action, intent.size) == (Action.REDUCE, Size(SizeKind.PCT_POSITION, Decimal(50)))


@pytest.mark.parametrize(
    ("action", "quantity", "found", "side"),
    [
        ("sell", 50, Action.REDUCE, LONG),
        ("buy", 50, Action.REDUCE, SHORT),
        ("sell", 100, Action.EXIT, LONG),
    ],
)
def test_a_part_of_the_position_is_taken_off_the_side_it_is_against(action, quantity, found, side) -> None:
    part = {"quantityType": "percent_of_position", "quantity": quantity}
    intent = understand({"ticker": "BTCUSD", "action": action, **part})
    assert (intent.action, intent.side, intent.market_position) == (found, side, None)


MARKS = {
    "account": "second",
    "contracts": "0.01",
    "id": "a-1",
    "leverage": 3,
    "market_position": "flat",
    "position_size": 0,
    "prev_market_position": "long",
    "qty": 1,
    "sl": "2%",
    "timestamp": "2026-11-20T10:15:00Z",
}


@pytest.mark.parametrize("name", MARKS)
def test_a_charts_own_script_is_no_message_of_it(name) -> None:
    assert understand({**BUY, name: MARKS[name]}).format == "generic"


@pytest.mark.parametrize("name", ["reduceOnly", "positionSide", "order_size", "stop_price", "trailing_stop", "lots"])
def test_an_instruction_that_nobody_carries_out_is_named(name) -> None:
    assert wrong({**BUY, name: "1"}) == {(name, "UNSUPPORTED_FIELD")}


def test_a_limit_sell_that_only_trims_does_not_go_at_market() -> None:
    trims = {"ticker": "BTCUSD", "action": "sell", "sentiment": "bullish", "quantity": 1, "orderType": "limit"}
    assert wrong({**trims, "limitPrice": 70000}) == {("limitPrice", "UNSUPPORTED_FIELD")}


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        (
            {"orderType": "stop_limit", "stopPrice": 62000},
            {("orderType", "UNSUPPORTED_VALUE"), ("stopPrice", "UNSUPPORTED_FIELD")},
        ),
        (
            {"orderType": "trailing_stop", "trailPercent": 1},
            {("orderType", "UNSUPPORTED_VALUE"), ("trailPercent", "UNSUPPORTED_FIELD")},
        ),
        ({"action": "cancel"}, {("action", "UNSUPPORTED_VALUE")}),
        ({"cancel": True}, {("cancel", "UNSUPPORTED_FIELD")}),
        ({"test": True}, {("test", "UNSUPPORTED_FIELD")}),
        ({"optionType": "call"}, {("optionType", "UNSUPPORTED_FIELD")}),
        ({"timeInForce": "ioc"}, {("timeInForce", "UNSUPPORTED_VALUE")}),
        ({"stopLoss": {"type": "trailing_stop", "percent": 1}}, {("stopLoss.type", "UNSUPPORTED_VALUE")}),
        ({"stopLoss": {"trailPercent": 1}}, {("stopLoss.trailPercent", "UNSUPPORTED_FIELD")}),
        ({"stopLoss": {"percent": 1, "amount": 2}}, {("stopLoss.amount", "CONFLICT")}),
        ({"takeProfit": 5}, {("takeProfit", "WRONG_TYPE")}),
        ({"takeProfit": {"percent": 0}}, {("takeProfit.percent", "OUT_OF_RANGE")}),
        ({"limitPrice": 5}, {("limitPrice", "CONFLICT")}),
        ({"action": "exit", "orderType": "limit", "limitPrice": 5}, {("limitPrice", "UNSUPPORTED_FIELD")}),
        ({"sentiment": "up"}, {("sentiment", "UNKNOWN_VALUE")}),
        ({"quantity": "many"}, {("quantity", "NOT_A_NUMBER")}),
        ({"ticker": None}, {("ticker", "MISSING")}),
        ({"Sentiment": "flat"}, {("Sentiment", "UNKNOWN_FIELD")}),
    ],
)
def test_mistakes_are_named(changes, mistakes) -> None:
    assert wrong({**BUY, **changes}) == mistakes


def test_what_it_does_not_know_and_is_no_order_is_kept() -> None:
    intent = understand({**BUY, "my_order_note": "x", "deep": {"er": 1, "list": [1]}, "cancel": False})
    assert dict(intent.metadata) == {"my_order_note": "x", "deep.er": Decimal(1), "cancel": False}
