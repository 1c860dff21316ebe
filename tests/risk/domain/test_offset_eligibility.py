"""When a losing group may be offset: each reason with its numbers and its time, and who comes first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from risk.domain.offset_eligibility import (
    Candidate,
    LegTimes,
    Timer,
    forbidden,
    not_yet,
    ready_at,
    timer,
    worst_first,
)
from risk.domain.offset_limits import OffsetLimits, TimerStart
from risk.domain.offset_words import OFFSET_WORDS, NotNow, OffsetCode, done_words

D = Decimal
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ago(minutes: int) -> datetime:
    return NOON - timedelta(minutes=minutes)


LIMITS = OffsetLimits(
    loss_threshold_pct=D(-5),
    require_full_pyramids=True,
    timer_start="after_5_pyramids",
    post_full_wait_minutes=60,
    min_loss_age_minutes=None,
    max_winners=3,
    loss_budget_pct=D(2),
)
# Five pyramids, the last 90 minutes ago; loses 6 %.
FULL = Candidate(
    group_id=7,
    loss_pct=D("-6"),
    loss_quote=D(-60),
    opened_at=ago(600),
    pyramids=tuple(ago(90 + 10 * n) for n in range(5)),
    max_pyramids=5,
    legs=(LegTimes(ago(90), ago(80)), LegTimes(ago(90), None)),
    price_age_secs=D(1),
)


def reasons(limits: OffsetLimits = LIMITS, **changed: Any) -> list[tuple[str, object, object, datetime | None]]:
    found = not_yet(replace(FULL, **changed), limits=limits, stale_secs=10, now=NOON)
    assert all(why.sentence().count("{") == 0 for why in found)
    return [(why.code, why.value, why.limit, why.ready_at) for why in found]


def test_a_group_whose_time_has_come() -> None:
    assert reasons() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"loss_pct": D("-4.999")}, ("LOSS_TOO_SMALL", D("-5.00"), D(-5), None)),
        ({"loss_pct": D(3)}, ("LOSS_TOO_SMALL", D(3), D(-5), None)),
        ({"max_pyramids": 6}, ("PYRAMIDS_INCOMPLETE", 5, 6, None)),
        ({"replaced_at": ago(20)}, ("TIMER_RUNNING", 20, 60, NOON + timedelta(minutes=40))),
        ({"skipped_until": NOON + timedelta(minutes=9)}, ("SKIPPED", None, None, NOON + timedelta(minutes=9))),
        ({"blocked": True}, ("GROUP_BLOCKED", None, None, None)),
        ({"closing": True}, ("GROUP_CLOSING", None, None, None)),
        ({"run_id": 4}, ("RUN_IN_PROGRESS", 4, None, None)),
        ({"busy": "a reduction"}, ("GROUP_BUSY", "a reduction", None, None)),
        ({"price_age_secs": D(11)}, ("PRICE_UNKNOWN", D(11), 10, None)),
        ({"price_age_secs": None}, ("PRICE_UNKNOWN", None, 10, None)),
    ],
)
def test_each_reason_has_its_numbers_and_its_time(changed: dict[str, Any], said: tuple[object, ...]) -> None:
    assert reasons(**changed) == [said]


@pytest.mark.parametrize(
    ("limits", "changed", "codes"),
    [
        ({"loss_threshold_pct": D(0)}, {"loss_pct": D("-0.01")}, []),
        ({"loss_threshold_pct": D(0)}, {"loss_pct": D(0)}, ["LOSS_TOO_SMALL"]),
        ({"require_full_pyramids": False}, {"max_pyramids": 6}, []),
        ({"post_full_wait_minutes": 90}, {}, []),  # exactly: it has run
        ({"post_full_wait_minutes": 91}, {}, ["TIMER_RUNNING"]),
        ({"post_full_wait_minutes": 0}, {"replaced_at": NOON}, []),
        ({"min_loss_age_minutes": 5}, {}, ["LOSS_TOO_YOUNG"]),
        ({"min_loss_age_minutes": 5}, {"losing_since": ago(4)}, ["LOSS_TOO_YOUNG"]),
        ({"min_loss_age_minutes": 5}, {"losing_since": ago(5)}, []),
        ({}, {"skipped_until": NOON}, []),
    ],
)
def test_where_the_limits_lie(limits: dict[str, Any], changed: dict[str, Any], codes: list[str]) -> None:
    assert [said[0] for said in reasons(replace(LIMITS, **limits), **changed)] == codes


@pytest.mark.parametrize(
    ("start", "changed", "found"),
    [
        ("after_5_pyramids", {}, Timer(5, 5, ago(90))),
        ("after_5_pyramids", {"max_pyramids": 8}, Timer(5, 5, ago(90))),
        ("after_5_pyramids", {"pyramids": (ago(30), ago(50))}, Timer(2, 5, None)),
        ("after_5_pyramids", {"pyramids": (ago(30), ago(50)), "max_pyramids": 2}, Timer(2, 2, ago(30))),
        ("after_all_dca_submitted", {}, Timer(2, 2, ago(90))),
        ("after_all_dca_submitted", {"legs": (LegTimes(ago(9), None), LegTimes(None, None))}, Timer(1, 2, None)),
        ("after_all_dca_submitted", {"legs": ()}, Timer(0, 0, None)),
        ("after_all_dca_filled", {}, Timer(1, 2, None)),
        ("after_all_dca_filled", {"legs": (LegTimes(ago(9), ago(8)), LegTimes(ago(9), None, ended=True))}, Timer(1, 1, ago(8))),
        ("after_all_dca_filled", {"legs": (LegTimes(ago(9), ago(8)), LegTimes(ago(9), ago(3)))}, Timer(2, 2, ago(3))),
        ("after_all_dca_filled", {"legs": (LegTimes(ago(9), None, ended=True),)}, Timer(0, 0, None)),
    ],
)  # fmt: skip
def test_what_starts_the_timer(start: str, changed: dict[str, Any], found: Timer) -> None:
    assert timer(replace(FULL, **changed), start) == found


def test_a_timer_that_has_not_started_says_how_far_it_is() -> None:
    limits = replace(LIMITS, timer_start=TimerStart.AFTER_ALL_DCA_FILLED)
    assert reasons(limits) == [("TIMER_NOT_STARTED", 1, 2, None)]


def test_a_person_may_overrule_times_and_thresholds_and_nothing_else() -> None:
    early = replace(FULL, loss_pct=D(-1), pyramids=(), skipped_until=NOON + timedelta(hours=1))
    assert forbidden(early, limits=LIMITS, stale_secs=10, now=NOON) == ()
    wrong = replace(early, blocked=True, closing=True, busy="a reduction", run_id=1, price_age_secs=None)
    assert len(forbidden(wrong, limits=LIMITS, stale_secs=10, now=NOON)) == 5


@pytest.mark.parametrize(
    ("times", "found"),
    [((), None), ((NOON, ago(5)), NOON), ((NOON, None), None)],
)
def test_it_is_ready_when_the_last_reason_falls_away(
    times: tuple[datetime | None, ...], found: datetime | None
) -> None:
    assert ready_at(tuple(NotNow(OffsetCode.SKIPPED, ready_at=at) for at in times)) == found


def test_the_worst_comes_first() -> None:
    rows = [(1, "-6", "-60", 10), (2, "-9", "-9", 5), (3, "-6", "-70", 5), (4, "-6", "-60", 20), (5, "-6", "-60", 10)]
    groups = [
        replace(FULL, group_id=pk, loss_pct=D(pct), loss_quote=D(quote), opened_at=ago(age))
        for pk, pct, quote, age in rows
    ]
    assert [group.group_id for group in worst_first(groups)] == [2, 3, 4, 1, 5]


@pytest.mark.parametrize("code", OffsetCode)
def test_every_code_has_words(code: OffsetCode) -> None:
    said = NotNow(code, value=1, limit=2).sentence()
    assert OFFSET_WORDS[code].advice in said
    assert "{" not in said


def test_ages_are_whole_seconds_and_money_has_its_currency() -> None:
    stale = NotNow(OffsetCode.BOOK_STALE, value=D("10.254"), limit=10).sentence("USDC")
    assert stale.startswith("The order book is 11 s old, 10 s are allowed.")
    spent = NotNow(OffsetCode.BUDGET_SPENT, value=D("0.25"), limit=D("0.2")).sentence("USDC")
    assert spent.startswith("It could cost 0.25 USDC, 0.2 USDC are left")
    assert "0.15 USDC of it" in done_words(cost=D("0.15"), quote="USDC")
    assert done_words(cost=D(0), quote="USDC").startswith("Done: the winners paid")
