"""WunderTrading: codes, bare and in JSON."""

from decimal import Decimal

import pytest

from signals import formats
from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, OrderStyle, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import OBJECTS

LONG, SHORT = MarketPosition.LONG, MarketPosition.SHORT
BODY = OBJECTS["wundertrading"]
CODE = "ENTER-LONG_BINANCE_BTCUSDT_bot_15M_abcdef0123456789"


def test_a_whole_message() -> None:
    assert understand(BODY) == Intent(
        kind=IntentKind.TRADE,
        format="wundertrading",
        exchange="BINANCE",
        symbol="BTCUSDT",
        action=Action.BUY,
        market_position=LONG,  # an open short closes first
        timeframe_secs=1800,
        size=Size(SizeKind.PCT_EQUITY, Decimal(25)),  # 0.25 of one
        order_type=OrderStyle.MARKET,
        leverage=Decimal(2),
        stop_loss=Level(LevelKind.PCT, Decimal(3)),
        take_profit=(
            Level(LevelKind.PCT, Decimal(2), Decimal(50)),
            Level(LevelKind.PRICE, Decimal(70000), Decimal(50)),
        ),
        strategy="my bot",
    )


@pytest.mark.parametrize(
    ("code", "action", "side", "symbol", "exchange", "secs"),
    [
        (CODE, Action.BUY, None, "BTCUSDT", "BINANCE", 900),
        (f"  {CODE}\n", Action.BUY, None, "BTCUSDT", "BINANCE", 900),
        ("Enter-Short_Bybit_ETHUSDT_a_b_1h_0123456789", Action.SELL, None, "ETHUSDT", "Bybit", 3600),
        ("EXIT-SHORT_HYPERLIQUID_SWAP_SOLUSDT_bot_4H_0123", Action.EXIT, SHORT, "SOLUSDT", "HYPERLIQUID_SWAP", 14400),
        ("EXIT-ALL_BINANCE_BTCUSDT_0123456789", Action.EXIT, None, "BTCUSDT", "BINANCE", None),
        ("EXIT-LONG_BYBIT_NONE_bot_15M_0123456789", Action.EXIT, LONG, "", "BYBIT", 900),
        ("EXIT-LONG_BYBIT_MULTIPLE-PAIRS_bot_15M_0123456789", Action.EXIT, LONG, "", "BYBIT", 900),
        ("EXIT-LONG_BYBIT_BTCUSDT_bot_1M_0123456789", Action.EXIT, LONG, "BTCUSDT", "BYBIT", 60),  # never months there
        ("EXIT-LONG_BYBIT_BTCUSDT_bot_3M_0123456789", Action.EXIT, LONG, "BTCUSDT", "BYBIT", 180),
        ("EXIT-LONG_BYBIT_BTCUSDT_bot_5M_0123456789", Action.EXIT, LONG, "BTCUSDT", "BYBIT", 300),
    ],
)
def test_codes_as_text(code, action, side, symbol, exchange, secs) -> None:
    intent = understand(code)
    assert (intent.format, intent.action, intent.side) == ("wundertrading", action, side)
    assert (intent.symbol, intent.exchange, intent.timeframe_secs) == (symbol, exchange, secs)


@pytest.mark.parametrize(
    ("amount", "action", "size"),
    [
        ({"amountPerTradeType": "percents", "amountPerTrade": "1.0"}, Action.EXIT, None),
        (
            {"amountPerTradeType": "percents", "amountPerTrade": 0.3},
            Action.REDUCE,
            Size(SizeKind.PCT_POSITION, Decimal(30)),
        ),
        ({"amountPerTradeType": "$", "amountPerTrade": 30}, Action.REDUCE, Size(SizeKind.QUOTE, Decimal(30))),
    ],
)
def test_an_exit_of_a_part(amount, action, size) -> None:
    intent = understand({"code": CODE.replace("ENTER", "EXIT"), **amount})
    assert (intent.action, intent.size, intent.side) == (action, size, LONG)


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"code": "ENTER-LONG_BINANCE_BTCUSDT"}, {("code", "NOT_A_CODE")}),
        ({"code": "ENTER-LONG_BINANCE_BTCUSDT_bot_15M_"}, {("code", "NOT_A_CODE")}),
        ({"code": "BUY_BINANCE_BTCUSDT_bot_x"}, {("code", "NOT_A_CODE")}),
        ({"code": "ENTER-LONG_BINANCE_B T C_bot_x"}, {("code", "NOT_A_SYMBOL")}),
        ({"amountPerTrade": 25}, {("amountPerTrade", "OUT_OF_RANGE")}),  # percents are fractions
        ({"amountPerTradeType": None}, {("amountPerTradeType", "MISSING")}),
        ({"takeProfits": [{"priceDeviation": 0.01, "portfolio": 0.5}]}, {("takeProfits", "OUT_OF_RANGE")}),
        (
            {"takeProfits": [{"priceDeviation": 0.01}, {"priceDeviation": 0.02, "portfolio": 1}]},
            {("takeProfits[0].portfolio", "MISSING")},
        ),
        ({"takeProfits": [{"price": 1, "priceDeviation": 2}]}, {("takeProfits[0].priceDeviation", "CONFLICT")}),
        ({"moveToBreakeven": {"activationPrice": 1}}, {("moveToBreakeven", "UNSUPPORTED_FIELD")}),
        ({"trailingStop": {"activation": 1}}, {("trailingStop", "UNSUPPORTED_FIELD")}),
        ({"timeToLive": 60}, {("timeToLive", "UNSUPPORTED_FIELD")}),
        ({"stopLoss": {"trailing": 1}}, {("stopLoss.trailing", "UNSUPPORTED_FIELD")}),
        ({"reduceOnly": True}, {("reduceOnly", "CONFLICT")}),
        ({"reduceOnly": "maybe"}, {("reduceOnly", "UNKNOWN_VALUE")}),
        ({"leverage": 200}, {("leverage", "OUT_OF_RANGE")}),
    ],
)
def test_mistakes_are_named(changes, mistakes) -> None:
    assert wrong({**BODY, **changes}) == mistakes


def test_only_the_codes_last_part_proves_the_sender_and_only_that_is_blanked() -> None:
    text = f'{{"code": "{CODE}", "amountPerTrade": 1}}'
    assert formats.secrets_in(formats.read(text)) == ("abcdef0123456789",)
    assert formats.secrets_in(CODE) == ("abcdef0123456789",)
    assert formats.SCRUBBER.body(CODE, CODE) == "ENTER-LONG_BINANCE_BTCUSDT_bot_15M_***"
    assert '"ENTER-LONG_BINANCE_BTCUSDT_bot_15M_***"' in formats.SCRUBBER.body(text, formats.read(text))


def test_a_code_that_hides_in_escapes_is_refused() -> None:
    text = f'{{"c\\u006fde": "{CODE}"}}'
    with pytest.raises(formats.FormatRefused) as refusal:
        formats.SCRUBBER.body(text, formats.read(text))
    assert refusal.value.code == "SECRET_EXPOSED"
