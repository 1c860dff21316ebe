"""The sealer: gapless, in causal order, by one at a time, and nobody rewrites what it has sealed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from project.journal import sealer
from project.journal.models import JournalEntry, Seal
from project.journal.record import Event, record, record_all
from project.journal.sealer import Sealed, broken_seals, seal_all, seal_batch, unsealed_age
from tests.support.plugin import SERVERS
from tests.support.races import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


def note(*subjects: str) -> None:
    """One transaction with an event for each subject."""
    with transaction.atomic():
        record_all(Event("test", subject, {"n": 1}) for subject in subjects)


def seal(holder: str = "us", *, after: timedelta = timedelta()) -> list[str]:
    """Seal one batch; the subjects in it."""
    sealed = seal_batch(holder=holder, now=timezone.now() + after)
    return [row.subject for row in sealed.rows] if sealed else []


class Undo(Exception):
    """Rolls a transaction back."""


def undone(subject: str) -> None:
    try:
        with transaction.atomic():
            record("test", subject=subject, payload={})
            raise Undo
    except Undo:
        pass


# numbers -----------------------------------------------------------------------------------------


def test_events_are_numbered_from_one_without_gaps() -> None:
    note("a", "b")
    first = seal_batch(holder="us", now=timezone.now())
    note("c")
    undone("never")
    note("d", "e")
    second = seal_batch(holder="us", now=timezone.now())
    assert first is not None
    assert second is not None
    events = first.events() + second.events()
    assert [event["number"] for event in events] == [1, 2, 3, 4, 5]
    assert [event["subject"] for event in events] == ["a", "b", "c", "d", "e"]
    assert (first.last_number, second.first_number) == (2, 3)


def test_nothing_to_seal_is_none() -> None:
    assert seal_batch(holder="us", now=timezone.now()) is None
    assert Seal.objects.count() == 0


def test_what_is_rolled_back_leaves_no_hole() -> None:
    undone("one")
    note("a")
    undone("two")
    note("b")
    assert seal() == ["a", "b"]
    assert broken_seals() == []


@pytest.fixture
def other() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Another process's connection to the test database."""
    wanted = connection.settings_dict
    with psycopg.connect(SERVERS.cluster.access.url("owner", database=wanted["NAME"])) as made:
        yield made


def test_a_transaction_that_is_still_writing_holds_the_horizon(other: psycopg.Connection[tuple[Any, ...]]) -> None:
    other.execute("INSERT INTO journal_journalentry (kind, subject, payload, at) VALUES ('test', 'slow', '{}', now())")
    note("fast")
    assert seal() == []  # `slow` may still get in front
    assert unsealed_age(now=timezone.now() + timedelta(seconds=9)) > timedelta(seconds=8)
    other.commit()
    assert seal() == ["slow", "fast"]
    assert unsealed_age(now=timezone.now()) is None


def test_a_slow_transaction_that_gives_up_lets_the_others_through(other: psycopg.Connection[tuple[Any, ...]]) -> None:
    other.execute("INSERT INTO journal_journalentry (kind, subject, payload, at) VALUES ('test', 'slow', '{}', now())")
    note("fast")
    other.rollback()
    assert seal() == ["fast"]


def test_a_reader_holds_nothing_up(other: psycopg.Connection[tuple[Any, ...]]) -> None:
    other.execute("SELECT count(*) FROM journal_journalentry")
    note("a")
    assert seal() == ["a"]


def test_a_batch_has_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "BATCH", 2)
    note("a", "b", "c")
    assert (seal(), seal(), seal()) == (["a", "b"], ["c"], [])
    assert broken_seals() == []


# sealers -----------------------------------------------------------------------------------------


def test_one_sealer_works_the_other_waits_for_its_lease() -> None:
    note("a")
    assert seal("us") == ["a"]
    note("b")
    assert seal("them") == []
    assert seal("them", after=timedelta(seconds=6)) == ["b"]
    note("c")
    assert seal("us") == []
    assert broken_seals() == []


def test_a_sealer_in_another_process_meets_the_lease() -> None:
    note("a")
    seal("us")
    note("b")
    assert elsewhere(lambda: seal("them")) == []


def test_everything_is_published_after_its_commit_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "BATCH", 2)
    note("a", "b", "c", "d", "e")
    published: list[tuple[int, int]] = []

    def publish(sealed: Sealed) -> None:
        published.append((sealed.first_number, elsewhere(Seal.objects.count)))

    assert seal_all(holder="us", now=timezone.now(), publish=publish, heads=tmp_path / "heads") == 5
    assert published == [(1, 1), (3, 2), (5, 3)]


def test_heads_are_kept_outside_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "HEAD_EVERY", 2)
    heads = tmp_path / "heads"
    for subjects in (("a",), ("b",), ("c",), ("d", "e")):
        note(*subjects)
        seal_all(holder="us", now=timezone.now(), publish=lambda _: None, heads=heads)
    lines = [line.split() for line in heads.read_text().splitlines()]
    kept = {seal.first_number + seal.count - 1: bytes(seal.head).hex() for seal in Seal.objects.all()}
    assert [int(number) for number, _ in lines] == [2, 5]
    assert all(kept[int(number)] == head for number, head in lines)


def test_a_head_that_cannot_be_kept_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sealer, "HEAD_EVERY", 1)
    published: list[int] = []
    for subject in ("a", "b"):
        note(subject)
        seal_all(
            holder="us",
            now=timezone.now(),
            publish=lambda sealed: published.append(sealed.first_number),
            heads=tmp_path,  # a folder: as on a full disk, nothing can be written there
        )
    assert published == [1, 2]
    assert [record.levelname for record in caplog.records if "is not kept" in record.message] == ["ERROR"] * 2


# the chain ---------------------------------------------------------------------------------------


def sealed_three() -> None:
    for subject in ("a", "b", "c"):
        note(subject)
        seal()


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE journal_journalentry SET payload = '{\"n\": 2}' WHERE subject = 'b'", [2]),
        ("UPDATE journal_journalentry SET kind = 'other' WHERE subject = 'a'", [1]),
        ("UPDATE journal_journalentry SET at = at + interval '1 second' WHERE subject = 'c'", [3]),
        ("UPDATE journal_journalentry SET account_id = 7 WHERE subject = 'a'", [1]),
        ("DELETE FROM journal_journalentry WHERE subject = 'b'", [2]),
        ("UPDATE journal_seal SET head = decode(repeat('00', 32), 'hex') WHERE first_number = 2", [2, 3]),
        ("UPDATE journal_seal SET count = 2 WHERE first_number = 3", [3]),
    ],
)
def test_tampering_is_found_where_it_happened(statement: str, broken: list[int]) -> None:
    sealed_three()
    assert broken_seals() == []
    with connection.cursor() as cursor:
        cursor.execute(statement)
    assert broken_seals() == broken


def test_a_row_slipped_in_between_is_found() -> None:
    sealed_three()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_journalentry (xid, kind, subject, payload, at)"
            " SELECT xid, 'test', 'forged', '{}', now() FROM journal_journalentry WHERE subject = 'b'"
        )
    assert broken_seals() == [3]


# record() ----------------------------------------------------------------------------------------


def test_a_deed_without_a_transaction_is_not_recorded() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record("test", subject="a", payload={})
    assert not JournalEntry.objects.exists()


def test_rows_of_one_transaction_share_its_id_and_keep_their_order() -> None:
    note("a", "b", "c")
    rows = JournalEntry.objects.order_by("id")
    assert [row.subject for row in rows] == ["a", "b", "c"]
    assert len({row.xid for row in rows}) == 1


# rights ------------------------------------------------------------------------------------------


@pytest.fixture
def app() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """The app role on the test database."""
    name = connection.settings_dict["NAME"]
    with psycopg.connect(SERVERS.cluster.access.url("app", database=name), autocommit=True) as made:
        yield made


@pytest.mark.parametrize("table", ["journal_journalentry", "journal_seal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"])
def test_the_app_role_cannot_rewrite_history(
    app: psycopg.Connection[tuple[Any, ...]], table: str, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement.format(table))  # type: ignore[arg-type]


def test_the_app_role_can_add_to_history_and_read_it(app: psycopg.Connection[tuple[Any, ...]]) -> None:
    app.execute("INSERT INTO journal_journalentry (kind, subject, payload, at) VALUES ('test', 'a', '{}', now())")
    assert app.execute("SELECT subject FROM journal_journalentry").fetchall() == [("a",)]
    assert seal() == ["a"]


@pytest.mark.parametrize("statement", ["TRUNCATE trading_order CASCADE", "CREATE TABLE mine (id int)", "CREATE ROLE x"])
def test_the_app_role_owns_nothing(app: psycopg.Connection[tuple[Any, ...]], statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement)  # type: ignore[call-overload]


# a restored journal ------------------------------------------------------------------------------


def current_xid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


def test_a_journal_from_a_server_with_higher_numbers_goes_on() -> None:
    """As after a restore into a new server: the last seal lies ahead of every new transaction."""
    JournalEntry.objects.create(kind="test", subject="old", xid=current_xid() + 2000)
    sealer.catch_up()
    assert seal() == ["old"]
    note("new")
    assert seal() == ["new"]
    assert broken_seals() == []


def test_numbers_that_are_far_enough_are_left_alone() -> None:
    note("a")
    before = current_xid()
    sealer.catch_up()
    assert current_xid() <= before + 2
