"""I10's judge is told lies: a secret in a log line, in a message, in a message's packed body. Each must be caught."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.stack import Stack
from tests.faults.lab import Lab, shapes_of

TOKEN, SECRET, KEY = "tok-Zb81fQ", "sec-9aTTw0-x", "key-55Q-abcdef"
PLANTED = (TOKEN, SECRET, KEY)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A stack's folder with nothing wrong in it; nothing runs."""
    home = tmp_path / "home"
    for folder in ("logs", "valkey/appendonlydir", "paper"):
        (home / folder).mkdir(parents=True)
    (home / "paper" / "keys.json").write_text(json.dumps([{"key": "public", "secret": KEY}]))
    (home / "first-source.json").write_text(json.dumps({"token": TOKEN, "secret": SECRET}))  # where it belongs
    (home / "logs" / "door.log").write_text("alert 1 taken, token ***\n")
    (home / "valkey" / "appendonlydir" / "appendonly.aof").write_bytes(b"\xff\x00 windlass:bell 7")
    made = Stack(home, ports={})
    made.log_path.write_text("Windlass is up\n")
    nobody: Any = None
    return Lab(made, {}, nobody, {"binance": {"token": TOKEN, "secret": SECRET}})


def test_nothing_leaks_where_nothing_is_wrong(lab: Lab) -> None:
    assert lab.leaks() == []


@pytest.mark.parametrize("secret", PLANTED)
@pytest.mark.parametrize("place", ["logs/door.log", "logs/sweeps.log.1", "valkey/appendonlydir/appendonly.aof"])
def test_a_secret_in_a_log_or_a_message_is_caught_and_its_file_named(lab: Lab, place: str, secret: str) -> None:
    with (lab.stack.home / place).open("ab") as file:
        file.write(f"args: ('{secret}',)\n".encode())
    assert lab.leaks() == [Path(place).name]


@pytest.mark.parametrize("secret", PLANTED)
@pytest.mark.parametrize("before", ["", "1", "12", "123", '[["'])
def test_a_secret_in_a_packed_body_is_caught_wherever_it_stands(lab: Lab, secret: str, before: str) -> None:
    body = base64.b64encode(f'{before}{secret}"], {{}}]'.encode())
    with (lab.stack.home / "valkey" / "appendonlydir" / "appendonly.aof").open("ab") as file:
        file.write(b'{"body": "' + body + b'"}')
    assert lab.leaks() == ["appendonly.aof"]


def test_what_the_supervisor_printed_counts_too(lab: Lab) -> None:
    lab.stack.log_path.write_text(f"Webhook http://127.0.0.1:8081/webhooks/{TOKEN}\n")
    assert lab.leaks() == [lab.stack.log_path.name]


def test_other_texts_share_no_shape_with_a_secret() -> None:
    assert all(len(shape) >= len(TOKEN) - 2 for shape in shapes_of(TOKEN))
    assert shapes_of(TOKEN).isdisjoint(shapes_of(SECRET))
