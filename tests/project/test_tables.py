"""Whether tables are missing: what is recorded against what lies on disk."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from project import tables

pytestmark = pytest.mark.django_db


def test_a_migrated_database_lacks_nothing_as_django_itself_says() -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    assert tables.missing() == []


def test_every_migration_that_django_knows_is_looked_for() -> None:
    MigrationRecorder(connection).migration_qs.all().delete()
    assert tables.missing() == sorted(MigrationExecutor(connection).loader.disk_migrations)


def test_one_that_is_not_recorded_is_named() -> None:
    MigrationRecorder(connection).record_unapplied("trading", "0001_initial")
    assert tables.missing() == [("trading", "0001_initial")]
