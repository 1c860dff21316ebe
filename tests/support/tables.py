"""The test database, empty again."""

from functools import cache

from django.db import connection, transaction

KEPT = frozenset({"auth_permission", "django_content_type", "django_migrations"})
# What `migrate` wrote and no test changes.
LARGE_BYTES = 1_000_000
# From here on a table is cut off: rows that are only deleted leave their space behind.


def emptied() -> None:
    """Delete every row of every table that has some; foreign keys are checked at the end of the transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_question())
        filled = cursor.fetchall()
        cut = [f'TRUNCATE "{name}" CASCADE' for name, size in filled if size >= LARGE_BYTES]
        swept = [f'DELETE FROM "{name}"' for name, size in filled if size < LARGE_BYTES]
        if filled:
            cursor.execute(";".join(cut + swept))


@cache
def _question() -> str:
    """Which tables have rows, and how large they are, in one query."""
    names = sorted({*connection.introspection.table_names()} - KEPT)
    return " UNION ALL ".join(
        f"SELECT '{name}', pg_relation_size('{name}') WHERE EXISTS (SELECT FROM \"{name}\")" for name in names
    )
