"""A request and a reply, as every dialect sees them."""

import json
from dataclasses import dataclass
from typing import Any

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; query, body and raw path are the bytes that were signed.

    arrived_ms is when it came, by the exchange's own clock: its timestamp is judged by that.
    """

    method: str
    path: str
    query: bytes
    body: bytes
    headers: dict[bytes, bytes]
    raw_path: bytes = b""
    arrived_ms: int = 0

    def header(self, name: bytes) -> str:
        """A header's text, empty if absent; names in lower case."""
        return self.headers.get(name, b"").decode("latin-1")


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply."""

    status: int
    body: bytes
    content_type: bytes = b"application/json;charset=UTF-8"
    headers: tuple[tuple[bytes, bytes], ...] = ()


def json_reply(content: Any, *, status: int = 200) -> Reply:
    """A reply whose body is this content as JSON."""
    return Reply(status=status, body=_encode(content).encode())
