"""The greeter waits for both servers, makes the roles, and tells what it found."""

import json

import pytest

from project.services import greet, greeting, ports
from project.services.greeting import Task
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
