"""Whether a group takes one more pyramid now. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from trading.domain.money import HUNDRED, ONE, exact
from trading.domain.refusal import Refusal
from trading.domain.settings_groups import GridSettings
from trading.domain.swings import timeframe_words

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Bars are counted from here, as venues do: a 15 min bar begins at :00, :15, :30 and :45.


@dataclass(frozen=True, slots=True)
class PyramidView:
    """One entry into the group."""

    index: int
    base_price: Decimal
    created_at: datetime


def may_add(
    pyramids: Sequence[PyramidView], *, settings: GridSettings, timeframe_secs: int, price: Decimal, at: datetime
) -> Refusal | None:
    """Why there is no further pyramid: MAX_PYRAMIDS, or TOO_SOON in the last one's bar or too near its price."""
    if len(pyramids) >= settings.max_pyramids:
        advice = "Raise max_pyramids or wait for the group to close."
        said = f"The group has {len(pyramids)} of {settings.max_pyramids} pyramids."
        return Refusal("MAX_PYRAMIDS", "pyramids", len(pyramids), settings.max_pyramids, advice, said=said)
    if not pyramids:
        return None
    last = max(pyramids, key=lambda pyramid: pyramid.index)
    return _same_bar(last, timeframe_secs=timeframe_secs, at=at) or _too_near(last, settings=settings, price=price)


def bar_start(at: datetime, *, timeframe_secs: int) -> datetime:
    """When the bar of this instant began."""
    bar = timedelta(seconds=max(timeframe_secs, 1))
    return EPOCH + (at - EPOCH) // bar * bar


def _same_bar(last: PyramidView, *, timeframe_secs: int, at: datetime) -> Refusal | None:
    """One pyramid per bar; an instant before the last pyramid counts as its bar."""
    begun = bar_start(last.created_at, timeframe_secs=timeframe_secs)
    if bar_start(at, timeframe_secs=timeframe_secs) > begun:
        return None
    secs = max(timeframe_secs, 1)
    following = begun + timedelta(seconds=secs)
    advice = f"The last one came at {last.created_at:%H:%M:%S}, the next may come from {following:%H:%M:%S} UTC."
    frame = timeframe_words(secs)
    said = f"One pyramid a bar, and this bar of {frame} has had its own."
    return Refusal("TOO_SOON", f"pyramids in this bar of {frame}", 2, 1, advice, said=said)


@exact
def _too_near(last: PyramidView, *, settings: GridSettings, price: Decimal) -> Refusal | None:
    gap_pct = abs(price / last.base_price - ONE) * HUNDRED
    if gap_pct >= settings.pyramid_min_gap_pct:
        return None
    advice = "Wait until the price has moved further, or lower pyramid_min_gap_pct."
    return Refusal("TOO_SOON", "gap to the last pyramid", round(gap_pct, 4), settings.pyramid_min_gap_pct, advice, "%")
