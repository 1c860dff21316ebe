"""A circuit breaker's life: opens by errors in a row or half a window, waits, tries, closes."""

from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.breaker import GLOBAL_FROM, POLICY, BreakerState, BreakerView, noted, rested, stops

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = NOON + POLICY.wait


def after(calls: str, *, view: BreakerView | None = None, at: datetime = NOON) -> BreakerView:
    """x is an error, o a success."""
    return reduce(lambda one, call: noted(one, ok=call == "o", at=at), calls, view or BreakerView("venue"))


OPEN = after("xxxxx")


@pytest.mark.parametrize(
    ("calls", "state"),
    [
        ("xxxx", BreakerState.CLOSED),
        ("xxxxx", BreakerState.OPEN),
        ("xxxxoxxxx", BreakerState.CLOSED),  # never five in a row
        ("ox" * 10, BreakerState.OPEN),  # ten of a window of twenty
        ("xo" * 10, BreakerState.CLOSED),  # the last one went well: it opens with the next error
        ("xoo" * 20, BreakerState.CLOSED),  # a third
        ("o" * 100 + "xxxx", BreakerState.CLOSED),
    ],
)
def test_when_it_opens(calls: str, state: BreakerState) -> None:
    assert after(calls).state is state


@pytest.mark.parametrize(
    ("calls", "state"),
    [
        ("o", BreakerState.HALF_OPEN),
        ("oo", BreakerState.HALF_OPEN),
        ("ooo", BreakerState.CLOSED),
        ("oox", BreakerState.OPEN),
    ],
)
def test_after_its_wait_it_is_tried(calls: str, state: BreakerState) -> None:
    assert after(calls, view=OPEN, at=LATER).state is state


def test_while_it_waits_a_success_opens_nothing() -> None:
    assert after("ooo", view=OPEN, at=LATER - timedelta(seconds=1)).state is BreakerState.OPEN
    assert rested(OPEN, at=LATER).state is BreakerState.HALF_OPEN


def test_whom_it_stops() -> None:
    others = [after("xxxxx", view=BreakerView(f"other {n}")) for n in range(GLOBAL_FROM)]
    assert stops([OPEN], component="venue", at=NOON) == OPEN
    assert stops([OPEN], component="venue", at=LATER) is None  # on trial: entries are the trial
    assert stops(others[:-1], component="venue", at=NOON) is None
    everything = stops(others, component="venue", at=NOON)
    assert everything is not None
    assert everything.component == "everything"


@given(st.text("xo", max_size=80))
def test_a_record_never_grows_and_success_always_closes(calls: str) -> None:
    view = after(calls)
    assert len(view.recent) <= POLICY.window
    healed = after("o" * (POLICY.trials + POLICY.window), view=view, at=LATER)
    assert healed.state is BreakerState.CLOSED
