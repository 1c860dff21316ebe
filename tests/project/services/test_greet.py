"""The greeter waits for both servers, makes the roles, and tells what it found."""

import json

import pytest

from project.services import greet, greeting, ports, server_answers
from project.services.greeting import Task
from tests.project.services.recovering import recovering
from tests.support.plugin import SERVERS

WELL = Task(
    database_url=SERVERS.cluster.url("engine", database="postgres"),
    database_secs=10,
    redis_url=SERVERS.redis_url,
    redis_secs=10,
    access=SERVERS.cluster.access,
)


def outcome(task: Task, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    for name, value in task.variable().items():
        monkeypatch.setenv(name, value)
    assert greet.main() == 0
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("access", [WELL.access, None])
def test_a_task_survives_its_way_through_the_environment(access: object) -> None:
    task = Task("postgresql://x", 1.5, "redis://y", 2.5, WELL.access if access else None)
    assert greeting.task(task.variable()) == task


def test_both_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(WELL, monkeypatch, capsys) == {"postgres": "", "valkey": ""}


def test_one_is_silent(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    silent = Task(WELL.database_url, 10, f"redis://127.0.0.1:{ports.free_port()}/0", 0, None)
    found = outcome(silent, monkeypatch, capsys)
    assert found["postgres"] == ""
    assert "refused" in found["valkey"] or "connecting" in found["valkey"]


async def test_a_database_that_recovers_is_given_more_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(greet, "TOLD_SECS", 0.25)
    monkeypatch.setattr(greet, "RECOVERY_SECS", 0.5)
    with recovering() as url:
        reason = await greet.database_answers(Task(url, 0, WELL.redis_url, 10, None))
    assert "the database system is starting up" in reason
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2  # 2 × 0.25 = 0.5
    assert "starting up" in told[0]
    assert told[0].endswith("waiting for it, up to 0.5 s")


async def test_one_that_has_recovered_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with recovering() as url:
        replies = iter(["starting up", "starting up", ""])

        async def reply(_: str) -> str:
            return next(replies)

        monkeypatch.setattr(server_answers, "postgres_answers", reply)
        assert await greet.database_answers(Task(url, 0, WELL.redis_url, 10, None)) == ""


async def test_one_that_is_not_there_is_given_none(capsys: pytest.CaptureFixture[str]) -> None:
    url = f"postgresql://engine@127.0.0.1:{ports.free_port()}/x"
    assert "refused" in await greet.database_answers(Task(url, 0, WELL.redis_url, 10, None))
    assert capsys.readouterr().err == ""
