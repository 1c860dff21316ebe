"""Rows in memory, with transactions: what a step writes is there together or not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.simulator.rows import Account, Alert, Fill, Group, Order, Queued, Rows, Slot

Event = tuple[Any, ...]


class Died(BaseException):
    """The process died before its transaction committed. Not an Exception: nobody handles his own death."""


class Store:
    """The committed rows, their journal, and the one transaction that may be open."""

    def __init__(self) -> None:
        self.accounts: dict[int, Account] = {}
        self.alerts: dict[int, Alert] = {}
        self.groups: dict[int, Group] = {}
        self.orders: dict[int, Order] = {}
        self.fills: dict[int, Fill] = {}
        self.slots: dict[int, Slot] = {}
        self.queued: dict[int, Queued] = {}
        self.deliveries: dict[str, Any] = {}
        self.journal: list[Event] = []
        self.mode = "NORMAL"
        self.fatal = False  # the next commit is not reached
        self._undo: list[Callable[[], object]] | None = None
        self._after: list[Callable[[], object]] = []
        self._last_id = 0

    @property
    def in_transaction(self) -> bool:
        return self._undo is not None

    def next_id(self) -> int:
        """A sequence: it is not rolled back."""
        self._last_id += 1
        return self._last_id

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Not to be nested; nothing may be asked of a venue inside."""
        if self._undo is not None:
            raise AssertionError("a transaction inside a transaction")
        self._undo, self._after = [], []
        try:
            yield
            if self.fatal:
                self.fatal = False
                raise Died
        except BaseException:
            for back in reversed(self._undo):
                back()
            self._undo = None
            raise
        self._undo = None
        for bell in self._after:
            bell()

    def after_commit(self, bell: Callable[[], object]) -> None:
        self._after.append(bell)

    def insert(self, table: dict[Any, Any], row: Any) -> Any:
        table[row.pk] = row
        self._note_undo(lambda: table.pop(row.pk))
        return row

    def append(self, rows: list[Any] | Rows, row: Any) -> Any:
        rows.append(row)
        self._note_undo(rows.pop)
        return row

    def change(self, row: Any, **values: Any) -> None:
        before = [(name, getattr(row, name)) for name in values]
        for name, value in values.items():
            setattr(row, name, value)
        self._note_undo(lambda: [setattr(row, name, value) for name, value in before])

    def note(self, *event: Any) -> None:
        """A line of the journal, in the transaction."""
        self.journal.append(event)
        self._note_undo(self.journal.pop)

    def forget_line(self) -> None:
        """Take the last line back: for engines that do not write down what they do."""
        line = self.journal.pop()
        self._note_undo(lambda: self.journal.append(line))

    def _note_undo(self, back: Callable[[], object]) -> None:
        if self._undo is None:
            raise AssertionError("written outside a transaction")
        self._undo.append(back)
