"""The door for the remote button: a signed kill latches once, a signed heartbeat is answered, silence pauses entries."""

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from project.accounts import latch, mode
from project.settings import environment
from trading import webhooks
from trading.kill import places
from trading.kill.places import HEARTBEAT, HOLDINGS, Holdings, written_holdings
from trading.kill.signing import signature
from trading.kill.watch import remembered
from trading.services import emergency, kill_door
from trading.webhook_replies import Reply

NOW = 1_700_000_000.0


@pytest.fixture(autouse=True)
def watched(tmp_path: Path) -> Iterator[None]:
    """A kill process watches, so none is started."""
    with places.only_watcher(tmp_path):
        yield


def said(home: Path, body: Mapping[str, Any] | bytes, *, secret: str = "", at: float = NOW, now: float = NOW) -> Reply:
    raw, stamp = body if isinstance(body, bytes) else json.dumps(body).encode(), str(int(at))
    given = signature(secret or kill_door.pair(home), stamp, raw)
    return kill_door.heard(home, {b"x-timestamp": stamp.encode().decode(), b"x-signature": given}, raw, now=now)


def kill(home: Path, number: str = "0123456789abcdef", **more: Any) -> Reply:
    return said(home, {"action": "kill", "id": number, "operator": "pi", "reason": "pressed"}, **more)


def test_a_signed_kill_sets_the_latch(tmp_path: Path) -> None:
    assert kill(tmp_path).status == 202
    found = latch.read(tmp_path)
    assert found is not None
    assert (found.operator, found.reason, found.source) == ("pi", "pressed", "remote")


@pytest.mark.parametrize("wrong", [{"secret": "guessed"}, {"at": NOW - 301}, {"at": NOW + 301}])
def test_anything_else_sets_nothing(tmp_path: Path, wrong: dict[str, Any]) -> None:
    kill_door.pair(tmp_path)
    assert kill(tmp_path, **wrong).status == 401
    assert not latch.is_set(tmp_path)


def test_the_same_message_again_does_not_undo_a_persons_leaving(tmp_path: Path) -> None:
    kill(tmp_path)
    latch.lift(tmp_path)
    assert kill(tmp_path).body["status"] == "lifted since"
    assert not latch.is_set(tmp_path)
    assert kill(tmp_path, "fedcba9876543210").body["status"] == "latched"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nonsense", b"{}", b'{"action":"kill"}', b'{"action":"sing","id":"0123456789"}']
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, body: bytes) -> None:
    assert said(tmp_path, body).status == 422
    assert not latch.is_set(tmp_path)


def test_a_heartbeat_is_answered_with_what_a_kill_must_know(tmp_path: Path) -> None:
    (tmp_path / HEARTBEAT).write_text('{"mode": "NORMAL"}')
    (tmp_path / HOLDINGS).write_text(written_holdings({1: Holdings()}))
    answer = said(tmp_path, {"action": "beat", "id": "0123456789"})
    assert answer.status == 200
    files = remembered(json.dumps(answer.body))
    assert json.loads(files[HEARTBEAT]) == {"mode": "NORMAL"}
    assert json.loads(files[HOLDINGS]) == json.loads(written_holdings({1: Holdings()}))


@pytest.mark.parametrize("answer", ["", "[]", "{}", '{"mode": "NORMAL", "holdings": 7}'])
def test_an_answer_that_cannot_be_read_replaces_nothing(answer: str) -> None:
    assert remembered(answer) == {}


async def test_without_a_secret_there_is_no_such_page(tmp_path: Path) -> None:
    answer = await kill_door.answer({"method": "POST", "headers": []}, _nothing, tmp_path)
    assert answer.status == 404
    kill_door.pair(tmp_path)
    assert (await kill_door.answer({"method": "GET", "headers": []}, _nothing, tmp_path)).status == 405
    assert (await kill_door.answer({"method": "POST", "headers": []}, _nothing, tmp_path)).status == 401


async def test_the_door_itself_answers_without_a_database(tmp_path: Path, settings: Any) -> None:
    settings.WINDLASS = replace(django_settings.WINDLASS, home=tmp_path)
    raw, stamp = b'{"action": "kill", "id": "0123456789abcdef"}', str(int(time.time()))
    headers = [
        (b"x-timestamp", stamp.encode()),
        (b"x-signature", signature(kill_door.pair(tmp_path), stamp, raw).encode()),
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    door = webhooks.build(lambda _: None)
    await door({"type": "http", "path": "/kill", "method": "POST", "headers": headers}, receive, send)
    assert sent[0]["status"] == 202
    assert latch.is_set(tmp_path)


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("paired", "age", "mode_before", "mode_after"),
    [
        (False, 3600, "NORMAL", "NORMAL"),
        (True, 5, "NORMAL", "NORMAL"),
        (True, 60, "NORMAL", "PAUSED"),
        (True, 60, "REDUCED", "REDUCED"),
    ],
)
def test_silence_pauses_entries(
    tmp_path: Path, settings: Any, paired: bool, age: int, mode_before: str, mode_after: str
) -> None:
    settings.WINDLASS = replace(django_settings.WINDLASS, home=tmp_path)
    mode.change(mode_before, operator="mira", reason="test")
    for make in [kill_door.pair] * paired:
        make(tmp_path)
    (tmp_path / kill_door.BEAT).touch()
    heard = time.time() - age
    os.utime(tmp_path / kill_door.BEAT, (heard, heard))
    emergency.pause_when_unwatched(tmp_path, now=datetime.now(UTC))
    assert mode.current().mode == mode_after


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "mode_after"), [(5, "NORMAL"), (60, "PAUSED")])
def test_a_button_that_was_never_heard_is_silent_since_it_was_paired(
    tmp_path: Path, settings: Any, age: int, mode_after: str
) -> None:
    settings.WINDLASS = replace(django_settings.WINDLASS, home=tmp_path)
    mode.change("NORMAL", operator="mira", reason="test")
    kill_door.pair(tmp_path)
    at = time.time() - age
    os.utime(tmp_path / kill_door.SECRET, (at, at))
    emergency.pause_when_unwatched(tmp_path, now=datetime.now(UTC))
    assert mode.current().mode == mode_after


def test_the_proxy_of_the_readme_lets_the_button_through() -> None:
    text = (environment.BASE_DIR / "README.md").read_text(encoding="utf-8")
    [location] = re.findall(r"location ~ (\S+) {", text)
    assert [path for path in (kill_door.PATH, "/webhook", "/health/live") if not re.fullmatch(location, path)] == []
