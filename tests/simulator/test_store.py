"""Transactions of the simulated store: all of a step's writes, or none."""

import pytest

from tests.simulator.rows import Account, Rows
from tests.simulator.store import Died, Store


def filled() -> tuple[Store, Account]:
    store = Store()
    with store.transaction():
        row = store.insert(store.accounts, Account(1, "one"))
    return store, row


def test_what_dies_before_its_commit_has_written_nothing() -> None:
    store, row = filled()
    rows, rung = Rows(), list[str]()
    store.fatal = True
    with pytest.raises(Died), store.transaction():  # noqa: PT012 - what is written before the death is the point
        store.insert(store.accounts, Account(2, "two"))
        store.change(row, health="ILL")
        store.change(row, health="WORSE")
        store.append(rows, row)
        store.note("account.ill", 1)
        store.after_commit(lambda: rung.append("bell"))
    assert (list(store.accounts), row.health, rows, store.journal, rung) == ([1], "", [], [], [])


def test_what_commits_is_there_and_rings() -> None:
    store, row = filled()
    rung = list[str]()
    with store.transaction():
        store.change(row, health="ILL")
        store.after_commit(lambda: rung.append(row.health))
    assert rung == ["ILL"]


def test_nothing_is_written_outside_a_transaction() -> None:
    store, row = filled()
    with pytest.raises(AssertionError):
        store.change(row, health="ILL")


def test_a_column_that_no_decision_named_has_the_default_of_its_table() -> None:
    _, row = filled()
    assert (row.venue, row.quote, row.leverage) == ("binance", "USDT", 1)
    assert not hasattr(row, "no_such_column")
