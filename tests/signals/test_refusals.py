"""Refusals are counted, and no stranger can make many rows of them."""

from datetime import UTC, datetime, timedelta

import pytest

from signals.refusals import MAX_KEYS, OTHERS, Refusals, prefix_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_equal_refusals_are_one_row_with_a_count():
    refusals = Refusals()
    for n in range(3):
        refusals.count(7, "192.0.2.1", "WRONG_SIGNATURE", now=NOON + n * SECOND)
    columns = refusals.drain()
    assert columns == [[7], ["192.0.2.1"], ["WRONG_SIGNATURE"], [NOON.date()], [3], [NOON], [NOON + 2 * SECOND]]
    assert refusals.drain() == []


def test_what_could_not_be_written_is_not_lost():
    refusals = Refusals()
    refusals.count(None, "192.0.2.1", "X", now=NOON)
    unwritten = refusals.drain()
    refusals.count(None, "192.0.2.1", "X", now=NOON + SECOND)
    refusals.put_back(unwritten)
    assert refusals.drain() == [[None], ["192.0.2.1"], ["X"], [NOON.date()], [2], [NOON], [NOON + SECOND]]
    refusals.put_back(unwritten)
    assert refusals.drain() == unwritten


def test_a_day_has_a_bounded_number_of_rows():
    refusals = Refusals()
    for n in range(MAX_KEYS + 10):
        refusals.count(None, f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", "X", now=NOON)
    assert len(refusals.waiting) == MAX_KEYS + 1
    assert refusals.waiting[(None, OTHERS, "X", NOON.date())].count == 10
    refusals.drain()
    refusals.count(None, "10.0.0.1", "X", now=NOON)  # known: still by name
    refusals.count(None, "10.9.9.9", "X", now=NOON + timedelta(days=1))  # a new day, a new book
    assert [key[1] for key in refusals.waiting] == ["10.0.0.1", "10.9.9.9"]


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::1", "::/64"),
        ("", ""),
        ("x" * 99, "x" * 50),
    ],
)
def test_addresses_are_counted_by_household(address, counted_as):
    assert prefix_of(address) == counted_as
