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


def numbers(broker: Redis, queue: str) -> list[int]:
    """The numbers that a queue's messages carry, oldest first."""
    return [json.loads(message)["headers"]["rung"] for message in reversed(broker.lrange(queue, 0, -1))]  # type: ignore[arg-type]


def test_a_bell_that_rang_before_the_same_work_began_is_seen_to(broker: Redis) -> None:
    bells.ring("process_inbox", 7)
    broker.delete(bells.key("process_inbox", 7))  # two seconds in a long queue
    bells.ring("process_inbox", 7)
    first, second = numbers(broker, "entries")
    assert bells.heard("process_inbox", 7, number=first)
    assert not bells.heard("process_inbox", 7, number=second)


def test_a_bell_that_rang_after_the_work_began_is_new_mail(broker: Redis) -> None:
    bells.ring("process_inbox", 7)
    assert bells.heard("process_inbox", 7, number=numbers(broker, "entries")[0])
    bells.ring("process_inbox", 8)  # of another account: it skips nobody's
    bells.ring("process_inbox", 7)
    assert [
        bells.heard("process_inbox", account, number=number)
        for account, number in zip((8, 7), numbers(broker, "entries")[1:], strict=True)
    ] == [True, True]


def test_a_bell_that_is_skipped_is_no_work_begun(broker: Redis) -> None:
    for _ in range(3):  # the third rings while the first works
        bells.ring("process_inbox", 7)
        broker.delete(bells.key("process_inbox", 7))
    first, second, _ = numbers(broker, "entries")
    assert bells.heard("process_inbox", 7, number=first)
    bells.ring("process_inbox", 7)
    late = numbers(broker, "entries")[-1]
    assert [bells.heard("process_inbox", 7, number=number) for number in (second, late)] == [False, True]


def test_a_bell_without_a_number_and_a_broker_that_forgot_all_are_heard(broker: Redis) -> None:
    bells.ring("process_inbox", 7)
    assert bells.heard("process_inbox", 7)
    broker.flushdb()
    bells.ring("process_inbox", 7)
    assert bells.heard("process_inbox", 7, number=numbers(broker, "entries")[0])


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
    mine = ("submit_entries", 7)
    assert bells.nobody_waits("entries", *mine)
    bells.ring("process_inbox", 8)
    assert not bells.nobody_waits("entries", *mine)
    assert bells.nobody_waits("exits", *mine)
    broker.delete("entries")  # somebody took it
    assert bells.nobody_waits("entries", *mine)
    bells.ring(*mine)
    broker.delete("entries")
    assert not bells.nobody_waits("entries", *mine)
