"""What an intent says of itself."""

from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition

D = Decimal
A, M = Action, MarketPosition
LONG, SHORT, FLAT = M.LONG, M.SHORT, M.FLAT


@pytest.mark.parametrize(
    ("action", "stands", "stood", "side", "leaves"),
    [
        (A.BUY, None, None, None, False),
        (A.BUY, LONG, None, None, False),
        (A.BUY, LONG, FLAT, None, False),
        (A.BUY, None, None, LONG, False),
        (A.BUY, FLAT, None, None, True),
        (A.BUY, SHORT, None, None, True),  # a part of the short is bought back
        (A.BUY, LONG, SHORT, None, True),  # it turns round
        (A.BUY, None, SHORT, None, True),
        (A.BUY, None, None, SHORT, True),
        (A.SELL, None, None, None, True),
        (A.SELL, SHORT, None, None, True),  # also where it enters: what it finds is not known yet
        (A.EXIT, None, None, None, True),
        (A.REDUCE, None, None, None, True),
        (A.REVERSE, None, None, None, True),
        (None, None, None, None, False),
        (None, SHORT, None, None, False),  # an addition to a short
        (None, FLAT, None, None, True),
    ],
)
def test_what_may_close_or_shrink_a_position(
    action: Action | None,
    stands: MarketPosition | None,
    stood: MarketPosition | None,
    side: MarketPosition | None,
    leaves: bool,
) -> None:
    said = {"action": action, "market_position": stands, "prev_market_position": stood, "side": side}
    assert Intent(kind=IntentKind.TRADE, format="windlass", **said).may_exit is leaves


@pytest.mark.parametrize(
    ("kind", "value", "can_be"),
    [
        (LevelKind.PRICE, "100", True),  # a tenth of 1,000
        (LevelKind.PRICE, "99.9", False),
        (LevelKind.PRICE, "10000", True),  # ten times 1,000
        (LevelKind.PRICE, "10000.1", False),
        (LevelKind.PRICE, "2", False),  # meant as 2 %
        (LevelKind.PCT, "2", True),
        (LevelKind.OFFSET, "2", True),
    ],
)
def test_a_stop_far_from_the_price_is_none(kind: LevelKind, value: str, can_be: bool) -> None:
    assert Level(kind, D(value)).is_near(D(1000)) is can_be
