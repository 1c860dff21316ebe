"""PineConnector's comma-separated messages."""

from decimal import Decimal

import pytest

from signals import formats
from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import TEXTS

LONG, SHORT = MarketPosition.LONG, MarketPosition.SHORT


def test_a_whole_message() -> None:
    assert understand(TEXTS["pineconnector"]) == Intent(
        kind=IntentKind.TRADE,
        format="pineconnector",
        symbol="BTCUSD",
        action=Action.BUY,
        size=Size(SizeKind.RISK_PCT, Decimal(1)),
        stop_loss=Level(LevelKind.PCT, Decimal(2)),
        take_profit=(Level(LevelKind.PRICE, Decimal(70000)),),
        strategy="a, b",
    )


@pytest.mark.parametrize(
    ("command", "action", "side", "position"),
    [
        ("buy", Action.BUY, None, None),
        ("bullish", Action.BUY, None, None),
        ("short", Action.SELL, None, None),
        (" closelong ", Action.EXIT, LONG, None),
        ("closeshort", Action.EXIT, SHORT, None),
        ("closelongshort", Action.EXIT, None, None),
        ("closeshortbuy", Action.BUY, None, LONG),
        ("closelongsell", Action.SELL, None, SHORT),
    ],
)
def test_commands(command, action, side, position) -> None:
    intent = understand(f"60123456789,{command},BTCUSD")
    assert (intent.action, intent.side, intent.market_position) == (action, side, position)


@pytest.mark.parametrize(
    ("risk", "size"),
    [
        ("0.5", Size(SizeKind.RISK_PCT, Decimal("0.5"))),
        ("0.5%", Size(SizeKind.RISK_PCT, Decimal("0.5"))),
        ("100 USDT", Size(SizeKind.QUOTE, Decimal(100), "USDT")),
        ("0.1 base", Size(SizeKind.BASE, Decimal("0.1"))),
    ],
)
def test_risk(risk, size) -> None:
    assert understand(f"60123456789,buy,BTCUSD,risk={risk}").size == size


@pytest.mark.parametrize(
    ("rest", "mistakes"),
    [
        ("buy,BTCUSD,risk=50", {("risk", "OUT_OF_RANGE")}),
        ("sell,BTCUSD,risk=50% position", {("risk", "UNSUPPORTED_VALUE")}),
        ("buy,BTCUSD,sl=50,tp=100", {("sl", "UNIT_MISSING"), ("tp", "UNIT_MISSING")}),
        ("buy,BTCUSD,sl=@low", {("sl", "NOT_A_NUMBER")}),
        ("buylimit,BTCUSD,price=60000", {("command", "UNSUPPORTED_VALUE"), ("price", "UNSUPPORTED_FIELD")}),
        ("cancellong,BTCUSD", {("command", "UNSUPPORTED_VALUE")}),
        ("newsltplong,BTCUSD", {("command", "UNSUPPORTED_VALUE")}),
        ("eaoff,eaoff", {("command", "UNSUPPORTED_VALUE")}),
        ("hold,BTCUSD", {("command", "UNKNOWN_VALUE")}),
        ("buy", {("symbol", "MISSING")}),
        ("buy,BTCUSD,trailtrig=5,spread=0", {("trailtrig", "UNSUPPORTED_FIELD")}),
        ("buy,BTCUSD,betrigger=5", {("betrigger", "UNSUPPORTED_FIELD")}),
        ("buy,BTCUSD,risk", {("part 4", "NOT_KEY_VALUE")}),
        ("buy,BTCUSD,risk=1,risk=2", {("risk", "DUPLICATE_KEY")}),
        ("buy,BTCUSD,lots=2", {("lots", "UNSUPPORTED_FIELD")}),
    ],
)
def test_mistakes_are_named(rest, mistakes) -> None:
    assert wrong(f"60123456789,{rest}") == mistakes


@pytest.mark.parametrize(
    ("written", "secret", "kept"),
    [
        ('secret = "my secret phrase"', "my secret phrase", 'secret = "***"'),
        ('secret="a, b"', "a, b", 'secret="***"'),
        ("secret=my secret phrase", "my secret phrase", "secret=***"),
        ("secret=abc", "abc", "secret=***"),
    ],
)
def test_a_secret_is_offered_and_blanked_whole(written, secret, kept) -> None:
    text = f"60123456789,buy,BTCUSD,{written},risk=1"
    assert formats.secrets_in(text) == ("60123456789", secret)
    assert formats.SCRUBBER.body(text, text) == f"***,buy,BTCUSD,{kept},risk=1"
    assert understand(formats.SCRUBBER.body(text, text)) == understand(text)
