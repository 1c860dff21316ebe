"""What the feed says about bars: which alerts, once each."""

import pytest

from trading.paper.feed.watch import Bar, Perpetual, Spot, Watch

FALL_THEN_RISE = [10, 9, 8, 7, 6, 5, 4, 3, 2, 30]
RISE_THEN_FALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1]


def bars(closes: list[float], *, first: int = 0) -> list[Bar]:
    return [Bar(start_ms=5000 * (first + index), close=str(close)) for index, close in enumerate(closes)]


def spot(*, pyramids: bool = False, seen_ms: int = -1) -> Watch:
    return Watch("BTCUSDT", Spot("BTCUSDT", pyramids=pyramids), seen_ms)


def actions(watch: Watch, closes: list[float], *, first: int = 0) -> list[str]:
    return [alert.action.value for alert in watch.look(bars(closes, first=first))]


def bar_by_bar(watch: Watch, closes: list[float]) -> list[tuple[int, str, str]]:
    told = [(end, alert) for end in range(8, len(closes) + 1) for alert in watch.look(bars(closes[:end]))]
    return [(end - 1, alert.action.value, alert.position) for end, alert in told]


@pytest.mark.parametrize(
    ("closes", "found"),
    [
        (FALL_THEN_RISE, ["BUY"]),
        ([*FALL_THEN_RISE, 31, 32, 33], ["BUY"]),  # three bars late is still in time
        ([*FALL_THEN_RISE, 31, 32, 33, 34], []),  # four is not
        (RISE_THEN_FALL, []),  # nothing to sell yet
        (FALL_THEN_RISE[:5], []),
    ],
)
def test_the_first_look(closes: list[float], found: list[str]) -> None:
    assert actions(spot(), closes) == found


def test_a_cross_is_told_once_and_a_sell_follows_a_buy() -> None:
    watch = spot()
    assert actions(watch, FALL_THEN_RISE) == ["BUY"]
    assert actions(watch, FALL_THEN_RISE) == []
    assert actions(watch, [*FALL_THEN_RISE, 1, 1, 1]) == ["SELL"]


def test_a_late_alert_carries_the_price_of_now() -> None:
    (alert,) = spot().look(bars([*FALL_THEN_RISE, 31, 32]))
    assert (alert.bar.start_ms, alert.bar.close) == (45_000, "32")


@pytest.mark.parametrize(("started_ms", "found"), [(44_999, ["BUY"]), (45_000, []), (50_000, [])])
def test_a_bar_from_before_the_start_never_counts(started_ms: int, found: list[str]) -> None:
    assert actions(spot(seen_ms=started_ms), FALL_THEN_RISE) == found


# Closes: a fall, a cross upwards at bar 9 (buy at 14), then what each case adds.
@pytest.mark.parametrize(
    ("after", "told"),
    [
        ([14.1, 14.2, 14.3], []),  # it only rises
        ([13.9], [(10, "BUY", "")]),  # 0.7 % below the buy at 14 while the fast average leads
        ([13.96], []),  # 0.3 % below is too little
        ([14.5, 14.1, 14.6], [(12, "BUY", "")]),  # back over its own fast average
        ([13.9, 13.8, 13.7, 13.6], [(10, "BUY", ""), (11, "BUY", ""), (12, "BUY", "")]),  # four buys are the most
        ([0.1, 0.1, 0.1], [(10, "BUY", ""), (12, "SELL", "")]),  # a crash is a dip until the averages cross
    ],
)
def test_pyramids_are_dips_and_recoveries_of_an_uptrend(after: list[float], told: list[tuple[int, str, str]]) -> None:
    closes = [10, 9, 8, 7, 6, 5, 4, 3, 2, 14, *after]
    assert bar_by_bar(spot(pyramids=True), closes) == [(9, "BUY", ""), *told]


def test_without_pyramids_there_is_one_buy() -> None:
    assert bar_by_bar(spot(), [10, 9, 8, 7, 6, 5, 4, 3, 2, 14, 13.9, 13.8]) == [(9, "BUY", "")]


def test_a_perpetual_is_sold_short_and_covered() -> None:
    watch = Watch("BTCUSDT", Perpetual("BTCUSDT.P"), -1)
    closes = [*RISE_THEN_FALL, 1, 40, 41, 0.5, 0.5, 0.5]
    assert bar_by_bar(watch, closes) == [(10, "SELL", "short"), (12, "BUY", "flat"), (16, "SELL", "short")]
    assert bar_by_bar(Watch("BTCUSDT", Perpetual("BTCUSDT.P"), -1), FALL_THEN_RISE) == []  # nothing to cover


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ([85.9, 85.8], []),  # it only falls
        ([86.4], [(10, "SELL", "short")]),  # 0.5 % above the short at 86 while the fast average trails
        ([86.2], []),  # 0.2 % above is too little
        ([150], [(10, "BUY", "flat")]),  # the averages cross
    ],
)
def test_pyramids_of_a_short_are_rallies_of_a_downtrend(after: list[float], told: list[tuple[int, str, str]]) -> None:
    closes = [90, 91, 92, 93, 94, 95, 96, 97, 98, 86, *after]
    watch = Watch("BTCUSDT", Perpetual("BTCUSDT.P", pyramids=True), -1)
    assert bar_by_bar(watch, closes) == [(9, "SELL", "short"), *told]
