"""What the readiness page says of a database that is behind: which migrations, and what to do."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from dashboard import readiness
from project import tables

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    """That all are applied is remembered as long as the process lives."""
    readiness._all_applied.cache_clear()
    yield
    readiness._all_applied.cache_clear()


def test_one_that_is_missing_is_named() -> None:
    app, name = max(MigrationLoader(connection).graph.leaf_nodes("trading"))
    MigrationRecorder(connection).record_unapplied(app, name)
    said = f"Not applied: trading {name}. Run `manage.py migrate` as the owner."
    assert readiness.migrations(timezone.now()) == said


def test_of_many_three_are_named_and_the_rest_is_counted() -> None:
    MigrationRecorder(connection).migration_qs.filter(app="trading").delete()
    count = len(tables.missing())
    said = readiness.migrations(timezone.now())
    assert said.startswith("Not applied: trading 0001_initial, ")
    assert f", and {count - readiness.NAMED} more. Run" in said


def test_nothing_is_said_while_all_are_applied() -> None:
    assert readiness.migrations(timezone.now()) == ""
