"""OKX signal bot, both kinds."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, MarketPosition, OrderStyle, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import OBJECTS

LONG, SHORT, FLAT = MarketPosition.LONG, MarketPosition.SHORT, MarketPosition.FLAT
BODY = OBJECTS["okx"]
PLAIN = {"action": "ENTER_LONG", "instrument": "ETH-USDT-SWAP", "signalToken": "x"}


def test_a_whole_message() -> None:
    assert understand(BODY) == Intent(
        kind=IntentKind.TRADE,
        format="okx",
        symbol="BTCUSDT.P",
        action=Action.BUY,
        market_position=LONG,
        prev_market_position=FLAT,
        sent_at=datetime(2026, 11, 20, 10, 15, tzinfo=UTC),
        max_age_secs=Decimal(60),
        size=Size(SizeKind.BASE, Decimal("0.02")),
        order_type=OrderStyle.MARKET,
        strategy="Long",
    )


@pytest.mark.parametrize(
    ("word", "action", "side", "position"),
    [
        ("ENTER_LONG", Action.BUY, None, LONG),
        ("enter_short", Action.SELL, None, SHORT),
        ("EXIT_LONG", Action.EXIT, LONG, None),
        ("EXIT_SHORT", Action.EXIT, SHORT, None),
        ("sell", Action.SELL, None, None),
    ],
)
def test_actions(word, action, side, position) -> None:
    intent = understand({**PLAIN, "action": word})
    assert (intent.action, intent.side, intent.market_position) == (action, side, position)


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("base", SizeKind.BASE),
        ("contract", SizeKind.CONTRACTS),
        ("margin", SizeKind.QUOTE),
        ("percentage_balance", SizeKind.PCT_FREE),
        ("percentage_investment", SizeKind.PCT_EQUITY),
    ],
)
def test_sizes(kind, size) -> None:
    assert understand({**PLAIN, "investmentType": kind, "amount": "25"}).size == Size(size, Decimal(25))


def test_an_exit_of_a_part_reduces_and_goes_at_market_whatever_its_offset() -> None:
    part = {"investmentType": "percentage_position", "amount": "40"}
    intent = understand({**PLAIN, "action": "EXIT_SHORT", **part, "orderType": "limit", "orderPriceOffset": "0.1"})
    assert (intent.action, intent.side) == (Action.REDUCE, SHORT)
    assert intent.size == Size(SizeKind.PCT_POSITION, Decimal(40))
    assert intent.metadata == (("orderPriceOffset", "0.1"),)


def test_a_sell_that_leaves_the_strategy_long_reduces_by_its_amount() -> None:
    intent = understand({**BODY, "action": "sell", "marketPosition": "long", "prevMarketPosition": "long"})
    assert (intent.action, intent.side, intent.market_position) == (Action.REDUCE, LONG, LONG)
    assert intent.size == Size(SizeKind.BASE, Decimal("0.02"))


def test_all_of_a_position_is_an_exit() -> None:
    whole = {"action": "EXIT_LONG", "investmentType": "percentage_position", "amount": 100}
    assert understand({**PLAIN, **whole}).action is Action.EXIT


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"orderType": "limit", "orderPriceOffset": "0.1"}, {("orderPriceOffset", "UNSUPPORTED_FIELD")}),
        ({"tpPct": 2}, {("tpPct", "UNSUPPORTED_FIELD")}),
        ({"amount": 5}, {("investmentType", "MISSING")}),
        ({"investmentType": "lots", "amount": 5}, {("investmentType", "UNKNOWN_VALUE")}),
        ({"maxLag": "soon"}, {("maxLag", "NOT_A_NUMBER")}),
        ({"action": "reverse"}, {("action", "UNKNOWN_VALUE")}),
        ({"instrument": ""}, {("instrument", "MISSING")}),
        ({"marketPosition": "up"}, {("marketPosition", "UNKNOWN_VALUE")}),
        ({"intsrument": "x"}, {("intsrument", "UNKNOWN_FIELD")}),
    ],
)
def test_mistakes_are_named(changes, mistakes) -> None:
    assert wrong({**PLAIN, **changes}) == mistakes
