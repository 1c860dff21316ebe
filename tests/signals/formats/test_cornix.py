"""Cornix' free text."""

from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, OrderStyle, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import TEXTS

LONG, SHORT = MarketPosition.LONG, MarketPosition.SHORT
HALF = Decimal(50)


def test_a_whole_signal() -> None:
    assert understand(TEXTS["cornix"]) == Intent(
        kind=IntentKind.TRADE,
        format="cornix",
        symbol="BTC/USDT",
        action=Action.BUY,
        market_position=LONG,
        price=Decimal(60000),
        size=Size(SizeKind.PCT_EQUITY, Decimal(4)),
        leverage=Decimal(5),
        stop_loss=Level(LevelKind.PRICE, Decimal(58000)),
        take_profit=(
            Level(LevelKind.PRICE, Decimal(61000), HALF),
            Level(LevelKind.PRICE, Decimal(62000), HALF),
        ),
        message="LONG",
    )


def test_the_prices_say_the_side_and_lists_may_be_numbered() -> None:
    text = "#ETH/USDT\nEntry Targets:\n1) 3100\n2) 3150\nTake-Profit Targets:\n1) 3000\n2) 2900\nStop Targets: 3300"
    intent = understand(text)
    assert (intent.action, intent.market_position, intent.price) == (Action.SELL, SHORT, Decimal(3100))
    assert intent.entries == (Decimal(3150),)  # a short's next entry lies above
    assert [level.value for level in intent.take_profit] == [3000, 2900]


@pytest.mark.parametrize(
    ("line", "size"),
    [
        ("Amount: 5%", Size(SizeKind.PCT_EQUITY, Decimal(5))),
        ("Invest up to 3.5% of your portfolio", Size(SizeKind.PCT_EQUITY, Decimal("3.5"))),
        ("Risk management: Risk 1% - 1.5% of your portfolio", Size(SizeKind.RISK_PCT, Decimal(1))),
        ("RM: 2%", Size(SizeKind.RISK_PCT, Decimal(2))),
    ],
)
def test_amounts(line, size) -> None:
    assert understand(f"BTC/USDT\nBuy 100\nSell 110\nStop 95\n{line}").size == size


def test_a_market_entry_has_no_price() -> None:
    intent = understand("SHORT SOL/USDT\nEntry: Market\nTP1 140\nTP2 130\nStop 160")
    assert (intent.price, intent.order_type, intent.market_position) == (None, OrderStyle.MARKET, SHORT)


TEMPLATE = """⚡️⚡️ #BTC/USDT ⚡️⚡️
Exchanges: Binance Futures
Signal Type: Regular (Short)
Leverage: Isolated (5.0X)

Entry Targets:
1) 61000 - 100%

Take-Profit Targets:
1) 60000 - 60%
2) 59000 - 40%

Stop Targets:
1) 62500 - 100%"""


def test_the_template_of_its_own_publisher() -> None:
    intent = understand(TEMPLATE)
    assert (intent.symbol, intent.market_position, intent.price) == ("BTC/USDT", SHORT, Decimal(61000))
    assert (intent.leverage, intent.metadata) == (Decimal(5), (("margin_mode", "isolated"),))
    assert intent.stop_loss == Level(LevelKind.PRICE, Decimal(62500))
    assert intent.take_profit == (
        Level(LevelKind.PRICE, Decimal(60000), Decimal(60)),
        Level(LevelKind.PRICE, Decimal(59000), Decimal(40)),
    )


def test_numbers_of_a_list_on_one_line_are_no_prices() -> None:
    assert understand("BTC/USDT\nEntry: 1) 100 2) 99\nStop: 90").entries == (Decimal(99),)


@pytest.mark.parametrize(
    "text",
    [
        "LONG BTC/USDT Entry 100 Stop 90 TP1 110 TP2 120",
        "BTC/USDT\nlong entry: 100\nSL: 90\nTake Profit 1: 110\nTake Profit 2: 120",
        "#BTC/USDT\nRisk/Reward 1:2\nBuy 100\nS/L 90\nTargets 110, 120",
    ],
)
def test_one_line_or_many(text: str) -> None:
    intent = understand(text)
    assert (intent.price, intent.entries, intent.market_position) == (Decimal(100), (), LONG)
    assert intent.stop_loss == Level(LevelKind.PRICE, Decimal(90))
    assert [level.value for level in intent.take_profit] == [110, 120]


def test_closing() -> None:
    intent = understand("Close BTC/USDT")
    assert (intent.action, intent.side, intent.symbol) == (Action.EXIT, None, "BTC/USDT")


ENTERS = "BTC/USDT\nEntry 60000\n"


@pytest.mark.parametrize(
    "line",
    [
        "Stop 58000USDT",
        "Stop 58000 USDT",
        "(Stop: 58000)",
        "Stop: 58000: hard stop",
        "Stop Loss\n58000USDT",
        "Stop Loss:\n\n58000",
        "Stop Loss\n———\n1) 58000",
        "Stop $58000",
        "Stop 58000$",
    ],
)
def test_a_stop_is_read_however_it_is_dressed(line: str) -> None:
    assert understand(f"{ENTERS}Target 62000USDT\n{line}").stop_loss == Level(LevelKind.PRICE, Decimal(58000))


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        ("Target 62000\nStop", ("stop", "MISSING")),
        ("Target 62000\nStop Loss: none", ("stop", "MISSING")),
        ("Target 62000\nStop Loss:\nLeverage 5x", ("stop", "MISSING")),
        ("Target 62000\nStop Loss\nat 58000", ("stop", "MISSING")),
        ("Target 62000\nStop:\n1)", ("stop", "MISSING")),
        ("Target 62000\nStop \uff15\uff18\uff10\uff10\uff10", ("stop", "NOT_A_NUMBER")),
        ("Target 62000\nStop 58000abc", ("stop", "NOT_A_NUMBER")),
        ("Stop 58000\nTargets: open", ("take profit", "MISSING")),
        ("Stop 58000\nTarget 62000abc", ("take profit", "NOT_A_NUMBER")),
        ("Stop 58000\nTargets:\n1) \uff16\uff12", ("take profit", "NOT_A_NUMBER")),
        ("Stop 58000\nTP 1 61000", ("take profit", "NOT_A_NUMBER")),  # a place, or a price
        ("Stop 58000\nEntry soon", ("entry", "MISSING")),
    ],
)
def test_a_price_that_is_announced_and_not_there_is_named(lines: str, mistake: tuple[str, str]) -> None:
    assert mistake in wrong(f"{ENTERS}{lines}")


@pytest.mark.parametrize(
    ("targets", "prices"),
    [
        ("Targets:\n1.52\n1.60", ["1.52", "1.60"]),
        ("TP 1.52 1.60", ["1.52", "1.60"]),
        ("TP 9.1 10 11", ["9.1", "10", "11"]),
        ("TP 61 62", ["61", "62"]),
        ("TP 95 - 50%\nTP 96 - 50%", ["95", "96"]),
        ("TP1 61\nTP 2: 62\nTarget 3) 63", ["61", "62", "63"]),
    ],
)
def test_small_prices_are_no_places_of_a_list(targets: str, prices: list[str]) -> None:
    intent = understand(f"XRP/USDT\nEntry 1.40\nRisk/Reward 1:2\n{targets}\nStop 1.30")
    assert (intent.price, [str(level.value) for level in intent.take_profit]) == (Decimal("1.40"), prices)


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("Close BTC/USDT\nGood for the short term", None),
        ("Close BTC/USDT, good for the short-term", None),
        ("Close BTC/USDT\nShort squeeze ahead", None),
        ("Close BTC/USDT\nIt was a long way", None),
        ("Close BTC/USDT short", SHORT),
        ("Close all my long positions on BTC/USDT", LONG),
        ("Exit BTC/USDT\nside: long", LONG),
        ("Exit BTC/USDT\n🔴 SHORT", SHORT),
        ("Close 100% of BTC/USDT", None),
        ("Close BTC/USDT\nTarget reached", None),  # how it went, not what to do
    ],
)
def test_a_close_is_of_the_side_it_names_never_of_one_in_prose(text: str, side: MarketPosition | None) -> None:
    intent = understand(text)
    assert (intent.action, intent.side) == (Action.EXIT, side)


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("BTC/USDT\nShort term scalp\nEntry market\nTP 62000\nStop 58000", LONG),  # the target lies above the stop
        ("BTC/USDT\nEntry market\nTP 58000\nStop 62000", SHORT),
        ("BTC/USDT Binance Futures LONG\nEntry market\nStop 58000", LONG),
        ("BTC/USDT\nshort entry: market\nStop 62000", SHORT),
        ("Sell signal for BTC/USDT\nEntry 61000\nTP 60000\nStop 62500", SHORT),
        ("Buy BTC/USDT at market\nEntry: market\nTP 62000\nStop 58000", LONG),
        ("Sell BTC/USDT\nEntry 61000\nTP 60000\nStop 62500", SHORT),
    ],
)
def test_the_side_of_an_entry(text: str, side: MarketPosition) -> None:
    assert understand(text).market_position is side


@pytest.mark.parametrize(
    "part", ["Close half BTC/USDT", "Close 50% BTC/USDT", "Close BTC/USDT\n1/2 now", "Close a third of BTC/USDT"]
)
def test_a_part_is_not_closed_as_a_whole(part: str) -> None:
    assert wrong(part) == {("close", "UNSUPPORTED_VALUE")}


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("BTC/USDT\nEntry 100\nTP 110\nStop 120", {("side", "CONFLICT")}),
        ("BTC/USDT SHORT\nEntry 100\nTP 110\nStop 95", {("side", "CONFLICT")}),
        ("BTC/USDT\nEntry 60,000\nStop 58000", {("entry", "NOT_A_NUMBER")}),
        ("BTC/USDT\nEntry above 100\nTP 110\nStop 95", {("entry", "UNSUPPORTED_VALUE")}),
        ("BTC/USDT\nEntry 100\nTP 5%\nStop 95", {("take profit", "UNSUPPORTED_VALUE")}),
        ("BTC/USDT\nEntry 100\nStop 95 90", {("stop", "TOO_MANY")}),
        ("BTC/USDT\nSignal Type: Breakout\nEntry 100\nStop 95", {("signal type", "UNSUPPORTED_VALUE")}),
        ("BTC/USDT\nEntry 100\nTP 110 - 60%\nTP 120\nStop 95", {("take profit", "MISSING")}),
        ("BTC/USDT\nEntry 100\nTP 110 - 60%\nTP 120 - 60%\nStop 95", {("take profit", "OUT_OF_RANGE")}),
        ("BTC/USDT\nEntry 100\nStop 95\nLeverage 500x", {("leverage", "OUT_OF_RANGE")}),
        ("BTC/USDT\nEntry 100\nStop 95\nAmount 50%", {("amount", "OUT_OF_RANGE")}),
        (
            "BTC/USDT\nEntry 100\nStop 95\nTrailing Configuration:\nEntry: Percentage",
            {("trailing", "UNSUPPORTED_FIELD")},
        ),
        ("BTC/USDT\nEntry 100\nStop 95\nhalf off at TP1", {("line", "UNSUPPORTED_VALUE")}),
        ("BTC/USDT\nEntry 100\nStop 95\nmove the SL to 100", {("line", "UNSUPPORTED_VALUE")}),
        ("BTC/USDT\nEntry soon\nStop 95", {("entry", "MISSING")}),
        ("Close BTC/USDT and ETH/USDT", {("pair", "CONFLICT")}),
        ("BTC/USDT\nEntry 100\nStop 95\nalso ETH/USDT", {("pair", "CONFLICT")}),
        ("BTC/USDT SHORT\nEntry market\nTP 110\nStop 95", {("side", "CONFLICT")}),
        ("BTC/USDT\nShort term scalp\nEntry market\nStop 95", {("side", "MISSING")}),
    ],
)
def test_mistakes_are_named(text, mistakes) -> None:
    assert wrong(text) == mistakes
