"""What a group's exits are counted from: read off a chart at its entry, or refused in words."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from signals.intent import Level, LevelKind
from signals.market.bars import Bar
from signals.timeframes import DAY, HOUR
from tests.trading.domain.build import COARSE
from tests.trading.domain.charts import bars, hours, wave
from tests.trading.domain.test_swings import mirrored
from trading.domain import exit_levels
from trading.domain import settings as registry
from trading.domain.exit_levels import Entering, History
from trading.domain.exit_view import Levels
from trading.domain.refusal import Refusal
from trading.domain.swings import Swing
from trading.domain.vocabulary import PositionSide

D = Decimal
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
CHART = wave(100, 90, 110, 95, 120, 105, 112)
# Swing lows 89.5, 94.5, 104.5; highs 110.5, 120.5. Bars 0.5 wide each way, moves of up to 5 a bar.
LOOKBACK = {"swing_lookback": len(CHART)}


def entering(
    price: object = 112, chart: Sequence[Bar] = CHART, *, side: PositionSide = LONG, own: object = None, **more: object
) -> Entering:
    exits = registry.resolve([{**LOOKBACK, **more}]).exits
    level = None if own is None else Level(LevelKind.PRICE, D(str(own)))
    return Entering(side, D(str(price)), exits, COARSE, History(tuple(chart), HOUR), level)


def read(*words: object, **more: object) -> Levels | Refusal:
    return exit_levels.at_entry(entering(*words, **more))


def code(found: Levels | Refusal) -> str:
    return found.code if isinstance(found, Refusal) else ""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, Levels()),
        ({"stop": "fixed"}, Levels()),
        ({"stop": "support"}, Levels(support=D("104.5"), timeframe_secs=HOUR)),
        (
            {"stop": "atr", "chart": wave(95, 112, steps=20)},
            Levels(atr_quote=D("1.35"), timeframe_secs=HOUR),
        ),  # 0.85 + 0.5
        ({"tp_ladder": "r", "stop": "fixed"}, Levels(risk_quote=D("5.6"))),  # 5 % of 112, on the tick that loses less
        (
            {"tp_ladder": "r", "stop": "fixed, support", "fixed_stop_pct": 8},
            Levels(support=D("104.5"), risk_quote=D("7.5"), timeframe_secs=HOUR),  # the tighter: 112 − 104.5
        ),
        ({"tp_ladder": "r", "stop": "fixed", "emergency_stop_pct": 3}, Levels(risk_quote=D("3.3"))),  # 3.36
        ({"tp_ladder": "fibonacci"}, Levels(swing=Swing(D("94.5"), D("120.5")), timeframe_secs=HOUR)),
    ],
)
def test_what_the_settings_ask_for_is_read(more: dict[str, object], expected: Levels) -> None:
    assert read(**more) == expected


def test_a_short_reads_the_chart_upside_down() -> None:
    chosen = {"stop": "support", "tp_ladder": "fibonacci"}
    assert read(D(88), mirrored(CHART, D(200)), side=SHORT, **chosen) == Levels(
        support=D("95.5"), swing=Swing(D("105.5"), D("79.5")), timeframe_secs=HOUR
    )


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ({"stop": "atr", "chart": CHART[:14]}, "CANDLES_MISSING"),  # 14 true ranges need 15 bars
        ({"stop": "atr", "chart": CHART[:15]}, ""),
        ({"stop": "atr", "chart": ()}, "CANDLES_MISSING"),
        ({"stop": "fixed, support", "chart": CHART[1:]}, "CANDLES_MISSING"),  # also beside a stop that stands
        ({"tp_ladder": "fibonacci", "chart": CHART[1:]}, "CANDLES_MISSING"),
        ({"stop": "fixed", "chart": ()}, ""),
        ({"stop": "support", "price": 89}, "NO_SUPPORT"),
        ({"stop": "support, fixed", "price": 89}, ""),  # the fixed one stands alone
        ({"stop": "support, atr", "price": 89}, ""),
        ({"stop": "support, trailing", "price": 89}, "NO_SUPPORT"),  # trailing stands only once it is armed
        ({"stop": "support", "price": 89, "own": 85}, ""),
        ({"stop": "support", "emergency_stop_pct": 6}, "NO_SUPPORT"),  # 104.5 is 6.7 % away
        ({"tp_ladder": "fibonacci", "price": 200}, "NO_SWING"),
        ({"tp_ladder": "r", "stop": "fixed", "own": 113}, "STOP_WRONG_SIDE"),
    ],
)
def test_missing_data_denies(words: dict[str, object], refused: str) -> None:
    assert code(read(**words)) == refused


def test_an_older_swing_is_taken_where_the_last_one_is_passed() -> None:
    """1.272 × (110.5 − 89.5) from 89.5 ends at 116.2; that of the last swing, 94.5 to 105.5, at 108.5."""
    chart = wave(100, 90, 110, 95, 105, 100, 104)
    known = {"chart": chart, "tp_ladder": "fibonacci", "swing_lookback": len(chart)}
    assert read(price=104, **known) == Levels(swing=Swing(D("94.5"), D("105.5")), timeframe_secs=HOUR)
    assert read(price=110, **known) == Levels(swing=Swing(D("89.5"), D("110.5")), timeframe_secs=HOUR)


def test_a_stop_within_the_fees_is_refused() -> None:
    """Flat candles: the ATR is 0, the fees of a round trip at 100 are 0.2."""
    flat = bars([(100, 100, 100)] * 40)
    found = read(price=100, chart=flat, stop="atr")
    assert isinstance(found, Refusal)
    assert (found.code, found.value, found.limit) == ("STOP_TOO_NEAR", 0, D("0.2"))


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ({"side": SHORT, "fixed_stop_pct": 40, "emergency_stop_pct": 50}, "RUNG_BELOW_ZERO"),  # 112 − 3 × 44.8
        ({"fixed_stop_pct": 40, "emergency_stop_pct": 50}, ""),
        ({"tp_mode": "HYBRID", "tp_aggregate_pct": 1}, "LADDER_NEVER_REACHED"),  # 1.5 × 5 % comes after 1 %
        ({"tp_mode": "HYBRID", "tp_aggregate_pct": 8}, ""),
        ({"tp_mode": "AGGREGATE", "tp_aggregate_pct": 1}, ""),
    ],
)
def test_a_ladder_that_cannot_be_climbed_is_refused(words: dict[str, object], refused: str) -> None:
    assert code(read(**{"tp_ladder": "r", "stop": "fixed", **words})) == refused


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            {"stop": "atr", "chart": CHART[:3]},
            "3 closed candles of 1h in a row are known of TOY/USDT, the ATR of 14 needs 15. "
            "Wait for the venue's candles, or choose exits that need none.",
        ),
        (
            {"stop": "support", "price": 89},
            "No support lies between 88.8 and 80.1 in the last 31 candles of 1h. "
            "Add fixed or atr to stop, or lower swing_width.",
        ),
        (
            {"tp_ladder": "fibonacci", "price": 200},
            "No swing in the last 31 candles of 1h has its 1.272 extension beyond the entry at 200. "
            "Set tp_ladder to r or off, or wait.",
        ),
    ],
)
def test_a_refusal_is_a_sentence_with_its_numbers(words: dict[str, object], sentence: str) -> None:
    found = read(**words)
    assert isinstance(found, Refusal)
    assert found.sentence() == sentence


@pytest.mark.parametrize(
    ("secs", "stored"),
    [(60, HOUR), (900, HOUR), (HOUR, HOUR), (4 * HOUR, HOUR), (12 * HOUR, DAY), (DAY, DAY), (7 * DAY, DAY)],
)
def test_the_nearest_stored_timeframe(secs: int, stored: int) -> None:
    assert exit_levels.nearest_timeframe(secs, (DAY, HOUR)) == stored


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT", "SOLUSDT"])
def test_on_real_hours_the_tighter_of_atr_and_support_is_r(symbol: str) -> None:
    """At every fifth hour of a month, with both stops: R is the nearer of the two, between fees and emergency stop."""
    chart = hours(symbol)
    chosen = {"stop": "atr, support", "tp_ladder": "r", "swing_lookback": 100}
    windows = [chart[n - 141 : n] for n in range(141, len(chart), 5)]
    asked = [entering(seen[-1].close, seen, **chosen) for seen in windows]
    asked = [replace(one, rules=replace(COARSE, tick_size=D("0.01"))) for one in asked]
    found = [(one, exit_levels.at_entry(one)) for one in asked]
    known = [(one, levels) for one, levels in found if isinstance(levels, Levels)]
    assert len(known) == len(asked)
    for one, levels in known:
        by_level = [one.price - levels.support] if levels.support is not None else []
        nearest = min([one.most, levels.atr_quote * 2, *by_level])
        assert abs(levels.risk_quote - nearest) <= D("0.01")
