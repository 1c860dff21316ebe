"""The hash chain: pure, order-sensitive, and blind to how rows are batched."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.journal.chain import GENESIS, Row, encoded, extend
from project.journal.record import plain

ROW = Row(7, 3, 1, "order.state", "order:7", {"to": "OPEN"}, datetime(2026, 1, 1, tzinfo=UTC))


@given(st.integers(0, 6))
def test_batches_do_not_change_the_head(cut: int) -> None:
    rows = [replace(ROW, id=number) for number in range(6)]
    assert extend(extend(GENESIS, rows[:cut]), rows[cut:]) == extend(GENESIS, rows)


def test_order_changes_the_head() -> None:
    rows = [replace(ROW, id=number) for number in range(2)]
    assert extend(GENESIS, rows) != extend(GENESIS, reversed(rows))


@pytest.mark.parametrize(
    "changed",
    [
        {"xid": 8},
        {"id": 4},
        {"account_id": None},
        {"kind": "x"},
        {"subject": "order:8"},
        {"payload": {}},
        {"at": datetime(2026, 1, 2, tzinfo=UTC)},
    ],
)
def test_every_field_is_under_the_hash(changed: dict[str, Any]) -> None:
    assert encoded(replace(ROW, **changed)) != encoded(ROW)


def test_the_order_of_keys_does_not_matter() -> None:
    one, two = {"a": 1, "b": "ü"}, {"b": "ü", "a": 1}
    assert encoded(replace(ROW, payload=one)) == encoded(replace(ROW, payload=two))


def test_no_rows_leave_the_head() -> None:
    assert extend(GENESIS, []) == GENESIS


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (Decimal("1.500"), "1.5"),
        (Decimal("0E-18"), "0"),
        (Decimal("1E+3"), "1000"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00"),
        ({"a": (Decimal(1), None)}, {"a": ["1", None]}),
        ([1, "x", True], [1, "x", True]),
    ],
)
def test_values_are_kept_without_loss(value: Any, kept: Any) -> None:
    assert plain(value) == kept
