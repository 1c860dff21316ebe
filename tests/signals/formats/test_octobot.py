"""OctoBot's KEY=VALUE lines."""

from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, OrderStyle, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import TEXTS

LONG, SHORT = MarketPosition.LONG, MarketPosition.SHORT
BUY = "EXCHANGE=BINANCE\nSYMBOL=BTCUSDT\nSIGNAL=BUY\n"


def test_a_whole_message() -> None:
    assert understand(TEXTS["octobot"]) == Intent(
        kind=IntentKind.TRADE,
        format="octobot",
        exchange="BINANCE",
        symbol="BTCUSDT",
        action=Action.BUY,
        price=Decimal(60000),
        size=Size(SizeKind.PCT_FREE, Decimal(12)),
        order_type=OrderStyle.LIMIT,
        leverage=Decimal(3),
        stop_loss=Level(LevelKind.PCT, Decimal(5)),
        take_profit=(
            Level(LevelKind.PRICE, Decimal(63000), Decimal(25)),  # 1 of 1 + 3
            Level(LevelKind.PRICE, Decimal(66000), Decimal(75)),
        ),
        strategy="cross",
    )


@pytest.mark.parametrize(
    "text",
    [
        "EXCHANGE=binance;SYMBOL=ETHBTC;SIGNAL=sell",
        "symbol = ETHBTC\\nsignal= SELL\\nexchange=binance",
        "SYMBOL=ETHBTC\r\nSIGNAL=SELL\r\n\r\n",
    ],
)
def test_separators(text) -> None:
    intent = understand(text)
    assert (intent.format, intent.symbol, intent.action) == ("octobot", "ETHBTC", Action.SELL)


@pytest.mark.parametrize(
    ("volume", "size"),
    [
        ("0.02", Size(SizeKind.BASE, Decimal("0.02"))),
        ("2%", Size(SizeKind.PCT_EQUITY, Decimal(2))),
        ("12a%", Size(SizeKind.PCT_FREE, Decimal(12))),
        ("10s%", Size(SizeKind.PCT_FREE, Decimal(10))),
    ],
)
def test_volumes(volume, size) -> None:
    assert understand(f"{BUY}VOLUME={volume}").size == size


@pytest.mark.parametrize(
    ("signal", "volume", "action", "side", "size"),
    [
        ("SELL", "", Action.EXIT, LONG, None),
        ("BUY", "", Action.EXIT, SHORT, None),
        ("SELL", "VOLUME=0.5", Action.REDUCE, LONG, Size(SizeKind.BASE, Decimal("0.5"))),
        ("SELL", "VOLUME=30a%", Action.REDUCE, LONG, Size(SizeKind.PCT_POSITION, Decimal(30))),
        ("SELL", "VOLUME=100%", Action.EXIT, LONG, None),
    ],
)
def test_reduce_only_closes_the_side_it_is_against(signal, volume, action, side, size) -> None:
    intent = understand(f"SYMBOL=BTCUSDT\nSIGNAL={signal}\nREDUCE_ONLY=True\n{volume}")
    assert (intent.action, intent.side, intent.size) == (action, side, size)


def test_targets_without_ratios_share_evenly() -> None:
    intent = understand(f"{BUY}TAKE_PROFIT_PRICE=7\nTAKE_PROFIT_PRICE_1=10%\nTAKE_PROFIT_PRICE_2=9d")
    third = Decimal("33.33333333")
    assert intent.take_profit == (
        Level(LevelKind.PRICE, Decimal(7), third),
        Level(LevelKind.PCT, Decimal(10), third),
        Level(LevelKind.OFFSET, Decimal(9), Decimal(100) - 2 * third),
    )


@pytest.mark.parametrize(
    ("line", "mistakes"),
    [
        ("SIGNAL=CANCEL", {("SIGNAL", "DUPLICATE_KEY")}),
        ("ORDER_TYPE=STOP", {("ORDER_TYPE", "UNSUPPORTED_VALUE")}),
        ("PRICE=-5%", {("PRICE", "UNSUPPORTED_VALUE")}),
        ("PRICE=5 %x", {("PRICE", "NOT_A_NUMBER")}),
        ("STOP_PRICE=5%", {("STOP_PRICE", "OUT_OF_RANGE")}),  # above a long's entry
        ("TAKE_PROFIT_PRICE=-5%", {("TAKE_PROFIT_PRICE", "OUT_OF_RANGE")}),
        ("VOLUME=5t%", {("VOLUME", "NOT_A_SIZE")}),
        ("VOLUME=150a%", {("VOLUME", "OUT_OF_RANGE")}),
        (
            "TAKE_PROFIT_PRICE_1=7\nTAKE_PROFIT_PRICE_2=8\nTAKE_PROFIT_VOLUME_RATIO_1=1",
            {("TAKE_PROFIT_VOLUME_RATIO_2", "MISSING")},
        ),
        ("TRAILING_PROFILE=filled", {("TRAILING_PROFILE", "UNSUPPORTED_FIELD")}),
        ("PARAM_SIDE=buy", {("PARAM_SIDE", "UNSUPPORTED_FIELD")}),
        ("PARAM_X=5", {("PARAM_X", "UNSUPPORTED_FIELD")}),
        ("no equals sign", {("line 5", "NOT_KEY_VALUE")}),
        ("LEVERAGE=500", {("LEVERAGE", "OUT_OF_RANGE")}),
        ("VOLUMES=5", {("VOLUMES", "UNKNOWN_FIELD")}),
    ],
)
def test_mistakes_are_named(line, mistakes) -> None:
    assert wrong(f"{BUY}\n{line}" if "no equals" in line else BUY + line) == mistakes


def test_a_cancel_is_refused_with_advice() -> None:
    assert wrong("SYMBOL=ETHBTC;SIGNAL=CANCEL;TAG=x") == {("SIGNAL", "UNSUPPORTED_VALUE")}
