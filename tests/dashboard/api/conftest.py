"""Two people: one who has everything, and one who has nothing and must see nothing."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count

import pytest
from django.test import Client

from dashboard.api import throttles
from dashboard.roles import Scope
from project.accounts.models import Role, User
from tests.dashboard import rows
from tests.dashboard.api import world

PEOPLE = count(1)


@pytest.fixture
def owner(db: None) -> User:
    return rows.user("mira", Role.TRADER)


@pytest.fixture
def other(db: None) -> User:
    return rows.user("otto", Role.TRADER)


@pytest.fixture
def desk(owner: User, now: datetime) -> rows.Desk:
    """Everything there is, and all of it is the owner's."""
    return world.world(owner, now=now)


@pytest.fixture
def mine(desk: rows.Desk, owner: User, now: datetime) -> Client:
    """The owner's program."""
    return world.program(owner, now=now)


@pytest.fixture
def theirs(desk: rows.Desk, other: User, now: datetime) -> Client:
    """Somebody else's program."""
    return world.program(other, now=now)


@pytest.fixture
def boss(desk: rows.Desk, now: datetime) -> Client:
    """An admin's program."""
    return world.program(rows.admin("boss"), Scope.ADMIN, now=now)


@pytest.fixture(autouse=True)
def nobody_counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test asks more often than a person; those about the limits set their own."""
    monkeypatch.setattr(throttles, "PER_WINDOW", dict.fromkeys(throttles.PER_WINDOW, 10**9))
    yield
