"""Months that are added up: the sums of all time are those of the groups themselves, whatever came late."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from dashboard import live, returns
from tests.dashboard import rows
from trading import locks
from trading.models import MonthResult, PositionGroup
from trading.services import results

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAYS = (0, 3, 9, 9, 12, 40, 41, 45, 75, 75, 76, 160)
# How long ago groups closed: this month, the last ones, and one long before, with empty months between.


@pytest.fixture
def past(db: None) -> rows.Desk:
    """A dozen groups that closed over half a year, won and lost, and one that never filled."""
    desk = rows.desk(rows.admin(), now=NOW)
    markets = list(PositionGroup.objects.order_by("id").values_list("instrument", flat=True)[:3])
    template = PositionGroup.objects.first()
    for number, days in enumerate(DAYS):
        closed = NOW - timedelta(days=days, hours=number)
        row = desk.group(
            template.instrument, minutes=9, status="CLOSED", closed_at=closed, timeframe_secs=900 * (number % 3 + 1)
        )
        PositionGroup.objects.filter(pk=row.pk).update(
            instrument=markets[number % 3], realised_pnl=Decimal(number * 7 % 11 - 4), fees_quote=Decimal("0.25"),
            opened_at=closed - timedelta(hours=5),
        )  # fmt: skip
    failed = desk.group(template.instrument, minutes=9, status="FAILED", closed_at=NOW - timedelta(days=50))
    PositionGroup.objects.filter(pk=failed.pk).update(realised_pnl=1_000)
    return desk


def told(desk: rows.Desk) -> tuple[Any, ...]:
    """Everything of all time that a page shows of it."""
    account = desk.account
    total = results.TOTAL(account=account.pk, midnight=NOW.replace(hour=0))
    return total, sorted(results.BY_KIND(account=account.pk)), live.gather(account.pk, now=NOW).cards.record


def test_the_sums_are_the_same_before_and_after(past: rows.Desk) -> None:
    before = told(past)
    # October to February: five months that are over, one of them empty
    assert results.sweep(past.account.pk, now=NOW) == 5
    assert told(past) == before
    assert before[0][0][0] == len(DAYS) + 5  # five closed on an ordinary day
    whole = MonthResult.objects.filter(kind="ALL")
    assert [(row.month.month, row.count) for row in whole] == [(10, 1), (11, 0), (12, 3), (1, 3), (2, 1)]


def test_the_second_sweep_finds_nothing_to_do(past: rows.Desk) -> None:
    results.sweep(past.account.pk, now=NOW)
    assert results.sweep(past.account.pk, now=NOW) == 0


def test_what_changes_late_counts_at_once_and_is_added_up_again(past: rows.Desk) -> None:
    results.sweep(past.account.pk, now=NOW)
    row = PositionGroup.objects.filter(closed_at__lt=NOW - timedelta(days=70), status="CLOSED").first()
    before = told(past)
    with transaction.atomic():
        locks.account(past.account.pk)
        PositionGroup.objects.filter(pk=row.pk).update(realised_pnl=row.realised_pnl + 100, fees_quote=3)
        results.forget(row)
    after = told(past)
    assert after[2].all_time == before[2].all_time + 100
    assert results.sweep(past.account.pk, now=NOW) == 1
    assert told(past) == after


def test_a_month_waits_until_it_is_over(past: rows.Desk) -> None:
    results.sweep(past.account.pk, now=datetime(2026, 3, 1, 0, 30, tzinfo=UTC))
    assert not MonthResult.objects.filter(month="2026-02-01").exists()
    results.sweep(past.account.pk, now=datetime(2026, 3, 1, 1, 0, tzinfo=UTC))
    assert MonthResult.objects.filter(month="2026-02-01").exists()


def test_nothing_closed_is_nothing_to_add_up(db: None) -> None:
    account = rows.account(rows.admin())
    assert results.sweep(account.pk, now=NOW) == 0
    assert results.TOTAL(account=account.pk, midnight=NOW)[0][:6] == (0, 0, 0, 0, 0, 0)


def test_an_open_group_makes_no_month_stale(past: rows.Desk) -> None:
    with CaptureQueriesContext(connection) as asked:
        results.forget(PositionGroup.objects.filter(closed_at=None).first())
    assert len(asked) == 1  # the row itself


def test_the_page_of_all_time_is_the_same_by_months(past: rows.Desk) -> None:
    before = returns._gathered(past.account, "all", NOW)
    results.sweep(past.account.pk, now=NOW)
    assert returns._gathered(past.account, "all", NOW) == before
    assert before.tally.count == len(DAYS) + 5
    assert sum(bar.count for bar in before.breakdowns["bin"]) == before.tally.count
