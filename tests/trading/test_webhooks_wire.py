"""The door's ends: lifespan, bodies in pieces, senders that stall or leave, bells that cannot be rung."""

import asyncio
from typing import Any

import pytest

from signals.strict_json import MAX_BYTES
from tests.trading.doors import TOKEN, alerts, aside, digest, make_source, open_door, rows
from trading import webhook_replies, webhooks
from trading.services import kill_door
from trading.webhooks import Bells, build

pytestmark = pytest.mark.django_db(transaction=True)

SCOPE = {"type": "http", "method": "POST", "path": f"/webhooks/{TOKEN}", "headers": [], "client": None}
BUY = b'{"symbol": "BTCUSDT", "action": "buy"}'


def piece(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def exchange(*messages: dict[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    """Send ASGI messages to a door, the last of them for ever after; the status, and what was asked for but not sent."""
    left, sent = list(messages), []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return left.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async with open_door() as visitor:
        await visitor.door(SCOPE, receive, send)
    return sent[0]["status"], left


async def test_a_body_in_pieces_is_one_body():
    await aside(make_source)
    status, _ = await exchange(piece(BUY[:9], more=True), piece(BUY[9:], more=True), piece(b"", more=False))
    assert status == 202
    assert (await alerts())[0]["raw"] == BUY.decode()


async def test_a_large_body_is_read_to_its_end_so_that_the_answer_is_seen():
    status, left = await exchange(piece(b"x" * MAX_BYTES, more=True), piece(b"xx", more=True), piece(b"x", more=False))
    assert (status, left) == (413, [])


async def test_a_boundless_body_is_not():
    status, left = await exchange(*[piece(b"x" * 300_000, more=True)] * 9)
    assert (status, len(left)) == (413, 5)  # 4 × 300,000 bytes are more than 1 MiB


async def test_a_body_cut_short_is_not_taken_for_an_alert():
    await aside(make_source)
    status, _ = await exchange(piece(BUY, more=True), {"type": "http.disconnect"})
    assert status == 400
    assert await alerts() == []


async def test_a_sender_that_stalls_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(webhook_replies, "BODY_TIMEOUT_SECS", 0.05)
    answers: list[int] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: dict[str, Any]) -> None:
        answers.append(message.get("status", 0))

    async with open_door() as visitor:
        await visitor.door(SCOPE, receive, send)
    assert answers[0] == webhook_replies.TOO_SLOW.status == 408


async def test_a_button_that_stalls_is_not_waited_for(monkeypatch, tmp_path):
    monkeypatch.setattr(webhook_replies, "BODY_TIMEOUT_SECS", 0.05)
    monkeypatch.setattr(webhooks, "home", lambda: tmp_path)
    kill_door.pair(tmp_path)
    answers: list[int] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return piece(b"x", more=True)

    async def send(message: dict[str, Any]) -> None:
        answers.append(message.get("status", 0))

    async with open_door() as visitor:
        await asyncio.wait_for(visitor.door({**SCOPE, "path": kill_door.PATH}, receive, send), timeout=5)
    assert answers[0] == webhook_replies.TOO_SLOW.status == 408


@pytest.mark.parametrize(
    ("encoding", "status", "counted"),
    [
        ("gzip", 415, ["BODY_COMPRESSED"]),
        ("BR", 415, ["BODY_COMPRESSED"]),
        ("deflate, gzip", 415, ["BODY_COMPRESSED"]),
        ("identity", 202, []),
        ("utf-8", 202, []),  # some senders write the character set here
    ],
)
async def test_a_compressed_body_is_refused_by_that_name(encoding, status, counted):
    await aside(make_source)
    async with open_door() as visitor:
        reply = await visitor.post(body=BUY, content_encoding=encoding)
    assert (reply.status_code, [reply.json()["code"]] if counted else []) == (status, counted)
    assert [row["reason"] for row in await rows("SELECT reason FROM signals_refusal")] == counted


async def test_lifespan_opens_and_closes_and_loses_no_count():
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[str] = asyncio.Queue()

    async def send(message: dict[str, Any]) -> None:
        await said.put(message["type"])

    door = build(lambda account: None)
    life = asyncio.create_task(door({"type": "lifespan"}, events.get, send))
    await events.put({"type": "lifespan.startup"})
    assert await said.get() == "lifespan.startup.complete"
    assert door.directory.senders is not None
    replies: list[Any] = []

    async def reply(message: dict[str, Any]) -> None:
        replies.append(message)

    async def receive() -> dict[str, Any]:
        return piece(BUY, more=False)

    await door(SCOPE, receive, reply)
    await events.put({"type": "lifespan.shutdown"})
    assert await said.get() == "lifespan.shutdown.complete"
    await life
    assert replies[0]["status"] == 401
    assert [(r["reason"], r["count"]) for r in await rows("SELECT * FROM signals_refusal")] == [
        ("WRONG_CREDENTIALS", 1)
    ]


async def test_bells_coalesce_and_a_broken_one_stops_nothing():
    rung: list[int] = []
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ring(account: int) -> None:
        rung.append(account)
        loop.call_soon_threadsafe({1: bells.gather}.get(account, lambda _: done.set()), frozenset({2}))
        raise ConnectionError("no broker")

    bells = Bells(ring)
    bells.gather(frozenset({1}))
    bells.gather(frozenset({1}))
    await done.wait()
    assert rung == [1, 2]


async def test_a_key_that_the_vault_cannot_open_locks_its_source_only(caplog):
    await aside(make_source, hmac_sealed=b"damaged", hmac_required=True)
    await aside(make_source, name="other", token_hash=digest("o" * 43))
    async with open_door() as visitor:
        locked = await visitor.post(body=BUY)
        other = await visitor.post("/webhooks/" + "o" * 43, BUY)
    assert (locked.status_code, other.status_code) == (401, 202)
    assert "stays closed" in caplog.text


async def test_an_address_list_with_a_typing_error_opens_to_nobody():
    await aside(make_source, allowed_ips=["198.51.100.7/99"])
    async with open_door() as visitor:
        reply = await visitor.post(body=BUY)
    assert reply.status_code == 401
