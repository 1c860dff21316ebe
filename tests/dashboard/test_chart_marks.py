"""Lines and markers of a chart, made from rows by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import chart_book, chart_marks, groups
from dashboard.chart_book import Precision
from dashboard.chart_marks import FillFact
from dashboard.snapshot import GroupRow
from signals.timeframes import DAY, HOUR, MINUTE
from tests.dashboard import rows
from trading.domain.vocabulary import Side
from trading.gateways.base import TradeReport
from trading.models import PositionGroup

D = Decimal
NOON = datetime(2026, 1, 7, 12, tzinfo=UTC)  # a Wednesday


def row_of(base: str, **changes: object) -> GroupRow:
    group = PositionGroup.objects.get(instrument__base=base, closed_at=None)
    for name, value in changes.items():
        setattr(group, name, value)
    group.save()
    return groups.group_row(groups.whole().get(pk=group.pk), None)


def said(*found: GroupRow) -> list[tuple[str, str, str]]:
    return [(line.kind, f"{line.price.normalize():f}", line.title) for line in chart_marks.lines(found)]


def test_the_prices_of_a_group(day: rows.Desk) -> None:
    stop = {"kind": "STOP_EMERGENCY", "trigger_price": "58000", "note": ""}
    whole = {"kind": "AGGREGATE_TARGET", "trigger_price": "62500", "note": ""}
    time = {"kind": "TIME_EXIT", "trigger_price": None, "note": "in 3 h"}
    assert said(row_of("BTC", watch=[stop, whole, time])) == [
        ("entry", "61158.24175824", "entry 0.00455"),
        ("filled", "61202.4", "P1 leg 1, filled"),
        ("filled", "60894.9", "P1 leg 2, filled"),
        ("leg", "60587.4", "P1 leg 3, resting"),
        ("leg", "60279.8", "P1 leg 4, unknown, being looked up"),
        ("target", "61508.5", "target 0.00326"),
        ("target", "62500", "aggregate target"),
        ("stop", "58000", "emergency stop"),
    ]


def test_a_group_that_closes_waits_for_no_leg(day: rows.Desk) -> None:
    assert "leg" not in {kind for kind, _, _ in said(row_of("BTC", status="CLOSING"))}


def test_a_group_that_is_over_has_no_line(day: rows.Desk) -> None:
    assert said(row_of("BTC", closed_at=day.now, status="CLOSED")) == []


def test_of_several_groups_each_line_says_whose_it_is(day: rows.Desk) -> None:
    titles = [title for _, _, title in said(row_of("BTC"), row_of("SOL"))]
    assert titles[0] == "LONG 15\u202fm entry 0.00455"
    assert all(title.startswith("LONG 5\u202fm ") for title in titles[-5:])


def fill(minutes: int, qty: str, price: str = "100", side: str = "BUY", group: int = 1) -> FillFact:
    return FillFact(NOON + timedelta(minutes=minutes), side, group, D(price), D(qty))


def test_what_was_bought_within_a_bar_is_one_marker() -> None:
    found = chart_marks.markers([fill(14, "1", "110"), fill(1, "3", "102"), fill(16, "2")], timeframe_secs=15 * MINUTE)
    # (3 × 102 + 1 × 110) ÷ 4 = 104; worth 416 and 200, so sizes 1.6 and 0.8 + 0.8 × 200 ÷ 416 = 1.18
    assert [(m.at.minute, m.qty, m.price, m.size) for m in found] == [(0, 4, 104, 1.6), (15, 2, 100, 1.18)]


def test_sides_stay_apart_and_groups_are_counted() -> None:
    fills = [fill(1, "1"), fill(2, "1", side="SELL"), fill(3, "1", group=2)]
    found = chart_marks.markers(fills, timeframe_secs=HOUR)
    assert [(m.side, m.group_id, m.qty) for m in found] == [("BUY", 0, 2), ("SELL", 1, 1)]
    words = [chart_marks.words_of(m, lot_step=D("0.1")) for m in found]
    assert words == ["bought 2.0 in 2 groups", "sold 1.0"]


fills = st.builds(
    fill,
    st.integers(0, 5000),
    st.integers(1, 99).map(str),
    st.integers(1, 9).map(str),
    st.sampled_from(["BUY", "SELL"]),
)


@given(st.lists(fills, max_size=30), st.sampled_from([MINUTE, HOUR, DAY, 7 * DAY]))
def test_markers_lose_no_quantity_and_come_in_order(given_fills: list[FillFact], secs: int) -> None:
    found = chart_marks.markers(given_fills, timeframe_secs=secs)
    assert sum(m.qty for m in found) == sum(f.qty for f in given_fills)
    assert [m.at for m in found] == sorted(m.at for m in found)
    assert all(0.8 <= m.size <= 1.6 for m in found)


@pytest.mark.parametrize(
    ("secs", "expected"),
    [
        (MINUTE, "2026-01-07 12:34"),
        (15 * MINUTE, "2026-01-07 12:30"),
        (HOUR, "2026-01-07 12:00"),
        (DAY, "2026-01-07 00:00"),
        (7 * DAY, "2026-01-05 00:00"),  # the Monday before
    ],
)
def test_the_bar_of_a_moment(secs: int, expected: str) -> None:
    at = chart_marks.bar_of(NOON + timedelta(minutes=34, seconds=56), secs)
    assert f"{at:%Y-%m-%d %H:%M}" == expected


# the book ----------------------------------------------------------------------------------------

PRECISION = Precision(tick_size=D("0.1"), lot_step=D("0.01"), contract_size=D(1), quote="USDT")


def test_a_ladder_by_hand() -> None:
    bids, asks = [(D("99.5"), D(1)), (D("99.0"), D(2)), (D(90), D(5))], [(D("100.5"), D(4)), (D(102), D(4))]
    found = chart_book.ladder(bids, asks, PRECISION)
    assert found is not None
    # 1, 3 and 8 of 8 bid; 4 and 8 of 8 asked
    assert [(r.price, r.qty, r.share) for r in found.bids] == [
        ("99.5", "1.00", 0.125),
        ("99.0", "2.00", 0.375),
        ("90.0", "5.00", 1.0),
    ]
    assert [(r.price, r.share) for r in found.asks] == [("100.5", 0.5), ("102.0", 1.0)]
    # within 1 % of 100: 99.5 × 1 + 99 × 2 = 297.5 bid, 100.5 × 4 = 402 asked
    assert (found.spread, found.near_bids, found.near_asks) == ("1.0", "297.50", "402.00")


@pytest.mark.parametrize(("bids", "asks"), [([], []), ([(D(1), D(1))], []), ([], [(D(1), D(1))])])
def test_an_empty_book_is_none(bids: list, asks: list) -> None:
    assert chart_book.ladder(bids, asks, PRECISION) is None


def test_trades_come_newest_first() -> None:
    told = [
        TradeReport(NOON + timedelta(seconds=n), Side.BUY if n % 2 else Side.SELL, D(100 + n), D(n))
        for n in range(1, 25)
    ]
    found = chart_book.prints(told, PRECISION)
    assert len(found) == chart_book.TRADES
    assert (found[0].at, found[0].price, found[0].qty, found[0].tone) == ("12:00:24", "124.0", "24.00", "down")
    assert found[1].tone == "up"
