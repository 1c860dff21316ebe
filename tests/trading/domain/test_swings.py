"""True range and swing points: against TA-Lib and a plain definition, on drawn charts and on real hours."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.market.bars import Bar
from signals.timeframes import DAY, HOUR
from tests.trading.domain.charts import bars, hours, wave
from trading.domain import swings
from trading.domain.swings import Swing
from trading.domain.vocabulary import PositionSide

D = Decimal
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
PAIRS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")


def test_the_average_true_range_by_hand() -> None:
    """True ranges 4, 5 (a gap: 106 − 101), 3; the first mean of two is 4.5, then (4.5 + 3) ÷ 2 = 3.75."""
    chart = bars([(102, 100, 100), (103, 99, 101), (106, 104, 105), (106, 103, 104)])
    assert swings.atr(chart, period=2) == D("3.75")
    assert swings.atr(chart[:3], period=2) == D("4.5")
    assert swings.atr(chart[:2], period=2) is None


@pytest.mark.parametrize("symbol", PAIRS)
@pytest.mark.parametrize("period", [2, 14, 50])
def test_the_average_true_range_of_real_hours_is_ta_libs(symbol: str, period: int) -> None:
    chart = hours(symbol)
    used = chart[-(swings.WARM_UP * period + 1) :]
    high, low, close = (np.array([float(getattr(bar, name)) for bar in used]) for name in ("high", "low", "close"))
    theirs = talib.ATR(high, low, close, timeperiod=period)[-1]
    ours = swings.atr(chart, period=period)
    assert ours is not None
    assert float(ours) == pytest.approx(theirs, rel=1e-12)


def test_the_first_mean_has_faded_after_the_warm_up() -> None:
    """Over ten periods or over all 720 hours: the value differs by less than a ten-thousandth."""
    chart = hours("BTCUSDT")
    high, low, close = (np.array([float(getattr(bar, name)) for bar in chart]) for name in ("high", "low", "close"))
    whole = talib.ATR(high, low, close, timeperiod=14)[-1]
    ours = swings.atr(chart, period=14)
    assert ours is not None
    assert abs(float(ours) / whole - 1) < 1e-4


@pytest.mark.parametrize(("secs", "words"), [(HOUR, "1h"), (4 * HOUR, "4h"), (DAY, "1d"), (900, "15m"), (45, "45s")])
def test_a_timeframe_in_words(secs: int, words: str) -> None:
    assert swings.timeframe_words(secs) == words


def test_only_candles_in_a_row_count() -> None:
    chart = list(hours("BTCUSDT")[:10])
    assert swings.tail(chart, timeframe_secs=HOUR) == chart
    assert swings.tail([*chart[:4], *chart[5:]], timeframe_secs=HOUR) == chart[5:]
    assert swings.tail([], timeframe_secs=HOUR) == []


# swing points ------------------------------------------------------------------------------------

ZIGZAG = wave(100, 90, 110, 95, 120, 105, 112)
# Lows 89.5, 94.5, 104.5; highs 110.5, 120.5.


def lows(chart: Sequence[Bar], width: int = 3) -> list[Decimal]:
    return [price for _, price in swings.swing_points(chart, width=width, above=False)]


def test_swing_points_of_a_zigzag() -> None:
    assert lows(ZIGZAG) == [D("89.5"), D("94.5"), D("104.5")]
    assert [price for _, price in swings.swing_points(ZIGZAG, width=3, above=True)] == [D("110.5"), D("120.5")]


@pytest.mark.parametrize(
    ("prices", "found"),
    [
        ([3, 2, 1, 2, 3], [(2, D(1))]),
        ([3, 2, 1, 1, 2, 3], [(2, D(1))]),  # of equal ones in a row the first
        ([3, 2, 1, 2], [(2, D(1))]),
        ([1, 2, 3], []),  # nothing stands before it
        ([3, 2, 1], []),  # too young
        ([1, 1, 1, 1], []),
    ],
)
def test_what_a_swing_low_is(prices: list[int], found: list[tuple[int, Decimal]]) -> None:
    chart = bars([(price + 1, price, price) for price in prices])
    assert list(swings.swing_points(chart, width=1, above=False)) == found


CHARTS = st.lists(st.integers(90, 110), min_size=1, max_size=40).map(
    lambda prices: bars([(price + 1, price, price) for price in prices])
)


@settings(max_examples=150)
@given(CHARTS, st.integers(1, 5))
def test_a_swing_point_stands_out_on_both_sides_and_none_is_left_out(chart: list[Bar], width: int) -> None:
    def is_low(n: int) -> bool:
        before, after = chart[max(n - width, 0) : n], chart[n + 1 : n + width + 1]
        full = len(before) == len(after) == width
        return full and all(bar.low > chart[n].low for bar in before) and all(bar.low >= chart[n].low for bar in after)

    expected = [(n, bar.low) for n, bar in enumerate(chart) if is_low(n)]
    assert list(swings.swing_points(chart, width=width, above=False)) == expected


def mirrored(chart: Sequence[Bar], pivot: Decimal) -> list[Bar]:
    """The chart upside down."""
    return [
        replace(bar, open=pivot - bar.open, high=pivot - bar.low, low=pivot - bar.high, close=pivot - bar.close)
        for bar in chart
    ]


@pytest.mark.parametrize(
    ("entry", "nearest", "farthest", "level"),
    [
        ("112", "0", "20", "104.5"),
        ("104.5", "0.1", "20", "94.5"),  # the entry's own level is no support
        ("105", "1", "20", "94.5"),  # 104.5 is nearer than a fee
        ("112", "0", "7.5", None),  # exactly as far as the emergency stop is too far
        ("112", "0", "7.6", "104.5"),
        ("89", "0", "20", None),
    ],
)
def test_the_nearest_support_between_two_distances(entry: str, nearest: str, farthest: str, level: str | None) -> None:
    reach = {"width": 3, "nearest": D(nearest), "farthest": D(farthest)}
    found = swings.protecting(ZIGZAG, side=LONG, entry=D(entry), **reach)
    assert found == (level and D(level))
    facing = swings.protecting(mirrored(ZIGZAG, D(200)), side=SHORT, entry=200 - D(entry), **reach)
    assert facing == (level and 200 - D(level))


@pytest.mark.parametrize("symbol", PAIRS)
@pytest.mark.parametrize("side", list(PositionSide))
def test_on_real_hours_a_level_is_a_price_the_market_turned_at(symbol: str, side: PositionSide) -> None:
    """At every tenth hour of a month: on the right side, within reach, and the extreme of one of the last 100 bars."""
    chart = hours(symbol)
    windows = [chart[n - 100 : n] for n in range(100, len(chart), 10)]
    reach = {"side": side, "width": 3, "nearest": D(0)}
    asked = [(seen, seen[-1].close) for seen in windows]
    found = [(close, swings.protecting(seen, entry=close, farthest=close / 10, **reach), seen) for seen, close in asked]
    known = [(entry, level, seen) for entry, level, seen in found if level is not None]
    assert len(known) > len(found) * 3 // 4
    assert all(0 <= side.sign * (entry - level) < entry / 10 for entry, level, _ in known)
    assert all(level in {x for bar in seen for x in (bar.low, bar.high)} for _, level, seen in known)


# swings ------------------------------------------------------------------------------------------


def test_the_swings_of_a_side_latest_first() -> None:
    assert swings.swings(ZIGZAG, side=LONG, width=3) == [
        Swing(D("94.5"), D("120.5")),
        Swing(D("89.5"), D("110.5")),
    ]
    assert swings.swings(ZIGZAG, side=SHORT, width=3) == [
        Swing(D("120.5"), D("104.5")),
        Swing(D("110.5"), D("94.5")),
    ]


@pytest.mark.parametrize(
    ("swing", "ratio", "price"),
    [
        (Swing(D(100), D(200)), "1.272", "227.2"),
        (Swing(D(100), D(200)), "2.618", "361.8"),
        (Swing(D(200), D(150)), "1.618", "119.1"),  # 200 − 50 × 1.618
    ],
)
def test_an_extension_is_counted_from_the_swings_start(swing: Swing, ratio: str, price: str) -> None:
    assert swings.extension(swing, D(ratio)) == D(price)
