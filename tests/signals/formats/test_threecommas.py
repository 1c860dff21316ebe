"""3Commas: signal bots of both types, and DCA bots."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, OrderStyle, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import OBJECTS

TEN_FIFTEEN = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
LONG, SHORT, FLAT = MarketPosition.LONG, MarketPosition.SHORT, MarketPosition.FLAT
STEPS = [{"price_percent": 1, "volume_percent": 60}, {"price_percent": 2, "volume_percent": 50}]
STRATEGY, CUSTOM, DCA = (OBJECTS[f"threecommas_{name}"] for name in ("strategy", "custom", "dca"))


def test_a_whole_strategy_message() -> None:
    assert understand(STRATEGY) == Intent(
        kind=IntentKind.TRADE,
        format="threecommas_strategy",
        exchange="BINANCE",
        symbol="BTCUSDT",
        action=Action.BUY,
        market_position=LONG,
        prev_market_position=FLAT,
        position_size=Decimal("0.03"),
        prev_position_size=Decimal(0),
        price=Decimal("61000.5"),
        sent_at=TEN_FIFTEEN,
        max_age_secs=Decimal(240),
        size=Size(SizeKind.BASE, Decimal("0.03")),
        strategy="bot-1",
    )


@pytest.mark.parametrize(
    ("size_after", "kind", "entered"),
    [
        ("0.01", "base", Size(SizeKind.BASE, Decimal("0.01"))),  # 0.03 = 0.02 that it closed + 0.01
        (None, "base", Size(SizeKind.BASE, Decimal("0.03"))),
        ("0.01", "quote", Size(SizeKind.QUOTE, Decimal("0.03"))),
    ],
)
def test_a_strategy_that_turns_round_enters_what_is_left_of_its_order(size_after, kind, entered) -> None:
    info = {"market_position": "short", "prev_market_position": "long", "market_position_size": size_after}
    order = {"amount": "0.03", "currency_type": kind}
    assert understand({**STRATEGY, "action": "sell", "strategy_info": info, "order": order}).size == entered


def test_a_whole_custom_message() -> None:
    assert understand(CUSTOM) == Intent(
        kind=IntentKind.TRADE,
        format="threecommas_custom",
        exchange="BYBIT",
        symbol="ETHUSDT",
        action=Action.SELL,
        market_position=SHORT,  # an open long closes first
        price=Decimal("3100.4"),
        sent_at=TEN_FIFTEEN,
        max_age_secs=Decimal(240),
        size=Size(SizeKind.PCT_FREE, Decimal(15)),
        order_type=OrderStyle.MARKET,
        stop_loss=Level(LevelKind.PCT, Decimal("1.5")),
        take_profit=(Level(LevelKind.PCT, Decimal(2), Decimal(60)), Level(LevelKind.PCT, Decimal(4), Decimal(40))),
        strategy="bot-2",
    )


@pytest.mark.parametrize(
    ("order", "action", "size"),
    [
        (None, Action.EXIT, None),
        ({"amount": 100, "currency_type": "position_percent"}, Action.EXIT, None),
        (
            {"amount": "40", "currency_type": "position_percent"},
            Action.REDUCE,
            Size(SizeKind.PCT_POSITION, Decimal(40)),
        ),
        ({"amount": "40", "currency_type": "quote"}, Action.REDUCE, Size(SizeKind.QUOTE, Decimal(40))),
    ],
)
def test_an_exit_names_its_side_and_may_be_a_part(order, action, size) -> None:
    body = {key: CUSTOM[key] for key in ("secret", "bot_uuid", "tv_instrument")}
    intent = understand({**body, "action": "exit_long", "order": order})
    assert (intent.action, intent.side, intent.market_position, intent.size) == (action, LONG, None, size)


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"action": "disable", "positions_sub_action": "market_close"}, {"action", "positions_sub_action"}),
        ({"take_profit": {"enabled": True, "steps": [{"price_percent": 1, "trailing": {"enabled": True}}]}}, set()),
        ({"stop_loss": {"enabled": True, "trigger_price_percent": 1, "breakeven": True}}, {"stop_loss.breakeven"}),
        ({"order": {"amount": 1, "currency_type": "base", "price_percent": 2}}, {"order.price_percent"}),
        ({"safety_orders": [{"a": 1}]}, {"safety_orders"}),
    ],
)
def test_what_is_not_carried_out_is_named(changes, mistakes) -> None:
    found = wrong({**CUSTOM, **changes})
    assert {code for _, code in found} <= {"UNSUPPORTED_FIELD", "UNSUPPORTED_VALUE"}
    assert {field for field, _ in found} == (mistakes or {"take_profit.steps[0].trailing"})


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"action": "enter"}, {("action", "UNKNOWN_VALUE")}),
        ({"tv_instrument": None}, {("tv_instrument", "MISSING")}),
        ({"max_lag": "-1"}, {("max_lag", "OUT_OF_RANGE")}),
        ({"order": {"amount": 1}}, {("order.currency_type", "MISSING")}),
        ({"order": {"amount": "0", "currency_type": "base"}}, {("order.amount", "OUT_OF_RANGE")}),
        ({"order": {"amount": 101, "currency_type": "margin_percent"}}, {("order.amount", "OUT_OF_RANGE")}),
        ({"take_profit": {"steps": {}}}, {("take_profit.steps", "WRONG_TYPE")}),
        ({"take_profit": {"steps": STEPS}}, {("take_profit.steps", "OUT_OF_RANGE")}),
        ({"take_profit": {"steps": [1]}}, {("take_profit.steps[0]", "WRONG_TYPE")}),
        (
            {"take_profit": {"steps": [{"price_percent": 1}, {"price_percent": 2, "volume_percent": 50}]}},
            {("take_profit.steps[0].volume_percent", "MISSING")},
        ),
        (
            {"action": "enter_long", "take_profit": {"steps": [{"price_percent": -2}]}},
            {("take_profit.steps[0].price_percent", "OUT_OF_RANGE")},
        ),
        ({"stop_loss": {"enabled": True}}, {("stop_loss.trigger_price_percent", "MISSING")}),
        ({"stop_loss": {"trigger_price_percent": 0}}, {("stop_loss.trigger_price_percent", "OUT_OF_RANGE")}),
    ],
)
def test_mistakes_in_custom_messages(changes, mistakes) -> None:
    assert wrong({**CUSTOM, **changes}) == mistakes


def test_what_is_switched_off_asks_for_nothing() -> None:
    off = {"take_profit": {"enabled": False, "steps": [{"x": 1}]}, "stop_loss": {"enabled": "false", "y": 1}}
    intent = understand({**CUSTOM, **off})
    assert (intent.take_profit, intent.stop_loss) == ((), None)


def test_a_strategy_says_where_it_stands() -> None:
    assert wrong({**STRATEGY, "strategy_info": {}}) == {("strategy_info.market_position", "MISSING")}
    assert wrong({**STRATEGY, "take_profit": {"enabled": True}}) == {("take_profit", "UNSUPPORTED_FIELD")}
    assert dict(understand({**STRATEGY, "anything": "else"}).metadata) == {"anything": "else"}


@pytest.mark.parametrize(
    ("changes", "action", "adds", "size"),
    [
        ({}, Action.BUY, False, None),
        ({"action": "close_at_market_price"}, Action.EXIT, False, None),
        ({"action": "close_at_market_price_all"}, Action.EXIT, False, None),
        ({"action": "add_funds_in_quote", "volume": 15}, None, True, Size(SizeKind.QUOTE, Decimal(15))),
    ],
)
def test_a_dca_bot(changes, action, adds, size) -> None:
    intent = understand({**DCA, **changes})
    assert (intent.format, intent.symbol, intent.strategy) == ("threecommas_dca", "USDT_BTC", "77")
    assert (intent.action, intent.adds_only, intent.size) == (action, adds, size)


def test_a_dca_message_without_a_pair_leaves_it_to_the_source() -> None:
    assert understand({key: DCA[key] for key in ("bot_id", "email_token")}).symbol == ""


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"action": "stop_bot"}, {("action", "UNSUPPORTED_VALUE")}),
        ({"action": "cancel_all"}, {("action", "UNSUPPORTED_VALUE")}),
        ({"action": "start_bot_and_start_deal"}, {("action", "UNSUPPORTED_VALUE")}),
        ({"action": "close"}, {("action", "UNKNOWN_VALUE")}),
        ({"delay_seconds": 5}, {("delay_seconds", "UNSUPPORTED_FIELD")}),
        ({"volume": 5}, {("volume", "UNSUPPORTED_FIELD")}),
        ({"action": "add_funds_in_quote"}, {("volume", "MISSING")}),
        ({"pair": "USDT BTC"}, {("pair", "NOT_A_SYMBOL")}),
    ],
)
def test_what_a_dca_bot_may_not_ask(changes, mistakes) -> None:
    assert wrong({**DCA, **changes}) == mistakes
