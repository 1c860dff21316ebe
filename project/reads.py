"""Reads that Django compiles once: the same queryset with other arguments, at a fraction of what building it anew costs."""

from collections.abc import Callable
from inspect import signature
from threading import local
from typing import Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BooleanField, Expression, F, Func, QuerySet
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row")


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
        if not hasattr(self._mine, "compiled"):
            self._mine.compiled = _Compiled(self.queryset(**{name: Given(name) for name in self._names}))
        return cast("list[Row]", self._mine.compiled.rows(given))

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


class _Compiled:
    """A queryset whose compiler remembers the SQL that it made."""

    def __init__(self, queryset: "QuerySet[Any, Any]") -> None:
        self._queryset = queryset
        self._locks = queryset.query.select_for_update
        self._given: dict[str, object] = {}
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self._sql, self._params = compiler.as_sql()
        compiler.as_sql = self._as_sql
        queryset.query.get_compiler = lambda *_, **__: compiler  # type: ignore[method-assign,assignment]

    def rows(self, given: dict[str, object]) -> list[Any]:
        if self._locks and not connection.in_atomic_block:
            raise TransactionManagementError("rows are locked in a transaction")
        self._given = given
        rows: Any = self._queryset._iterable_class(self._queryset)
        return list(rows)

    def _as_sql(self, *_: Any, **__: Any) -> tuple[str, tuple[Any, ...]]:
        return self._sql, tuple(self._given[p.name] if isinstance(p, Given) else p for p in self._params)
