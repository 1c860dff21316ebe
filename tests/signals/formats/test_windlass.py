"""Windlass's own flat alert."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals import formats
from signals.formats import FormatRefused
from signals.formats.windlass import FIELDS
from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, OrderStyle, Size, SizeKind
from signals.strict_json import JsonRefused
from tests.signals.formats.bodies import refused, understand, wrong

TEN_FIFTEEN = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
BUY = {"symbol": "BTCUSDT", "action": "buy"}


def test_a_whole_alert():
    body = {
        "secret": "never shown",
        "id": 41,
        "account": "second",
        "timestamp": "2026-11-20T10:15:00Z",
        "exchange": "BINANCE",
        "symbol": "BTCUSDT.P",
        "interval": "15",
        "action": "buy",
        "market_position": "long",
        "market_position_size": "0.02",
        "prev_market_position": "flat",
        "prev_market_position_size": "0",
        "price": "61234.5",
        "size": "1% equity",
        "order_type": "limit",
        "leverage": "3",
        "stop_loss": "2%",
        "take_profit": 63000,
        "max_slippage_pct": "0.3",
        "strategy": "cross",
        "message": "golden",
        "indicators": {"rsi": "55.5", "macd": -1.2, "atr": None},
        "conditions": {"rsi_oversold": True, "macd_cross": "up"},
        "close": 61230,
        "note": "kept",
    }
    assert understand(body) == Intent(
        kind=IntentKind.TRADE,
        format="windlass",
        exchange="BINANCE",
        symbol="BTCUSDT.P",
        action=Action.BUY,
        market_position=MarketPosition.LONG,
        prev_market_position=MarketPosition.FLAT,
        position_size=Decimal("0.02"),
        prev_position_size=Decimal(0),
        timeframe_secs=900,
        price=Decimal("61234.5"),
        sent_at=TEN_FIFTEEN,
        client_id="41",
        account="second",
        size=Size(SizeKind.PCT_EQUITY, Decimal(1)),
        order_type=OrderStyle.LIMIT,
        leverage=Decimal(3),
        stop_loss=Level(LevelKind.PCT, Decimal(2)),
        take_profit=(Level(LevelKind.PRICE, Decimal(63000)),),
        max_slippage_pct=Decimal("0.3"),
        indicators=(("rsi", Decimal("55.5")), ("macd", Decimal("-1.2")), ("close", Decimal(61230))),
        conditions=(("rsi_oversold", True), ("macd_cross", "up")),
        strategy="cross",
        message="golden",
        metadata=(("note", "kept"),),
    )


@pytest.mark.parametrize(
    ("word", "action", "side"),
    [
        ("buy", Action.BUY, None),
        ("SELL", Action.SELL, None),
        (" Exit ", Action.EXIT, None),
        ("close", Action.EXIT, None),
        ("exit_long", Action.EXIT, MarketPosition.LONG),
        ("close_short", Action.EXIT, MarketPosition.SHORT),
        ("reduce", Action.REDUCE, None),
        ("reverse", Action.REVERSE, None),
    ],
)
def test_actions(word, action, side):
    intent = understand({"symbol": "BTCUSDT", "action": word})
    assert (intent.action, intent.side) == (action, side)


HALF = Size(SizeKind.PCT_POSITION, Decimal(50))
LONG, SHORT = MarketPosition.LONG, MarketPosition.SHORT


@pytest.mark.parametrize(
    ("action", "more", "found", "side", "size"),
    [
        ("exit", {"size": "50% position"}, Action.REDUCE, None, HALF),
        ("exit", {"size": 50, "size_type": "percent_of_position"}, Action.REDUCE, None, HALF),
        ("exit_long", {"size": "0.5 base"}, Action.REDUCE, LONG, Size(SizeKind.BASE, Decimal("0.5"))),
        ("exit", {"size": "100% position"}, Action.EXIT, None, None),
        ("exit_long", {"size": "50% position", "market_position": "short"}, Action.EXIT, LONG, None),  # it has left it
        ("sell", {"size": "50% position"}, Action.REDUCE, LONG, HALF),
        ("buy", {"size": "50% position"}, Action.REDUCE, SHORT, HALF),
        ("buy", {"size": "100% position"}, Action.EXIT, SHORT, None),
        ("sell", {"size": "50% position", "market_position": "long"}, Action.REDUCE, LONG, HALF),
        ("sell", {"size": "50% position", "side": "long"}, Action.REDUCE, LONG, HALF),
        ("buy", {"size": "50% position", "market_position": "long"}, Action.BUY, None, HALF),  # adds half as much
    ],
)
def test_a_part_of_the_position(action, more, found, side, size):
    intent = understand({"symbol": "BTCUSDT", "action": action, **more})
    assert (intent.action, intent.side, intent.size) == (found, side, size)


@pytest.mark.parametrize(
    ("position_size", "entered"), [("-0.01", "0.01"), ("0.01", "0.01"), (None, "0.03"), (0, "0.03")]
)
def test_an_order_that_turns_round_enters_what_is_left_of_it(position_size, entered):
    turns = {"market_position": "short", "prev_market_position": "long", "market_position_size": position_size}
    intent = understand({"symbol": "BTCUSDT", "action": "sell", "size": "0.03 base", **turns})
    assert intent.size == Size(SizeKind.BASE, Decimal(entered))  # 0.03 = 0.02 that it closed + 0.01


@pytest.mark.parametrize(
    ("action", "position", "leaves"),
    [("buy", None, False), ("sell", None, True), ("exit", None, True), ("reduce", None, True), ("buy", "flat", True)],
)
def test_what_may_exit_has_its_own_bucket(action, position, leaves):
    assert understand({"symbol": "BTCUSDT", "action": action, "market_position": position}).may_exit is leaves


@pytest.mark.parametrize(
    "given_time",
    [
        "2026-11-20T10:15:00Z",
        "2026-11-20T10:15:00+00:00",
        "2026-11-20T11:15:00+01:00",
        "2026-11-20T10:15:00",
        "2026-11-20 10:15:00",
        1795169700,
        "1795169700",
        1795169700000,
        "1795169700000",
        "1795169700.0",
    ],
)
def test_times(given_time):
    assert understand({**BUY, "timestamp": given_time}).sent_at == TEN_FIFTEEN
    assert understand({**BUY, "time": given_time}).bar_time == TEN_FIFTEEN


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"size": "1%"}, Size(SizeKind.PCT_EQUITY, Decimal(1))),
        ({"size": "25 % free"}, Size(SizeKind.PCT_FREE, Decimal(25))),
        ({"size": "50% of position"}, Size(SizeKind.PCT_POSITION, Decimal(50))),
        ({"size": "1% risk"}, Size(SizeKind.RISK_PCT, Decimal(1))),
        ({"size": "20 risk"}, Size(SizeKind.RISK_QUOTE, Decimal(20))),
        ({"size": "100 quote"}, Size(SizeKind.QUOTE, Decimal(100))),
        ({"size": "100 USDT"}, Size(SizeKind.QUOTE, Decimal(100), currency="USDT")),
        ({"size": "0.5 base"}, Size(SizeKind.BASE, Decimal("0.5"))),
        ({"size": "3 contracts"}, Size(SizeKind.CONTRACTS, Decimal(3))),
        ({"size": "0.5", "size_type": "base"}, Size(SizeKind.BASE, Decimal("0.5"))),
        ({"size": 2, "size_type": "percent_of_equity"}, Size(SizeKind.PCT_EQUITY, Decimal(2))),
        ({}, None),
    ],
)
def test_sizes(fields, size):
    assert understand({**BUY, **fields}).size == size


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (60000, Level(LevelKind.PRICE, Decimal(60000))),
        ("60000", Level(LevelKind.PRICE, Decimal(60000))),
        ("1.5 %", Level(LevelKind.PCT, Decimal("1.5"))),
        ({"percent": "2"}, Level(LevelKind.PCT, Decimal(2))),
        ({"offset": 150}, Level(LevelKind.OFFSET, Decimal(150))),
        (None, None),
    ],
)
def test_levels(value, level):
    assert understand({**BUY, "stop_loss": value}).stop_loss == level


@pytest.mark.parametrize(
    ("fields", "mistakes"),
    [
        ({"symbol": None}, {("symbol", "MISSING")}),
        ({"symbol": ""}, {("symbol", "MISSING")}),
        ({"symbol": "BTC USDT"}, {("symbol", "NOT_A_SYMBOL")}),
        ({"symbol": ["BTCUSDT"]}, {("symbol", "WRONG_TYPE")}),
        ({"symbol": "B" * 61}, {("symbol", "TOO_LONG"), ("symbol", "NOT_A_SYMBOL")}),
        ({"action": "open"}, {("action", "UNKNOWN_VALUE")}),
        ({"action": ""}, {("action", "UNKNOWN_VALUE")}),
        ({"action": True}, {("action", "UNKNOWN_VALUE")}),
        ({"action": None}, {("action", "MISSING")}),
        ({"action": "exit_long", "side": "short"}, {("side", "CONFLICT")}),
        ({"price": "12,5"}, {("price", "NOT_A_NUMBER")}),
        ({"price": "NaN"}, {("price", "NOT_A_NUMBER")}),
        ({"price": "1e999"}, {("price", "NUMBER_OUT_OF_RANGE")}),
        ({"price": "9" * 41}, {("price", "NUMBER_TOO_LONG")}),
        ({"price": 0}, {("price", "OUT_OF_RANGE")}),
        ({"price": True}, {("price", "WRONG_TYPE")}),
        ({"leverage": 126}, {("leverage", "OUT_OF_RANGE")}),
        ({"max_slippage_pct": -1}, {("max_slippage_pct", "OUT_OF_RANGE")}),
        ({"interval": "7x"}, {("interval", "NOT_A_TIMEFRAME")}),
        ({"timestamp": "yesterday"}, {("timestamp", "NOT_A_TIME")}),
        ({"timestamp": 20261120}, {("timestamp", "NOT_A_TIME")}),  # a date is no epoch: that is 1970
        ({"timestamp": "1e19"}, {("timestamp", "NOT_A_TIME")}),
        ({"timestamp": True}, {("timestamp", "NOT_A_TIME")}),
        ({"timestamp": -67768040609740801}, {("timestamp", "NOT_A_TIME")}),
        ({"timestamp": 9 * 10**18}, {("timestamp", "NOT_A_TIME")}),
        ({"id": "x" * 129}, {("id", "TOO_LONG")}),
        ({"size": 5}, {("size", "NOT_A_SIZE")}),
        ({"size": "5"}, {("size", "NOT_A_SIZE")}),
        ({"size": "0%"}, {("size", "NOT_A_SIZE")}),
        ({"size": "101% free"}, {("size", "NOT_A_SIZE")}),
        ({"size": "5% of luck"}, {("size", "NOT_A_SIZE")}),
        ({"size": 101, "size_type": "percent_of_free"}, {("size", "OUT_OF_RANGE")}),
        ({"size_type": "base"}, {("size", "MISSING")}),
        ({"stop_loss": 0}, {("stop_loss", "OUT_OF_RANGE")}),
        ({"stop_loss": "x%"}, {("stop_loss", "NOT_A_NUMBER")}),
        ({"stop_loss": {"percent": 1, "price": 2}}, {("stop_loss", "UNSUPPORTED_FIELD")}),
        ({"stop_loss": {"percent": -1}}, {("stop_loss.percent", "OUT_OF_RANGE")}),
        ({"indicators": 5}, {("indicators", "WRONG_TYPE")}),
        ({"indicators": {"rsi": "high"}}, {("indicators.rsi", "NOT_A_NUMBER")}),
        ({"indicators": {"rsi": {"a": 1}}}, {("indicators.rsi", "WRONG_TYPE")}),
        ({"indicators": {"": 1}}, {("indicators.", "BAD_NAME")}),
        ({"indicators": {"token": 1}}, {("indicators.token", "BAD_NAME")}),
        ({"indicators": {f"a{n}": 1 for n in range(101)}}, {("indicators.", "TOO_MANY")}),
        ({"conditions": {"deep": [1]}}, {("conditions.deep", "UNSUPPORTED_FIELD")}),
        ({f"a{n}": 1 for n in range(101)}, {("", "TOO_MANY")}),
        ({"qty": 1}, {("qty", "UNSUPPORTED_FIELD")}),
        ({"trailing_stop": "1%"}, {("trailing_stop", "UNSUPPORTED_FIELD")}),
        ({"position_size": True}, {("position_size", "UNSUPPORTED_FIELD")}),
        ({"exchange": -1}, {("exchange", "NOT_AN_EXCHANGE")}),
        ({"strategy": ["order"]}, {("strategy", "WRONG_TYPE")}),
        ({"extras": {"a": 1}}, {("extras", "UNSUPPORTED_FIELD")}),
        ({"leverge": 3}, {("leverge", "UNKNOWN_FIELD")}),
        ({"Price": 3}, {("Price", "UNKNOWN_FIELD")}),
        ({"stop loss": 3}, {("stop loss", "UNKNOWN_FIELD")}),
        ({"price": "x", "leverage": "y"}, {("price", "NOT_A_NUMBER"), ("leverage", "NOT_A_NUMBER")}),
    ],
)
def test_mistakes_are_named(fields, mistakes):
    refusal = refused({**BUY, **fields})
    assert {(error.field, error.code) for error in refusal.errors} == mistakes
    assert (refusal.nearest, refusal.code) == ("windlass", refusal.errors[0].code)


def test_a_wrong_secret_field_is_never_quoted():
    refusal = refused({**BUY, "secret": {"hunter2": 1}})
    assert [(e.field, e.code, e.got) for e in refusal.errors] == [("secret", "WRONG_TYPE", "")]


@pytest.mark.parametrize(
    ("body", "indicators"),
    [
        ({"symbol": "BTCUSDT", "indicators": {"rsi": "1"}}, (("rsi", Decimal(1)),)),
        ({"symbol": "BTCUSDT", "indicators": {}, "close": 5}, (("close", Decimal(5)),)),
        ({"symbol": "BTCUSDT", "indicators": {"close": 4}, "close": 5}, (("close", Decimal(4)),)),
    ],
)
def test_without_an_action_values_are_stored(body, indicators):
    intent = understand(body)
    assert (intent.kind, intent.action, intent.indicators) == (IntentKind.VALUES, None, indicators)


@pytest.mark.parametrize("name", ["signal", "order", "order_action", "cmd"])
def test_a_trade_in_other_words_is_not_stored_as_values(name):
    assert wrong({"symbol": "BTCUSDT", "indicators": {"rsi": 1}, name: "buy"}) == {(name, "UNSUPPORTED_FIELD")}


WISHES = [
    "stop_loss_pct",
    "sl_price",
    "tp1",
    "trailing_stop_pct",
    "percent",
    "close_percent",
    "qty_pct",
    "lots",
    "order_size",
    "reduceonly",
    "positionside",
    "lev",
    "trigger_price",
    "delay",
    "sub_account",
    "account_name",
]


@pytest.mark.parametrize("name", WISHES)
def test_an_instruction_in_other_words_is_named(name):
    assert wrong({**BUY, name: 1}) == {(name, "UNSUPPORTED_FIELD")}
    assert dict(understand({**BUY, name: 0}).metadata) == {name: 0}


@pytest.mark.parametrize("name", ["prev_close", "volume_sma", "percent_b", "plot_0", "inside_bar", "order_id"])
def test_what_a_script_measures_is_kept(name):
    assert dict(understand({**BUY, name: "1.5"}).metadata) == {name: "1.5"}


@pytest.mark.parametrize("extra", [{"market_position": "long"}, {"size": "1%"}, {"side": "long"}])
def test_instructions_without_an_action_are_not_ignored(extra):
    assert ("action", "MISSING") in wrong({"symbol": "BTCUSDT", "indicators": {"rsi": 1}, **extra})


def test_values_need_a_value():
    assert wrong({"symbol": "BTCUSDT", "indicators": {"rsi": None}}) == {("action", "MISSING")}


def test_the_bars_close_is_the_price_where_none_is_given():
    assert understand({**BUY, "close": "7"}).price == 7
    assert understand({**BUY, "indicators": {"close": 8}}).price == 8
    assert understand({**BUY, "close": "7", "price": 9}).price == 9


NUMBERS = st.decimals(min_value=Decimal("0.00000001"), max_value=10**12, allow_nan=False, places=8)


@given(NUMBERS, st.sampled_from(list(Action)), st.booleans())
def test_numbers_survive_quoted_or_not(price, action, quoted):
    number = f'"{price:f}"' if quoted else f"{price:f}"
    intent = understand(f'{{"symbol": "BTCUSDT", "action": "{action.value}", "price": {number}}}')
    assert (intent.price, intent.action) == (price, action)


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.sampled_from(["{{close}}", "NaN", "1e999"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)) | st.text(max_size=10), HOSTILE, max_size=8))
def test_hostile_values_are_understood_or_refused_with_a_code(body):
    outcome = None
    try:
        outcome = understand({**BUY, **body})
    except (FormatRefused, JsonRefused) as refusal:
        outcome = refusal.code
    assert outcome


# Digits only: a stranger whose words resemble an order's field is refused, and that has its own test.
STRANGERS = st.text("0123456789", min_size=1, max_size=12).map("zz_{}".format)


@given(st.dictionaries(STRANGERS, st.booleans() | NUMBERS.map(str), max_size=6))
def test_strangers_that_mean_no_order_are_kept(strangers):
    assert dict(understand({**BUY, **strangers}).metadata) == strangers


def test_a_stored_alert_reads_the_same_again():
    text = json.dumps({**BUY, "secret": "correct-horse", "price": "61234.5"})
    body = formats.read(text)
    clean = formats.SCRUBBER.body(text, body)
    assert formats.parse_stored("windlass", clean) == understand(text)
