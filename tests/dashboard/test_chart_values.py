"""The indicators of a chart: each against TA-Lib or by hand, whatever may be asked for, and what is refused."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import chart_values
from dashboard.chart_library import library
from dashboard.chart_values import REGISTRY
from dashboard.problems import Refused
from signals.market.bars import Bar
from signals.timeframes import HOUR
from tests.dashboard import chart_rows

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
BARS = chart_rows.bars(now=NOON, timeframe_secs=HOUR)
HIGH, LOW, CLOSE, VOLUME = (
    np.array([float(getattr(bar, name)) for bar in BARS]) for name in ("high", "low", "close", "volume")
)


def values(text: str, bars: list[Bar] = BARS) -> list[np.ndarray]:
    (found,) = chart_values.drawn(bars, chart_values.chosen(text))
    return [np.array([np.nan if v is None else v for v in line]) for line in found.values]


@pytest.mark.parametrize(
    ("text", "function", "columns", "numbers"),
    [
        ("sma-20", "SMA", (CLOSE,), (20,)),
        ("ema-50", "EMA", (CLOSE,), (50,)),
        ("wma-9", "WMA", (CLOSE,), (9,)),
        ("rsi-14", "RSI", (CLOSE,), (14,)),
        ("atr-14", "ATR", (HIGH, LOW, CLOSE), (14,)),
        ("adx-14", "ADX", (HIGH, LOW, CLOSE), (14,)),
        ("cci-20", "CCI", (HIGH, LOW, CLOSE), (20,)),
        ("mfi-14", "MFI", (HIGH, LOW, CLOSE, VOLUME), (14,)),
        ("obv", "OBV", (CLOSE, VOLUME), ()),
        ("macd-12-26-9", "MACD", (CLOSE,), (12, 26, 9)),
        ("bbands-20-2.5", "BBANDS", (CLOSE,), (20, 2.5, 2.5)),
        ("stoch-14-3-3", "STOCH", (HIGH, LOW, CLOSE), (14, 3, 0, 3, 0)),
    ],
)
def test_what_ta_lib_knows_is_ta_libs(text: str, function: str, columns: tuple, numbers: tuple) -> None:
    expected = getattr(library(), function)(*columns, *numbers)
    lines = expected if isinstance(expected, tuple) else (expected,)
    for ours, theirs in zip(values(text), lines, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, equal_nan=True)


def flat(prices: list[int], *, volume: int = 1) -> list[Bar]:
    """Bars of an hour from 22:00 on, each without a body, one wide around its price."""
    start, half = NOON.replace(hour=22), Decimal("0.5")
    return [
        Bar(start + timedelta(hours=n), Decimal(p), p + half, p - half, Decimal(p), Decimal(volume * (n + 1)))
        for n, p in enumerate(prices)
    ]


def test_vwap_begins_anew_with_the_day() -> None:
    # 22:00: 10; 23:00: (10×1 + 13×2) ÷ 3 = 12; midnight: 20 alone; 01:00: (20×3 + 27×4) ÷ 7 = 24
    (found,) = values("vwap", flat([10, 13, 20, 27]))
    np.testing.assert_allclose(found, [10, 12, 20, 24])


def test_vwap_of_nothing_traded_is_nothing() -> None:
    assert np.isnan(values("vwap", flat([10, 13], volume=0))[0]).all()


def test_donchian_by_hand() -> None:
    # the last two of 10, 13, 20: highest 20.5, lowest 12.5, middle 16.5
    assert [line[-1] for line in values("donchian-2", flat([10, 13, 20]))] == [20.5, 16.5, 12.5]


def test_keltner_is_an_ema_and_a_multiple_of_the_atr() -> None:
    top, middle, bottom = values("keltner-20-2")
    reach = 2 * library().ATR(HIGH, LOW, CLOSE, 20)
    np.testing.assert_allclose(middle, library().EMA(CLOSE, 20), rtol=1e-9)
    np.testing.assert_allclose(top - middle, reach, rtol=1e-6)
    np.testing.assert_allclose(middle - bottom, reach, rtol=1e-6)


def test_supertrend_rises_until_the_close_breaks_it() -> None:
    # ranges of 1 and steps of 1: true range 1.5, so the ATR is 1.5 and the band 1.5 below the middle while it rises
    rising, falling = values("supertrend-2-1", flat([10, 11, 12, 13, 14, 5, 4, 3]))
    np.testing.assert_allclose(rising[2:5], [10.5, 11.5, 12.5])
    assert np.isnan(rising[5:]).all()
    assert np.isnan(falling[:5]).all()
    assert (falling[5:] > CLOSE[:3] * 0).all()
    assert (np.diff(falling[5:]) <= 0).all()  # it only ever comes down


@given(st.integers(1, 60))
def test_every_indicator_draws_as_many_values_as_there_are_bars(count: int) -> None:
    for indicator in REGISTRY.values():
        (found,) = chart_values.drawn(BARS[:count], chart_values.chosen(indicator.usual))
        assert [len(line) for line in found.values] == [count] * len(indicator.lines)


@pytest.mark.parametrize("indicator", REGISTRY.values(), ids=lambda one: one.name)
def test_the_usual_form_is_what_no_numbers_mean(indicator: chart_values.Indicator) -> None:
    assert chart_values.chosen(indicator.name) == chart_values.chosen(indicator.usual)
    assert chart_values.chosen(indicator.usual)[0].key == indicator.usual


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("guru-7", "no indicator guru"),
        ("sma-1", "2 to 400 are possible"),
        ("sma-500", "2 to 400 are possible"),
        ("sma-2.5", "2 to 400 are possible"),
        ("sma-x", "2 to 400 are possible"),
        ("bbands-20-nan", "0.1 to 10 are possible"),
        ("vwap-3", "takes 0 numbers"),
        (",".join(f"sma-{n}" for n in range(10, 19)), "at most 8"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_can(text: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        chart_values.chosen(text)
    assert words in refused.value.problem.detail
    assert refused.value.problem.advice
    assert refused.value.problem.status == 422


def test_each_once_and_in_order() -> None:
    assert [one.key for one in chart_values.chosen("rsi-14,sma,rsi,sma-20,")] == ["rsi-14", "sma-20"]


def test_ta_lib_comes_alone() -> None:
    said = "from dashboard.chart_library import library; library(); import sys; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
