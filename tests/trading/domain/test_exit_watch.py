"""What is watched says where it was read from."""

from decimal import Decimal

import pytest

from tests.trading.domain.build import FREE, view
from trading.domain import settings as registry
from trading.domain.exit_view import ExitReason, Levels, Watched
from trading.domain.exit_watch import peak_after, watched
from trading.domain.vocabulary import PositionSide

D = Decimal
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
BOTH = registry.resolve([{"stop": "atr, support", "atr_period": 14, "atr_multiplier": 2}]).exits
HOUR = 3600


@pytest.mark.parametrize(
    ("side", "secs", "atr", "support"),
    [
        (LONG, None, Watched(ExitReason.STOP_ATR, D(97), "14 × 2"), ("97.5", "swing low")),
        (SHORT, None, Watched(ExitReason.STOP_ATR, D(103), "14 × 2"), ("102.5", "swing high")),
        (LONG, HOUR, Watched(ExitReason.STOP_ATR, D(97), "14 × 2, 1h candles"), ("97.5", "swing low, 1h candles")),
        (SHORT, HOUR, Watched(ExitReason.STOP_ATR, D(103), "14 × 2, 1h candles"), ("102.5", "swing high, 1h candles")),
    ],
)
def test_a_stop_says_what_it_was_read_from(
    side: PositionSide, secs: int | None, atr: Watched, support: tuple[str, str]
) -> None:
    price, note = support
    levels = Levels(atr_quote=D("1.5"), support=D(price), timeframe_secs=secs)
    found = watched(view(10, side=side), peak=None, settings=BOTH, rules=FREE, levels=levels)
    assert found[:2] == (atr, Watched(ExitReason.STOP_SUPPORT, D(price), note))


@pytest.mark.parametrize(("qty", "kept"), [("0.9", None), ("1", "110"), ("10", "110")])
def test_less_than_a_lot_has_nothing_to_stop(qty: str, kept: str | None) -> None:
    settings = registry.resolve([{"stop": "trailing"}]).exits
    group = view(qty, peak=D(110))
    assert peak_after(group, settings=settings, rules=FREE, prices=None) == (kept and D(kept))
    stops = [one.kind for one in watched(group, peak=None, settings=settings, rules=FREE)]
    assert (ExitReason.STOP_EMERGENCY in stops) is (kept is not None)
