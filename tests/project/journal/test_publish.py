"""Publishing: one message a batch to whoever listens, and a broken broker stops nobody."""

import logging
from datetime import UTC, datetime

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from project.journal.chain import Row
from project.journal.publish import GROUP, publish, send
from project.journal.sealer import Sealed
from tests.support.paper import free_port

ROW = Row(7, 3, 1, "order.state", "order:7", {"to": "OPEN"}, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_batch_is_one_numbered_message() -> None:
    async def heard() -> dict[str, object]:
        from asgiref.sync import sync_to_async

        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        await sync_to_async(publish, thread_sensitive=False)(Sealed(41, [ROW, ROW], b""))
        return dict(await layer.receive(channel))

    message = async_to_sync(heard)()
    assert (message["type"], message["first"], message["count"]) == ("journal.sealed", 41, 2)
    assert [event["number"] for event in message["events"]] == [41, 42]  # type: ignore[attr-defined]


def test_a_broker_that_is_down_is_logged_and_survived(
    settings: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from channels_redis.pubsub import RedisPubSubChannelLayer

    dead = RedisPubSubChannelLayer(hosts=[f"redis://127.0.0.1:{free_port()}/0"])
    monkeypatch.setattr("project.journal.publish.get_channel_layer", lambda: dead)
    with caplog.at_level(logging.WARNING):
        send(GROUP, {"type": "journal.sealed"})
    assert "listeners not told" in caplog.text
