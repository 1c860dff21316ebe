"""The public record: moving its past."""

from trading.paper.core.atoms import SCALE
from trading.paper.market.bars import Bar, Series
from trading.paper.market.tape import Tape, Trade


def tape() -> Tape:
    made = Tape()
    for number in range(300):
        made.add(Trade(number, 1000 * number + 250, (100 + number) * SCALE, SCALE, buyer_is_taker=number % 2 == 0))
    return made


def test_the_past_moves_and_what_came_after_is_forgotten() -> None:
    moved = tape()
    moved.move(end_ms=200_000, by_ms=90_000)
    assert [(trade.id, trade.at_ms) for trade in moved.trades] == [(n, 1000 * n + 90_250) for n in range(200)]
    seconds = moved.bars("1s", first_ms=0, last_ms=10**6)[:200]
    assert [(bar.start_ms, bar.close) for bar in seconds] == [
        (1000 * n + 90_000, (100 + n) * SCALE) for n in range(200)
    ]


def test_minutes_are_counted_anew() -> None:
    moved = tape()
    moved.move(end_ms=200_000, by_ms=90_000)
    minutes = moved.bars("1m", first_ms=0, last_ms=289_999)
    # 90 to 290 s hold 30, 60, 60, 50 seconds of minutes that begin at 60, 120, 180, 240 s
    assert [(bar.start_ms, bar.trades) for bar in minutes] == [
        (60_000, 30),
        (120_000, 60),
        (180_000, 60),
        (240_000, 50),
    ]
    assert (minutes[1].open, minutes[1].close) == (130 * SCALE, 189 * SCALE)


def test_what_lies_before_the_tape_is_seen_by_the_hour_and_longer_only() -> None:
    made, hour = tape(), 3_600_000
    made.elder = Series(hour, [-2 * hour, -hour], [Bar(start, *[SCALE] * 4, trades=1) for start in (-2 * hour, -hour)])
    starts = {
        name: [bar.start_ms for bar in made.bars(name, first_ms=-hour * 3, last_ms=hour - 1)] for name in ("1h", "5m")
    }
    assert starts["1h"] == [-2 * hour, -hour, 0]
    assert min(starts["5m"]) == 0
    assert [bar.start_ms for bar in made.bars("1h", first_ms=-hour * 3, last_ms=hour - 1, most=2)] == [-2 * hour, -hour]
    assert made.on_ticks(SCALE).bars("1h", first_ms=-hour * 3, last_ms=-1)[0].close == SCALE
