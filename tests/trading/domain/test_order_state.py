"""The order's life: the table, venue reports, and proof of absence."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain.order_state import (
    FAST,
    PRODUCTION,
    TERMINAL,
    TIMING_PROFILES,
    TRANSITIONS,
    AbsenceEvidence,
    LookupVerdict,
    TimingProfile,
    VenueStatus,
    advance,
    after_lookup,
    allowed,
    latest_filled,
    next_poll_at,
)
from trading.domain.order_state import OrderState as S

D = Decimal
V = VenueStatus
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

EDGES = {
    S.NEW: "SUBMITTING DROPPED",
    S.SUBMITTING: "OPEN PARTIALLY_FILLED FILLED CANCELED EXPIRED REJECTED UNKNOWN",
    S.UNKNOWN: "OPEN PARTIALLY_FILLED FILLED CANCELED EXPIRED REJECTED NOT_PLACED NEEDS_HUMAN",
    S.OPEN: "PARTIALLY_FILLED FILLED CANCELLING CANCELED EXPIRED REJECTED UNKNOWN",
    S.PARTIALLY_FILLED: "FILLED CANCELLING CANCELED EXPIRED REJECTED",
    S.CANCELLING: "CANCELED FILLED EXPIRED REJECTED OPEN PARTIALLY_FILLED UNKNOWN",
    S.NEEDS_HUMAN: "FILLED CANCELED EXPIRED REJECTED NOT_PLACED DROPPED",
}


@pytest.mark.parametrize("current", S)
def test_the_table_has_these_edges_and_no_others(current: S) -> None:
    legal = {S(name) for name in EDGES.get(current, "").split()}
    assert {to for to in S if allowed(current, to)} == legal


def test_an_end_has_no_way_out() -> None:
    assert {state for state, ways in TRANSITIONS.items() if not ways} == set(TERMINAL)


@pytest.mark.parametrize(
    ("current", "status", "filled", "after"),
    [
        (S.SUBMITTING, V.OPEN, 0, S.OPEN),
        (S.SUBMITTING, V.OPEN, 4, S.PARTIALLY_FILLED),
        (S.SUBMITTING, V.OPEN, 0.5, S.PARTIALLY_FILLED),
        (S.SUBMITTING, V.FILLED, 10, S.FILLED),
        (S.SUBMITTING, V.EXPIRED, 0, S.EXPIRED),  # a post-only order that would have taken
        (S.SUBMITTING, V.CANCELED, 3, S.CANCELED),  # an IOC order's rest
        (S.SUBMITTING, V.REJECTED, 0, S.REJECTED),
        (S.UNKNOWN, V.OPEN, 0, S.OPEN),
        (S.UNKNOWN, V.FILLED, 10, S.FILLED),
        (S.OPEN, V.OPEN, 4, S.PARTIALLY_FILLED),
        (S.OPEN, V.OPEN, 10, S.FILLED),  # the quantity says so before the status does
        (S.OPEN, V.CANCELED, 10, S.FILLED),  # cancelled after its last fill
        (S.OPEN, V.FILLED, 4, S.FILLED),  # the venue says so before its trades do
        (S.OPEN, V.REJECTED, 0, S.REJECTED),  # a stop that triggered and found nothing to reduce
        (S.PARTIALLY_FILLED, V.REJECTED, 4, S.REJECTED),
        (S.CANCELLING, V.REJECTED, 0, S.REJECTED),  # it triggered before our cancel came
        (S.PARTIALLY_FILLED, V.OPEN, 0, S.PARTIALLY_FILLED),  # a stale report
        (S.PARTIALLY_FILLED, V.EXPIRED, 4, S.EXPIRED),
        (S.CANCELLING, V.OPEN, 0, S.CANCELLING),  # the report was older than our cancel
        (S.CANCELLING, V.OPEN, 4, S.CANCELLING),
        (S.CANCELLING, V.CANCELED, 4, S.CANCELED),
        (S.CANCELLING, V.OPEN, 10, S.FILLED),
        (S.CANCELED, V.FILLED, 10, S.CANCELED),  # a late fill adds quantity, not state
        (S.FILLED, V.OPEN, 0, S.FILLED),
        (S.NEW, V.OPEN, 0, S.NEW),  # nothing was sent: the report is not ours
        (S.NEEDS_HUMAN, V.FILLED, 10, S.NEEDS_HUMAN),  # only a person ends it
    ],
)
def test_what_a_report_makes_of_a_state(current: S, status: V, filled: float, after: S) -> None:
    assert advance(current, venue_status=status, filled_qty=D(filled), qty=D(10)) is after


@pytest.mark.parametrize(("filled", "after"), [(0, S.OPEN), (4, S.PARTIALLY_FILLED), (10, S.FILLED)])
def test_a_refused_cancel_puts_the_order_back_on_the_book(filled: int, after: S) -> None:
    state = advance(S.CANCELLING, venue_status=V.OPEN, filled_qty=D(filled), qty=D(10), cancel_refused=True)
    assert state is after


@pytest.mark.parametrize(("known", "reported", "filled"), [(4, 3, 4), (3, 4, 4), (0, 0, 0)])
def test_what_has_filled_never_falls(known: int, reported: int, filled: int) -> None:
    assert latest_filled(D(known), D(reported)) == filled


@given(
    st.sampled_from(S),
    st.lists(st.tuples(st.sampled_from(V), st.integers(0, 10), st.booleans()), max_size=8),
)
def test_reports_in_any_order_move_along_edges_only(start: S, reports: list[tuple[V, int, bool]]) -> None:
    state, filled = start, D(0)
    for status, reported, refused in reports:
        before = filled
        filled = latest_filled(filled, D(reported))
        after = advance(state, venue_status=status, filled_qty=filled, qty=D(10), cancel_refused=refused)
        assert filled >= before
        assert after is state or allowed(state, after)
        assert state not in TERMINAL or after is state
        state = after


def evidence(**more: object) -> AbsenceEvidence:
    """Everything speaks for absence: deadline = noon + 5 s window + 10 s safety + 2 s margin = 12:00:17."""
    values = {
        "venue_now": NOON + timedelta(seconds=18),
        "valid_until": NOON,
        "receive_window": timedelta(seconds=5),
        "polls_without_trace": 3,
        "in_open_orders": False,
        "in_trades": False,
        "unexplained_change": False,
        "request_expiry": True,
        **more,
    }
    return AbsenceEvidence(**values)


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, LookupVerdict.NOT_PLACED),
        ({"venue_now": NOON + timedelta(seconds=17)}, LookupVerdict.KEEP_LOOKING),  # past, not at
        ({"polls_without_trace": 2}, LookupVerdict.KEEP_LOOKING),
        ({"in_open_orders": True}, LookupVerdict.KEEP_LOOKING),
        ({"in_trades": True}, LookupVerdict.KEEP_LOOKING),
        ({"unexplained_change": True}, LookupVerdict.NEEDS_HUMAN),
        ({"request_expiry": False}, LookupVerdict.NEEDS_HUMAN),
        ({"request_expiry": False, "polls_without_trace": 0}, LookupVerdict.KEEP_LOOKING),
        ({"unexplained_change": True, "venue_now": NOON}, LookupVerdict.KEEP_LOOKING),
        ({"unexplained_change": True, "others_undecided": True}, LookupVerdict.KEEP_LOOKING),
        ({"others_undecided": True}, LookupVerdict.NOT_PLACED),
    ],
)
def test_absence_needs_all_four_proofs(changed: dict[str, object], verdict: LookupVerdict) -> None:
    assert after_lookup(evidence(**changed), timing=PRODUCTION) is verdict


@pytest.mark.parametrize(
    ("profile", "secs", "polls"),
    # validity, receive window, poll interval, safety, margin: shorter ones would prove an absence too early
    [(PRODUCTION, ["5", "5", "5", "10", "2"], 3), (FAST, ["0.5", "0.5", "0.2", "0.2", "0.05"], 3)],
)
def test_how_long_things_may_take(profile: TimingProfile, secs: list[str], polls: int) -> None:
    spans = (profile.validity, profile.receive_window, profile.poll_interval, profile.safety, profile.margin)
    assert list(spans) == [timedelta(seconds=float(one)) for one in secs]
    assert profile.polls == polls


def test_profiles_have_names_and_polls_keep_their_distance() -> None:
    assert TIMING_PROFILES == {"production": PRODUCTION, "fast": FAST}
    assert next_poll_at(NOON, timing=PRODUCTION) == NOON + timedelta(seconds=5)


@pytest.mark.parametrize("words", [S, VenueStatus, LookupVerdict])
def test_rows_keep_these_words(words: type[StrEnum]) -> None:
    assert [word.value for word in words] == [word.name for word in words]
