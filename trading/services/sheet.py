"""The sheet: the rows and events of a batch of decisions, held back and written together, parents first.

One insert for each table instead of one for each row; a row has its id from the start, so that others can point to it.
"""

from collections import deque
from collections.abc import Collection, Sequence
from typing import TypeVar

from django.db import connection
from django.db.models import Model

from project.journal.record import Event, record_all
from risk.models import RiskDecision
from signals.models import IndicatorValue, Signal
from trading.models import Leg, Order, PositionGroup, Pyramid, Slot

PARENTS_FIRST: Sequence[type[Model]] = (
    Signal,
    RiskDecision,
    PositionGroup,
    Pyramid,
    Slot,
    Leg,
    Order,
    IndicatorValue,
)
POINTED_TO: Sequence[type[Model]] = (Signal, PositionGroup, Pyramid, Leg, Order)
IDS_AT_ONCE = 16
# Of each table's sequence, in one query; what is left over when the batch ends is a gap in the numbers, no more.


Row = TypeVar("Row", bound=Model)


class Sheet:
    """What is decided and not yet written. Nothing reads it but the desk: write() before anything asks the database."""

    def __init__(self) -> None:
        self._rows: dict[type[Model], list[Model]] = {model: [] for model in PARENTS_FIRST}
        self._changed: dict[Model, set[str]] = {}
        self._events: list[Event] = []
        self._ids: dict[type[Model], deque[int]] = {model: deque() for model in POINTED_TO}

    def add(self, row: Row) -> Row:
        """Hold a new row back; one that others point to has its id from now on."""
        model = type(row)
        if row.pk is None and model in self._ids:
            row.pk = self.next_id(model)
        self._rows[model].append(row)
        return row

    def change(self, row: Model, *fields: str) -> None:
        """Hold back what has changed of a row that is in the database; the last value counts."""
        self._changed.setdefault(row, set()).update(fields)

    def note(self, event: Event) -> None:
        """An event of the journal; they are written in the order in which they are noted."""
        self._events.append(event)

    def next_id(self, model: type[Model]) -> int:
        """An id that no other row will have."""
        if not self._ids[model]:
            self._draw_ids()
        return self._ids[model].popleft()

    def write(self) -> None:
        """Everything held back, in the caller's transaction; afterwards the sheet is empty."""
        for model, rows in self._rows.items():
            if rows:
                model._default_manager.bulk_create(rows)
        for (model, fields), rows in self._changes().items():
            update_all(model, rows, fields)
        if self._events:
            record_all(self._events)
        self.clear()

    def _changes(self) -> dict[tuple[type[Model], tuple[str, ...]], list[Model]]:
        """What has changed, by table and columns."""
        found: dict[tuple[type[Model], tuple[str, ...]], list[Model]] = {}
        for row, fields in self._changed.items():
            found.setdefault((type(row), tuple(sorted(fields))), []).append(row)
        return found

    def clear(self) -> None:
        """Forget what is held back: the transaction that made it is undone."""
        for rows in self._rows.values():
            rows.clear()
        self._changed.clear()
        self._events.clear()

    def _draw_ids(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(NEXT_IDS, [IDS_AT_ONCE])
            for drawn in cursor.fetchall():
                for ids, number in zip(self._ids.values(), drawn, strict=True):
                    ids.append(number)


NEXT_IDS = "SELECT {} FROM generate_series(1, %s)".format(
    ", ".join(f"nextval(pg_get_serial_sequence('{model._meta.db_table}', 'id'))" for model in POINTED_TO)
)


def update_all(model: type[Model], rows: Sequence[Model], fields: Collection[str]) -> None:
    """Write the same columns of many rows in one statement. Automatic times are set, as `save()` would."""
    columns = [field for field in model._meta.concrete_fields if field.name in fields]
    values = [[field.get_db_prep_save(field.pre_save(row, add=False), connection) for row in rows] for field in columns]
    types = [f"%s::{field.db_type(connection)}[]" for field in columns]
    names = [connection.ops.quote_name(str(field.column)) for field in columns]
    statement = UPDATE_ALL.format(
        table=connection.ops.quote_name(model._meta.db_table),
        sets=", ".join(f"{name} = new.{name}" for name in names),
        arrays=", ".join(["%s::bigint[]", *types]),
        names=", ".join(["id", *names]),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [[row.pk for row in rows], *values])


UPDATE_ALL = "UPDATE {table} AS old SET {sets} FROM unnest({arrays}) AS new ({names}) WHERE old.id = new.id"
