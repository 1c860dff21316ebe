"""Several reads in one statement: one way to the database, and one moment for all that a page shows.

    with ahead(desk_reads.GROUPS.of(account_id=7), mode.ROW.of()):
        desk.groups  # and whatever else asks the same: answered from memory

Who asks needs to know nothing of it: inside the block a Read with the same arguments answers from what it was told, and
any other asks the database as ever. For pages, which only look: what is written meanwhile is not seen in the block.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import psycopg
from django.db import connection
from psycopg.abc import AdaptContext
from psycopg.adapt import Loader
from psycopg.pq import Format

from project.reads import TOLD, Key, Question, Raw


@contextmanager
def ahead(*questions: Question) -> Iterator[None]:
    """Ask all of these now; within the block they are known."""
    before = TOLD.answers
    TOLD.answers = before | answers(questions)
    try:
        yield
    finally:
        TOLD.answers = before


def answers(questions: Sequence[Question]) -> dict[Key, list[Any]]:
    """The rows of each question, by its key; of the same question twice once."""
    wanted = {question.key: question for question in questions}
    asked = [(key, question.read.compiled, question.given) for key, question in wanted.items()]
    if not asked:
        return {}
    columns = ", ".join(f"ARRAY(SELECT one FROM ({compiled.sql}) one)" for _, compiled, _ in asked)
    params = [value for _, compiled, given in asked for value in compiled.filled(given)]
    found = _one_row(f"SELECT {columns}", params)
    return {key: compiled.made_of(raw) for (key, compiled, _), raw in zip(asked, found, strict=True)}


def _one_row(sql: str, params: Sequence[object]) -> Raw:
    """The statement's row. Binary, because only so a record says of what type each of its values is."""
    with connection.cursor() as writer:
        text = writer.mogrify(sql, params)  # Django's cursors bind here, and read no binary
    raw = psycopg.Cursor(connection.connection)
    raw.format = Format.BINARY
    _as_django_reads(raw)
    with connection._prepare_cursor(raw) as cursor:  # type: ignore[attr-defined]  # counted and logged like any other
        cursor.execute(text)
        row: Raw = cursor.fetchone()
        return row


class _JsonAsText(Loader):
    """A JSONField parses by itself."""

    format = Format.BINARY

    def load(self, data: Any) -> str:
        """All but the version in front."""
        return bytes(data)[1:].decode()


class _AddressAsText(Loader):
    """A GenericIPAddressField is text: family, bits, kind and length stand before the address itself."""

    format = Format.BINARY

    def load(self, data: Any) -> str:
        """The address without its network."""
        return str(ip_address(bytes(data)[4:]))


def _as_django_reads(context: AdaptContext) -> None:
    """The two types that Django wants as text."""
    context.adapters.register_loader("jsonb", _JsonAsText)
    context.adapters.register_loader("inet", _AddressAsText)
