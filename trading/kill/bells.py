"""Waiting entry bells: purged, and those that a worker may hold already revoked. Best effort: a bell carries nothing.

In the server's own protocol: its client library and Celery would weigh more than the rest of the kill process.
"""

import base64
import json
import socket
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any
from urllib.parse import unquote, urlsplit

QUEUE = "entries"
BROKER_SECS = 1.0
MOST = 1000
# Ids to revoke: a worker holds a handful, and forgets revoked ones by age anyway.
MAILBOX = "celery.pidbox"


class Refused(OSError):
    """The broker said no."""


def purge(redis_url: str) -> str:
    """Empty the queue and revoke what was in it or on its way; what came of it, in words."""
    try:
        with Broker(redis_url) as broker:
            ids = [*_ids(broker.ask("LRANGE", QUEUE, "0", str(MOST - 1))), *_taken_ids(broker.ask("HVALS", "unacked"))]
            broker.ask("DEL", QUEUE)
            heard = broker.ask("PUBLISH", broker.topic, revoking(ids)) if ids else 0
    except Refused:
        return "the broker refused"
    except OSError as error:
        return f"the broker was not reached ({type(error).__name__}): its bells find the latch"
    revoked = f", {len(ids)} revoked at {heard} workers" if ids else ""
    return f"waiting entry bells are gone{revoked}"


def _ids(waiting: Any) -> Iterator[str]:
    """Of messages as the queue keeps them; what cannot be read has no id."""
    for text in waiting or ():
        found = _id(text)
        if found:
            yield found


def _taken_ids(taken: Any) -> Iterator[str]:
    """Of messages that a worker has taken and not begun: (message, exchange, queue), every queue's."""
    for text in (taken or ())[:MOST]:
        try:
            message, _, queue = json.loads(text)
        except (ValueError, TypeError):
            continue
        if queue == QUEUE and (found := _id(json.dumps(message))):
            yield found


def _id(text: "bytes | str") -> str:
    try:
        return str(json.loads(text)["headers"]["id"])
    except (ValueError, TypeError, KeyError):
        return ""


def revoking(ids: Iterable[str]) -> str:
    """The message by which Celery's workers are told to drop tasks (kombu's mailbox, protocol of Celery 5)."""
    arguments = {"task_id": list(ids), "terminate": False, "signal": "TERM"}
    said = {"method": "revoke", "arguments": arguments, "destination": None, "pattern": None, "matcher": None}
    return json.dumps(
        {
            "body": base64.b64encode(json.dumps(said).encode()).decode(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {"clock": 1, "expires": 0},
            "properties": {
                "delivery_mode": 2,
                "delivery_info": {"exchange": MAILBOX, "routing_key": ""},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": str(uuid.uuid4()),
            },
        }
    )


class Broker:
    """One short connection. Raises OSError where the broker does not answer within a second."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._number = self._parts.path.lstrip("/") or "0"
        self.topic = f"/{self._number}.{MAILBOX}"

    def __enter__(self) -> "Broker":
        address = (self._parts.hostname or "", self._parts.port or 6379)
        self._wire = socket.create_connection(address, timeout=BROKER_SECS)
        self._answers: IO[bytes] = self._wire.makefile("rb")
        credentials = [unquote(word) for word in (self._parts.username, self._parts.password) if word]
        if credentials:
            self.ask("AUTH", *credentials)
        self.ask("SELECT", self._number)
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._wire.close()

    def ask(self, *words: str) -> Any:
        """A command and its answer: a number, bytes, None, or a list of such."""
        self._wire.sendall(_command(words))
        return _answer(self._answers)


def _command(words: Sequence[str]) -> bytes:
    encoded = [word.encode() for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)


def _answer(read: IO[bytes]) -> Any:
    line = read.readline()
    kind, rest = line[:1], line[1:].strip()
    if kind == b"-":
        raise Refused(rest.decode(errors="replace"))
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return None if rest == b"-1" else read.read(int(rest) + 2)[:-2]
    if kind == b"*":
        return [_answer(read) for _ in range(int(rest))]
    if kind == b"+":
        return rest
    raise OSError("the broker hung up")
