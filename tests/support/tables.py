"""The test database, empty again."""

from functools import cache

from django.db import connection, transaction

KEPT = frozenset({"auth_permission", "django_content_type", "django_migrations"})
# What `migrate` wrote and no test changes.


def emptied() -> None:
    """Delete every row of every table that has some; foreign keys are checked at the end of the transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_question())
        filled = [name for (name,) in cursor.fetchall()]
        if filled:
            cursor.execute(";".join(f'DELETE FROM "{name}"' for name in filled))


@cache
def _question() -> str:
    """Which tables have rows, in one query."""
    names = sorted({*connection.introspection.table_names()} - KEPT)
    return " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in names)
