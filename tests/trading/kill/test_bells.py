"""Waiting bells of entries are purged and revoked, in words that Celery's own workers understand; other queues are left alone."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from redis import Redis

from trading.kill import bells

PATIENCE_SECS = 60


@pytest.fixture
def broker() -> Iterator[Redis]:
    client = Redis.from_url(settings.REDIS_URL)
    client.delete("entries", "exits", "unacked")
    yield client
    client.delete("entries", "exits", "unacked")
    client.close()


@pytest.fixture
def mailbox(broker: Redis) -> Iterator[Any]:
    """What workers are told."""
    heard = broker.pubsub(ignore_subscribe_messages=True)
    heard.subscribe("/0.celery.pidbox")
    heard.get_message(timeout=PATIENCE_SECS)
    yield heard
    heard.close()


def told(mailbox: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The next message and what it says."""
    message = None
    while message is None:
        message = mailbox.get_message(timeout=PATIENCE_SECS)
    envelope = json.loads(message["data"])
    return envelope, json.loads(base64.b64decode(envelope["body"]))


def test_what_waits_is_purged_and_revoked(broker: Redis, mailbox: Any) -> None:
    rung = current_app.send_task("trading.process_inbox", args=(7,), retry=False)
    current_app.send_task("trading.submit_exits", args=(7,), retry=False)
    assert bells.purge(settings.REDIS_URL).startswith("waiting entry bells are gone, 1 revoked")
    assert (broker.llen("entries"), broker.llen("exits")) == (0, 1)
    _, said = told(mailbox)
    assert (said["method"], said["arguments"]["task_id"]) == ("revoke", [rung.id])


def test_it_says_what_celery_says(mailbox: Any) -> None:
    current_app.control.revoke(["a"])
    theirs, words = told(mailbox)
    ours = json.loads(bells.revoking(["a"]))
    assert json.loads(base64.b64decode(ours["body"])).keys() == words.keys()
    assert ours.keys() == theirs.keys()
    assert ours["properties"].keys() == theirs["properties"].keys()
    assert ours["content-type"] == theirs["content-type"]


def test_what_a_worker_has_taken_is_revoked_too(broker: Redis, mailbox: Any) -> None:
    for queue, name in (("entries", "ours"), ("exits", "theirs")):
        broker.hset("unacked", name, json.dumps([{"headers": {"id": name}}, "", queue]))
    broker.hset("unacked", "odd", b"\xff")
    bells.purge(settings.REDIS_URL)
    assert told(mailbox)[1]["arguments"]["task_id"] == ["ours"]


def test_nothing_waits_and_nobody_is_told(broker: Redis) -> None:
    assert bells.purge(settings.REDIS_URL) == "waiting entry bells are gone"


@pytest.mark.parametrize(
    ("url", "words"),
    [("redis://127.0.0.1:1/0", "the broker was not reached (ConnectionRefusedError): its bells find the latch")],
)
def test_a_broker_that_is_away_holds_nobody_up(url: str, words: str) -> None:
    assert bells.purge(url) == words
