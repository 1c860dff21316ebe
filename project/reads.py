"""Reads that Django compiles once: the same queryset with other arguments, at a fraction of what building it anew costs.

Several of them can be asked in one statement (project/ahead.py): then each answers from what it was told.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from threading import local
from typing import Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BooleanField, Expression, F, Func, QuerySet
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row")
Raw = tuple[Any, ...]
Key = tuple[int, tuple[tuple[str, object], ...]]


class _Told(local):
    """What this thread was told in advance."""

    def __init__(self) -> None:
        self.answers: dict[Key, list[Any]] = {}


TOLD = _Told()


@dataclass(frozen=True, slots=True)
class Question:
    """A read with its arguments."""

    read: "Read[Any]"
    given: Mapping[str, object]

    @property
    def key(self) -> Key:
        """What its answer is found by."""
        return id(self.read), tuple((name, _fixed(self.given[name])) for name in sorted(self.given))


def _fixed(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class Given(Expression):
    """An argument's place in a queryset; its value comes with each call."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """One placeholder, which stands for itself until the call."""
        return "%s", (self,)


class Among(Func):
    """`filter(Among("id", Given("ids")))`: the column is one of a list, whose length may differ from call to call."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()

    def __init__(self, column: str, values: Expression) -> None:
        super().__init__(F(column), values)


class Read(Generic[Row]):
    """`Read(lambda account_id: Slot.objects.filter(account_id=account_id))`: call it by keyword, get the rows.

    An argument is never None, and never decides which queryset is built: it is a value in the database's hands.
    """

    def __init__(self, build: Callable[..., "QuerySet[Any, Row]"]) -> None:
        self._build = build
        self._names = tuple(signature(build).parameters)
        self._mine = local()  # a compiler holds its thread's connection

    def __call__(self, **given: object) -> list[Row]:
        """The rows, in the queryset's order."""
        told = TOLD.answers.get(self.of(**given).key) if TOLD.answers else None
        return cast("list[Row]", self.compiled.rows(given) if told is None else list(told))

    def of(self, **given: object) -> Question:
        """The read with its arguments, to be asked ahead."""
        return Question(self, given)

    @property
    def compiled(self) -> "Compiled":
        """The statement behind it, in this thread."""
        if not hasattr(self._mine, "compiled"):
            self._mine.compiled = self._compile()
        return cast("Compiled", self._mine.compiled)

    def _compile(self) -> "Compiled":
        return _Queryset(self.queryset(**{name: Given(name) for name in self._names}))

    def first(self, **given: object) -> Row | None:
        """The first row, if there is one: for querysets that are limited to it."""
        return next(iter(self(**given)), None)

    def get(self, **given: object) -> Row:
        """The one row. Raises the model's DoesNotExist."""
        for row in self(**given):
            return row
        raise self.queryset(**given).model.DoesNotExist

    def queryset(self, **given: object) -> "QuerySet[Any, Row]":
        """The same as Django would read it, for tests and for whoever adds to it."""
        return self._build(**given)


class Sql(Read[Raw]):
    """`Sql("SELECT … WHERE id = %(id)s")`: the same for a statement written by hand; rows are tuples."""

    def __init__(self, text: str) -> None:
        super().__init__(lambda: QuerySet())
        self._text = text

    def _compile(self) -> "Compiled":
        return _Text(self._text)


class Compiled:
    """A statement with its parameters in order, and how its tuples become rows."""

    sql: str
    params: Raw

    def rows(self, given: Mapping[str, object]) -> list[Any]:
        """Ask the database."""
        raise NotImplementedError

    def made_of(self, raw: list[Raw]) -> list[Any]:
        """Rows of tuples that came another way."""
        raise NotImplementedError

    def filled(self, given: Mapping[str, object]) -> Raw:
        """The parameters with the call's values."""
        return tuple(given[p.name] if isinstance(p, Given) else p for p in self.params)


class _Text(Compiled):
    """A statement by hand: `%(name)s` where a value comes."""

    def __init__(self, text: str) -> None:
        names = re.findall(r"%\((\w+)\)s", text)
        self.sql, self.params = re.sub(r"%\(\w+\)s", "%s", text), tuple(map(Given, names))

    def rows(self, given: Mapping[str, object]) -> list[Any]:
        """Tuples, as the database gave them."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.filled(given))
            return list(cursor.fetchall())

    def made_of(self, raw: list[Raw]) -> list[Any]:
        """They are rows already."""
        return raw


class _Queryset(Compiled):
    """A queryset whose compiler remembers the SQL that it made."""

    def __init__(self, queryset: "QuerySet[Any, Any]") -> None:
        self._queryset = queryset
        self._locks = queryset.query.select_for_update
        self._given: Mapping[str, object] = {}
        self._compiler = compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, self.params = compiler.as_sql()
        compiler.as_sql = self._as_sql
        queryset.query.get_compiler = lambda *_, **__: compiler  # type: ignore[method-assign,assignment]

    def rows(self, given: Mapping[str, object]) -> list[Any]:
        """The queryset's rows. Raises TransactionManagementError where it locks and nothing would hold the lock."""
        if self._locks and not connection.in_atomic_block:
            raise TransactionManagementError("rows are locked in a transaction")
        self._given = given
        rows: Any = self._queryset._iterable_class(self._queryset)
        return list(rows)

    def made_of(self, raw: list[Raw]) -> list[Any]:
        """The queryset's rows of what its statement came to; what Django selects for itself is left out."""
        if self._locks:
            raise TransactionManagementError("what is locked is not read ahead")
        shown = [row[: self._compiler.col_count] for row in raw] if self._compiler.has_extra_select else raw
        vars(self._compiler)["execute_sql"] = lambda *_, **__: [shown]
        try:
            return list(cast("Any", self._queryset._iterable_class)(self._queryset))
        finally:
            del vars(self._compiler)["execute_sql"]

    def _as_sql(self, *_: Any, **__: Any) -> tuple[str, Raw]:
        return self.sql, self.filled(self._given)
