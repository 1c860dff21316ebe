"""Reads asked ahead: one statement for all, the same rows as each alone, and answers only for what was asked."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum, Value
from django.db.transaction import TransactionManagementError, atomic
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from project.accounts.models import Balance, ExchangeAccount
from project.ahead import ahead
from project.reads import Among, Read, Sql
from signals.models import Alert, Refusal
from tests.dashboard import rows
from trading.models import Order, PositionGroup

ACCOUNTS = Read(lambda: ExchangeAccount.objects.order_by("id"))
GROUPS = Read(lambda account_id: PositionGroup.objects.filter(account_id=account_id).select_related("instrument"))
ORDERS = Read(lambda ids: Order.objects.filter(Among("group_id", ids)).order_by("-id"))
HELD = Read(lambda account_id: Balance.objects.filter(account_id=account_id).values_list("total", flat=True))
PAIRS = Read(lambda account_id: Balance.objects.filter(account_id=account_id).values_list("currency", "at"))
SUMS = Read(
    lambda account_id: (
        PositionGroup.objects.filter(account_id=account_id)
        .order_by()
        .values(one=Value(1))
        .annotate(sum=Sum("realised_pnl"))
        .values_list("sum", flat=True)
    )
)
SIDES = Read(lambda account_id: Order.objects.filter(account_id=account_id).order_by("id").values("side").distinct())
REFUSALS = Read(lambda day: Refusal.objects.filter(day=day).order_by("id"))
ALERTS = Read(lambda word: Alert.objects.filter(raw__contains=word).select_related("source", "signal").order_by("id"))
EITHER = Read(
    lambda account_id: (
        Balance.objects.filter(account_id=account_id, currency="BTC")
        .annotate(which=Value("coin"))
        .union(Balance.objects.filter(account_id=account_id, currency="USDT").annotate(which=Value("cash")), all=True)
    )
)
LOCKED = Read(lambda pk: ExchangeAccount.objects.select_for_update(no_key=True).filter(pk=pk))
SAID = Sql(
    "SELECT name, 100 % 7, like_this FROM accounts_exchangeaccount, (SELECT %(text)s::text AS like_this) said".replace(
        "100 % 7", "100 %% 7"
    )
)
ADDED = Sql("SELECT %(one)s::numeric + %(two)s::numeric + %(one)s::numeric, json_build_array(1, NULL, 'a')")


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def day(db: None, now: datetime) -> rows.Desk:
    return rows.desk(rows.admin(), now=now)


def written(found: list[Any]) -> list[Any]:
    """Rows with everything in them, to the last digit."""
    return [{k: v for k, v in vars(row).items() if k != "_state"} if hasattr(row, "_state") else row for row in found]


def test_each_answers_as_alone(day: rows.Desk, now: datetime) -> None:
    account = day.account.pk
    ids = list(PositionGroup.objects.values_list("pk", flat=True))
    questions = [
        *(read.of(account_id=account) for read in (GROUPS, HELD, PAIRS, SUMS, SIDES, EITHER)),
        *(ACCOUNTS.of(), ORDERS.of(ids=ids), ORDERS.of(ids=[]), REFUSALS.of(day=now.date()), ALERTS.of(word='"buy"')),
        *(SAID.of(text="5 % off"), ADDED.of(one="1.50", two="2")),
    ]
    alone = [written(question.read(**question.given)) for question in questions]
    with CaptureQueriesContext(connection) as asked, ahead(*questions):
        together = [written(question.read(**question.given)) for question in questions]
        again = [written(question.read(**question.given)) for question in questions]
    assert len(asked) == 1
    assert [repr(found) for found in together] == [repr(found) for found in alone]
    assert again == together
    assert sum(map(bool, alone)) == len(questions) - 1  # all but the orders of no group


def test_related_rows_come_along(day: rows.Desk) -> None:
    with CaptureQueriesContext(connection) as asked, ahead(GROUPS.of(account_id=day.account.pk)):
        symbols = {group.instrument.symbol for group in GROUPS(account_id=day.account.pk)}
    assert (len(asked), symbols) == (1, {"BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT"})


def test_only_what_was_asked_is_known_and_only_inside(day: rows.Desk) -> None:
    other = rows.account(day.account.user, "second")
    given = {"account_id": day.account.pk}
    with ahead(HELD.of(**given)):
        with CaptureQueriesContext(connection) as asked:
            assert HELD(account_id=other.pk) == []
            with ahead(PAIRS.of(**given)):
                assert (len(HELD(**given)), len(PAIRS(**given))) == (4, 4)
        assert len(asked) == 2
        Balance.objects.all().delete()
        assert len(HELD(**given)) == 4  # of the moment of asking
    assert HELD(**given) == []


def test_a_failure_inside_leaves_nothing_behind(day: rows.Desk) -> None:
    given = {"account_id": day.account.pk}
    with pytest.raises(ZeroDivisionError), ahead(HELD.of(**given)):
        1 / 0  # noqa: B018
    Balance.objects.all().delete()
    assert HELD(**given) == []


def test_what_is_locked_is_not_read_ahead(day: rows.Desk) -> None:
    with atomic(), pytest.raises(TransactionManagementError), ahead(LOCKED.of(pk=day.account.pk)):
        pass


def test_the_same_question_twice_is_asked_once(day: rows.Desk) -> None:
    with CaptureQueriesContext(connection) as asked, ahead(ACCOUNTS.of(), ACCOUNTS.of()):
        assert len(ACCOUNTS()) == 1
    assert asked.captured_queries[0]["sql"].count("ARRAY(") == 1


def test_nothing_asked_costs_nothing(day: rows.Desk) -> None:
    with CaptureQueriesContext(connection) as asked, ahead():
        pass
    assert len(asked) == 0


def test_a_statement_by_hand_alone(db: None) -> None:
    assert ADDED(one="1.50", two="2")[0][1] == [1, None, "a"]
    assert str(ADDED.first(one="1.50", two="2")[0]) == "5.00"
