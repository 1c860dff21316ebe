"""Every write of the API under an Idempotency-Key: done once, said again word for word, and the key is good for nothing else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from django.db import connections, transaction
from django.test import Client

from dashboard import tokens
from dashboard.models import KeptAnswer
from dashboard.roles import Scope
from project.journal.models import JournalEntry
from tests.dashboard import rows
from tests.dashboard.api import world, writes
from tests.dashboard.api.writes import PATHS, UNKEPT, WRITES

KEY = "Idempotency-Key"
AT_ONCE = 4


def test_every_write_has_a_request_here() -> None:
    assert sorted(PATHS) == sorted({*WRITES, *UNKEPT})


def test_every_write_says_that_it_takes_a_key() -> None:
    operations = {one["operationId"]: one for path in writes.DOCUMENT["paths"].values() for one in path.values()}
    takes = {name for name in PATHS if KEY in {one["name"] for one in operations[name].get("parameters", [])}}
    assert takes == set(PATHS) - UNKEPT


def told() -> list[tuple[int, str]]:
    return list(JournalEntry.objects.order_by("pk").values_list("pk", "kind"))


def test_a_write_with_the_same_key_is_done_once_and_said_again(desk: rows.Desk, now: datetime) -> None:
    person = world.bearer(tokens.log_in(rows.admin("boss"), scope=Scope.ADMIN, now=now).access)
    found = {name: twice(person, name) for name in writes.kept()}  # some are no personal token's
    assert {name: said for name, said in found.items() if said != ONCE} == {}


ONCE = ("the same answer", "marked", "nothing more is told", "422 IDEMPOTENCY_MISMATCH")


def twice(client: Client, name: str) -> tuple[str, ...]:
    """Ask twice and once more with another body, in a transaction that is taken back."""
    with transaction.atomic():
        body, place = WRITES[name].body, WRITES[name].address(name)
        first = writes.ask(client, name, place, body, **{KEY: name})
        journal = told()
        again = writes.ask(client, name, place, body, **{KEY: name})
        silent = told() == journal
        other = writes.ask(client, name, place, {**(body or {}), "unknown": 1}, **{KEY: name})
        transaction.set_rollback(True)
    same = (first.status_code, first.content) == (again.status_code, again.content) and first.status_code < 500
    marked = again.headers.get("Idempotent-Replay") == "true"
    return (
        "the same answer" if same else f"{first.status_code} {first.content!r}, then {again.status_code}",
        "marked" if marked else "not marked",
        "nothing more is told" if silent else "told again",
        f"{other.status_code} {other.json().get('code')}",
    )


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_the_same_time_is_one_deed(now: datetime) -> None:
    """Whoever comes second is told that the first is at work, or its answer; nobody does it again."""
    key = world.bearer(_token(now))
    together = Barrier(AT_ONCE)

    def press(_: int) -> tuple[int, str]:
        together.wait(60)
        answer = world.post(key, "mode", WRITES["mode_change"].body, **{KEY: "once"})
        connections.close_all()
        return answer.status_code, answer.json().get("code", "")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = set(pool.map(press, range(AT_ONCE)))
    assert said <= {(200, ""), (409, "IDEMPOTENCY_BUSY")}
    assert (200, "") in said
    assert (KeptAnswer.objects.count(), JournalEntry.objects.filter(kind="mode.changed").count()) == (1, 1)


def _token(now: datetime) -> str:
    return tokens.make(rows.user("mira"), name="test", scope=Scope.TRADE, days=1, now=now)[1]
