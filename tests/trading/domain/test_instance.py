"""Two engines on one account come to one answer: at most one of them trades, and never both by mistake."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain.client_id import client_order_id, mark, mark_of
from trading.domain.instance import ABSENT_AFTER, SeenOrder, Standing, seen, standing, stops, words

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
OURS, THEIRS = "desk", "attic"
TIMES = st.one_of(st.none(), st.integers(min_value=0, max_value=3).map(lambda secs: NOON + timedelta(seconds=secs)))
BOOK = st.lists(st.tuples(st.sampled_from([OURS, THEIRS]), TIMES), max_size=6)


def view(book: list[tuple[str, datetime | None]], engine: str) -> dict[str, Standing]:
    """How an engine stands to the others, from what rests at the venue."""
    orders = [SeenOrder(client_order_id(who, n, 0), who == engine, at) for n, (who, at) in enumerate(book)]
    found, ours = seen(orders), sum(order.ours for order in orders)
    return {
        name: standing(own_mark=mark(engine), mark=name, ours=ours, ours_first=found.ours_first, theirs=first)
        for name, (_, first) in found.by_mark.items()
    }


@given(BOOK)
def test_never_do_both_go_on_when_they_see_each_other(book: list[tuple[str, datetime | None]]) -> None:
    one, other = view(book, OURS).get(mark(THEIRS)), view(book, THEIRS).get(mark(OURS))
    assert (one, other) != (Standing.OLDER, Standing.OLDER)
    assert {one, other} != {None, Standing.OLDER}


@pytest.mark.parametrize(
    ("book", "one", "other"),
    [
        ([(OURS, 0), (THEIRS, 5)], Standing.OLDER, Standing.YOUNGER),
        ([(OURS, 5), (THEIRS, 0)], Standing.YOUNGER, Standing.OLDER),
        ([(OURS, 0), (THEIRS, 0)], Standing.UNCLEAR, Standing.UNCLEAR),
        ([(THEIRS, 0)], Standing.YOUNGER, None),
        ([(OURS, None), (THEIRS, 0)], Standing.UNCLEAR, Standing.UNCLEAR),
        ([], None, None),
    ],
)
def test_who_was_first(book: list[tuple[str, int | None]], one: Standing | None, other: Standing | None) -> None:
    timed = [(who, None if secs is None else NOON + timedelta(seconds=secs)) for who, secs in book]
    assert view(timed, OURS).get(mark(THEIRS)) == one
    assert view(timed, THEIRS).get(mark(OURS)) == other


def test_our_own_mark_on_an_order_we_do_not_know_is_unclear() -> None:
    orders = [SeenOrder(client_order_id(OURS, 7, 0), False, NOON)]
    assert list(seen(orders).by_mark) == [mark(OURS)]
    assert standing(own_mark=mark(OURS), mark=mark(OURS), ours=1, ours_first=NOON, theirs=NOON) is Standing.UNCLEAR
    assert "restored backup" in words(mark=mark(OURS), own=True, orders=1, standing=Standing.UNCLEAR)


@pytest.mark.parametrize(
    "name", ["", "web_1234", "x-TKT5PX2F", "wABCDEFGHIJKLMNOPQ", client_order_id(OURS, 1, 0) + "a"]
)
def test_what_people_and_other_programs_call_their_orders_is_no_engine_of_ours(name: str) -> None:
    assert mark_of(name) == ""
    assert seen([SeenOrder(name, False, NOON)]).by_mark == {}


@pytest.mark.parametrize(
    ("stands", "settled", "gone_for", "stopped"),
    [
        (Standing.YOUNGER, False, timedelta(), True),
        (Standing.UNCLEAR, False, timedelta(), True),
        (Standing.OLDER, False, timedelta(), False),
        (Standing.YOUNGER, True, timedelta(), False),
        (Standing.YOUNGER, False, ABSENT_AFTER, False),
    ],
)
def test_what_keeps_entries_away(stands: Standing, settled: bool, gone_for: timedelta, stopped: bool) -> None:
    assert stops(stands, settled=settled, last_seen=NOON - gone_for, now=NOON) is stopped
