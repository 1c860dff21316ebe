"""Compiled reads: the same rows as Django's own, with other arguments each time, in any thread, locked where asked."""

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections
from django.db.transaction import TransactionManagementError, atomic
from django.db.utils import OperationalError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from project.accounts.models import BalanceMovement, ExchangeAccount
from project.reads import Among, Given, Read
from tests.support.factories import Desk

MOVED = Read(lambda account_id, currency: BalanceMovement.objects.filter(account_id=account_id, currency=currency))
SINCE = Read(
    lambda since: BalanceMovement.objects.filter(at__gte=since).order_by("id").values_list("amount", flat=True)
)
OWNED = Read(lambda ids: BalanceMovement.objects.filter(Among("id", ids)).select_related("account").order_by("id"))
LOCKED = Read(lambda pk: ExchangeAccount.objects.select_for_update(no_key=True).filter(pk=pk))


@pytest.fixture
def movements(desk: Desk) -> list[BalanceMovement]:
    account, now = desk.account, timezone.now()
    BalanceMovement.objects.all().delete()
    return [
        BalanceMovement.objects.create(
            account=account,
            currency=currency,
            amount=amount,
            kind="FOREIGN",
            cause="test",
            at=now - timedelta(days=age),
        )
        for currency, amount, age in (("XRP", 1, 3), ("XRP", 2, 2), ("ADA", 3, 1))
    ]


def test_the_rows_are_those_of_the_queryset(movements: list[BalanceMovement]) -> None:
    account_id = movements[0].account_id
    for currency in ("XRP", "ADA", "DOT"):
        given = {"account_id": account_id, "currency": currency}
        assert MOVED(**given) == list(MOVED.queryset(**given))
    assert len(MOVED(account_id=account_id, currency="XRP")) == 2


def test_values_are_converted_as_django_does(movements: list[BalanceMovement]) -> None:
    since = movements[1].at
    assert SINCE(since=since) == list(SINCE.queryset(since=since)) == [2, 3]


def test_lists_may_have_any_length_and_related_rows_come_along(movements: list[BalanceMovement]) -> None:
    assert OWNED(ids=[]) == []
    for some in (movements[:1], movements):
        with CaptureQueriesContext(connection) as asked:
            found = OWNED(ids=[row.pk for row in some])
            names = {row.account.name for row in found}
        assert (found, len(asked), len(names)) == (some, 1, 1)


def test_one_row_or_none(movements: list[BalanceMovement]) -> None:
    account_id = movements[0].account_id
    assert MOVED.get(account_id=account_id, currency="ADA") == movements[2]
    assert MOVED.first(account_id=account_id, currency="DOT") is None
    with pytest.raises(BalanceMovement.DoesNotExist):
        MOVED.get(account_id=account_id, currency="DOT")


def test_an_argument_that_is_missing_is_a_defect(movements: list[BalanceMovement]) -> None:
    with pytest.raises(KeyError, match="currency"):
        MOVED(account_id=1)


def test_a_changed_row_is_seen(movements: list[BalanceMovement]) -> None:
    given = {"account_id": movements[0].account_id, "currency": "ADA"}
    assert [row.amount for row in MOVED(**given)] == [3]
    BalanceMovement.objects.filter(pk=movements[2].pk).update(amount=4)
    assert [row.amount for row in MOVED(**given)] == [4]


@pytest.mark.django_db(transaction=True)
def test_locks_are_taken_and_only_in_a_transaction(desk: Desk) -> None:
    account = desk.account
    with pytest.raises(TransactionManagementError):
        LOCKED(pk=account.pk)
    with atomic():
        assert LOCKED.get(pk=account.pk) == account
        assert isinstance(_elsewhere(lambda: _locked_at_once(account.pk)), OperationalError)
    assert _elsewhere(lambda: _locked_at_once(account.pk)) == account


def test_each_thread_has_its_own_connection(movements: list[BalanceMovement]) -> None:
    with atomic():
        movements[0].delete()
        assert SINCE(since=movements[0].at) == [2, 3]
        assert _elsewhere(lambda: SINCE(since=movements[0].at)) == [1, 2, 3]  # not committed: not seen from there


def test_a_given_value_is_a_placeholder() -> None:
    sql, params = BalanceMovement.objects.filter(currency=Given("currency")).values("id").query.sql_with_params()
    assert (sql.count("%s"), [p.name for p in params]) == (1, ["currency"])


def _locked_at_once(pk: int) -> ExchangeAccount:
    with atomic():
        connection.cursor().execute("SET LOCAL lock_timeout = 50")
        return LOCKED.get(pk=pk)


def _elsewhere(work: Any) -> Any:
    """What a thread of its own finds, or what it raised."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work())
        except OperationalError as error:
            found.append(error)
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    thread.join()
    return found[0]
