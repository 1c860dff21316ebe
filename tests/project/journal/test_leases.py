"""Leases: one holder at a time, and a fence that grows with every change of hands."""

from datetime import UTC, datetime, timedelta

import pytest

from project.journal import leases
from project.journal.models import Lease
from tests.support.races import together

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SPAN = timedelta(seconds=5)

pytestmark = pytest.mark.django_db


def claim(holder: str, secs: float = 0) -> int | None:
    return leases.claim("sweep", holder=holder, now=NOON + timedelta(seconds=secs), span=SPAN)


@pytest.mark.parametrize(
    ("steps", "fences"),
    [
        ([("a", 0)], [1]),
        ([("a", 0), ("a", 1), ("a", 9)], [1, 1, 1]),  # renewing is no change of hands
        ([("a", 0), ("b", 1)], [1, None]),
        ([("a", 0), ("b", 5)], [1, None]),  # it ends after its last moment
        ([("a", 0), ("b", 5.1)], [1, 2]),
        ([("a", 0), ("b", 6), ("a", 7)], [1, 2, None]),
        ([("a", 0), ("b", 6), ("a", 12)], [1, 2, 3]),
        ([("a", 0), ("a", 4), ("b", 6)], [1, 1, None]),  # renewed at 4, it holds until 9
    ],
)
def test_who_holds_it_with_which_fence(steps: list[tuple[str, float]], fences: list[int | None]) -> None:
    assert [claim(holder, secs) for holder, secs in steps] == fences


def test_a_lease_given_back_can_be_taken_at_once() -> None:
    claim("a")
    leases.release("sweep", holder="a", now=NOON)
    assert claim("b", 0.001) == 2


def test_only_its_holder_gives_it_back() -> None:
    claim("a")
    leases.release("sweep", holder="b", now=NOON)
    assert claim("b", 1) is None


def inherit(holder: str, *dead: str) -> int | None:
    return leases.inherit("sweep", holder=holder, now=NOON, span=SPAN, is_dead=dead.__contains__)


def test_the_dead_leave_theirs_to_the_first_who_comes() -> None:
    assert inherit("b", "a") is None  # nobody held it
    claim("a")
    assert inherit("b") is None
    assert inherit("b", "a") == 2
    assert inherit("c", "a") is None
    assert claim("b", 1) == 2


def test_leases_of_other_names_are_others() -> None:
    claim("a")
    assert leases.claim("other", holder="b", now=NOON, span=SPAN) == 1
    assert str(Lease.objects.get(name="other")) == "other: b"


@pytest.mark.django_db(transaction=True)
def test_many_claim_one_holds() -> None:
    fences = together(*(lambda name=name: claim(name) for name in "abcdef"))  # type: ignore[misc]
    assert sorted(fence for fence in fences if fence) == [1]
