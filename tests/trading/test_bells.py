"""Bells on real Valkey: coalesced, cleared when heard, and harmless when the broker is down."""

import base64
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from tests.support.paper import free_port
from tests.support.plugin import SERVERS
from trading import bells

QUEUES = ("entries", "exits", "market", "misc", "sweeps")


@pytest.fixture
def broker() -> Iterator[Redis]:
    """The broker, empty."""
    with Redis.from_url(SERVERS.redis_url) as client:
        client.flushdb()
        yield client
        client.flushdb()


def waiting(broker: Redis, queue: str) -> list[tuple[str, list[Any]]]:
    """Messages of a queue, oldest first: the task and its arguments."""
    raw = [json.loads(message) for message in reversed(broker.lrange(queue, 0, -1))]  # type: ignore[arg-type]
    return [(m["headers"]["task"], json.loads(base64.b64decode(m["body"]))[0]) for m in raw]


@pytest.mark.parametrize(
    ("task", "subject", "queue", "arguments"),
    [
        ("process_inbox", 7, "entries", [7]),
        ("submit_entries", 7, "entries", [7]),
        ("submit_exits", 7, "exits", [7]),
        ("look_up", 7, "exits", [7]),
        ("reconcile_books", 7, "sweeps", [7]),
        ("answer_canary", None, "misc", []),
    ],
)
def test_a_bell_is_a_task_and_a_number_in_its_queue(
    broker: Redis, task: str, subject: int | None, queue: str, arguments: list[int]
) -> None:
    assert bells.ring(task, subject)
    assert waiting(broker, queue) == [(f"trading.{task}", arguments)]


def test_the_same_bell_rings_once_until_it_is_heard(broker: Redis) -> None:
    assert [bells.ring("process_inbox", 7) for _ in range(3)] == [True, False, False]
    assert len(waiting(broker, "entries")) == 1
    bells.heard("process_inbox", 7)
    assert bells.ring("process_inbox", 7)
    assert len(waiting(broker, "entries")) == 2


def test_bells_of_other_accounts_and_tasks_are_others(broker: Redis) -> None:
    assert all([bells.ring("process_inbox", 7), bells.ring("process_inbox", 8), bells.ring("submit_entries", 7)])
    bells.heard("process_inbox", 8)
    assert [bells.ring("process_inbox", account) for account in (7, 8)] == [False, True]


def test_a_bell_nobody_heard_may_be_rung_again_after_two_seconds(broker: Redis) -> None:
    bells.ring("process_inbox", 7)
    assert 0 < broker.pttl(bells.key("process_inbox", 7)) <= bells.COALESCE_MS  # type: ignore[operator]


def test_a_broker_that_is_down_is_logged_and_survived(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dead = Redis.from_url(f"redis://127.0.0.1:{free_port()}/0", socket_connect_timeout=1)
    monkeypatch.setattr(bells._Broker, "client", dead)
    with caplog.at_level(logging.WARNING):
        assert bells.ring("process_inbox", 7) is False
        bells.heard("process_inbox", 7)
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "bell process_inbox(7) not rung",
        "bell process_inbox(7) not cleared",
    ]


def test_a_process_names_itself() -> None:
    host, _, number = bells.process_name().rpartition(":")
    assert host
    assert int(number) > 0


def test_held_bells_ring_at_the_end_once_each(broker: Redis) -> None:
    with bells.held() as rung:
        for subject in (7, 8, 7):
            assert bells.ring("submit_entries", subject)
        assert waiting(broker, "entries") == []
        rung.discard(("submit_entries", 8))  # done by whoever held it
    assert waiting(broker, "entries") == [("trading.submit_entries", [7])]


def test_held_bells_ring_although_their_holder_fails(broker: Redis) -> None:
    def fail() -> None:
        with bells.held():
            bells.ring("submit_exits", 7)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert waiting(broker, "exits") == [("trading.submit_exits", [7])]


def test_whether_anybody_waits(broker: Redis) -> None:
    assert bells.nobody_waits("entries")
    bells.ring("process_inbox", 7)
    assert not bells.nobody_waits("entries")
    assert bells.nobody_waits("exits")
