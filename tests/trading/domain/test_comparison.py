"""Theirs beside ours: who is matched with whom, and what the sums say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from trading.domain.comparison import Match, Part, compare, totals
from trading.domain.vocabulary import PositionSide

D = Decimal

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
WINDOW = timedelta(minutes=15)


def part(
    minutes: int, *, side: PositionSide = LONG, symbol: str = "BTC/USDT", price: int = 100, pnl: int | None = 5
) -> Part:
    return Part(symbol, side, D(2), D(price), NOON + timedelta(minutes=minutes), pnl=None if pnl is None else D(pnl))


def pairs(matches: list[Match]) -> list[tuple[datetime | None, datetime | None]]:
    return [(m.theirs and m.theirs.opened_at, m.ours and m.ours.opened_at) for m in matches]


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_the_nearest_of_pair_and_side_is_the_same_trade() -> None:
    found = compare([part(0), part(60)], [part(10), part(2), part(59), part(30)], window=WINDOW)
    assert pairs(found) == [(at(60), at(59)), (None, at(30)), (None, at(10)), (at(0), at(2))]


def test_another_side_pair_or_time_is_another_trade() -> None:
    theirs = [part(0)]
    ours = [part(0, side=SHORT), part(0, symbol="ETH/USDT"), part(16)]
    assert totals(compare(theirs, ours, window=WINDOW)).matched == 0
    assert totals(compare(theirs, [part(15)], window=WINDOW)).matched == 1  # exactly the limit counts


def test_a_worse_entry_is_positive_on_either_side() -> None:
    long_, short = Match(part(0), part(0, price=101)), Match(part(0, side=SHORT), part(0, side=SHORT, price=101))
    # (101 − 100) ÷ 100 × 10 000 = 100 bps more paid; a SHORT that sold higher is 100 bps better
    assert (long_.entry_worse_bps, short.entry_worse_bps) == (D(100), D(-100))
    assert (Match(part(0), None).entry_worse_bps, long_.later_secs) == (None, D(0))


def test_the_sums() -> None:
    found = totals(compare([part(0), part(100, pnl=7)], [part(0, pnl=3, price=102), part(200, pnl=1)], window=WINDOW))
    assert (found.matched, found.missed, found.extra) == (1, 1, 1)
    assert (found.their_pnl, found.our_pnl) == (D(12), D(4))
    assert (found.their_pnl_matched, found.our_pnl_matched, found.entry_worse_bps) == (D(5), D(3), D(200))
    assert part(0).pnl_pct == D("2.5")  # 5 ÷ (2 × 100)


PARTS = st.lists(st.builds(part, st.integers(0, 300), side=st.sampled_from(PositionSide)), max_size=25)


@settings(max_examples=150, deadline=None)
@given(PARTS, PARTS)
def test_each_trade_is_in_one_match_and_no_match_is_too_far(theirs: list[Part], ours: list[Part]) -> None:
    found = compare(theirs, ours, window=WINDOW)
    assert sorted(id(m.theirs) for m in found if m.theirs) == sorted(map(id, theirs))
    assert sorted(id(m.ours) for m in found if m.ours) == sorted(map(id, ours))
    both = [m for m in found if m.theirs and m.ours]
    assert all(abs(m.later_secs or 0) <= 900 and m.theirs.side is m.ours.side for m in both)
    assert [m.either.opened_at for m in found] == sorted((m.either.opened_at for m in found), reverse=True)
