"""freqtrade's force-enter command."""

from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, MarketPosition, OrderStyle, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import OBJECTS

BODY = OBJECTS["freqtrade"]


def test_a_whole_command() -> None:
    assert understand(BODY) == Intent(
        kind=IntentKind.TRADE,
        format="freqtrade",
        symbol="BTC/USDT:USDT",
        action=Action.SELL,
        market_position=MarketPosition.SHORT,
        price=Decimal(61000),
        size=Size(SizeKind.QUOTE, Decimal(120)),
        order_type=OrderStyle.LIMIT,
        leverage=Decimal(3),
        strategy="tv",
    )


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"side": "buy"}, {("side", "UNKNOWN_VALUE")}),
        ({"stakeamount": -1}, {("stakeamount", "OUT_OF_RANGE")}),
        ({"tradeid": 5}, {("tradeid", "UNSUPPORTED_FIELD")}),
        ({"stoploss": 5}, {("stoploss", "UNSUPPORTED_FIELD")}),
    ],
)
def test_mistakes_are_named(changes, mistakes) -> None:
    assert wrong({**BODY, **changes}) == mistakes
