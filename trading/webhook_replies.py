"""What the door tells its senders, and the two ends of an HTTP exchange in ASGI."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import asdict, dataclass
from typing import Any

from signals.formats import FormatRefused
from signals.strict_json import MAX_BYTES

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_TIMEOUT_SECS = 5.0
DRAINED_BYTES = 1024 * 1024
# Of a body that is too large this much is read and dropped, so that its sender sees our answer and not a broken pipe.


@dataclass(frozen=True, slots=True)
class Reply:
    """What the sender is told."""

    status: int
    body: Mapping[str, Any]
    headers: tuple[tuple[bytes, bytes], ...] = ()


class TurnedAway(Exception):
    """Ends a delivery with a reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refusal(status: int, code: str, message: str, *, retry_secs: int = 0, **more: Any) -> Reply:
    """A coded no."""
    headers = ((b"retry-after", str(retry_secs).encode()),) if retry_secs else ()
    return Reply(status, {"status": "refused", "code": code, "message": message, **more}, headers)


def unreadable(error: FormatRefused) -> Reply:
    """422 with what is wrong with each field."""
    errors = [asdict(wrong) for wrong in error.errors]
    return refusal(422, error.code, error.message, errors=errors, nearest_format=error.nearest)


NOT_FOUND = refusal(404, "NOT_FOUND", "There is nothing here. Alerts go to /webhooks/<token> or /webhooks/tradingview.")
POST_ONLY = Reply(
    405,
    {"status": "refused", "code": "METHOD_NOT_ALLOWED", "message": "Alerts are sent with POST."},
    ((b"allow", b"POST"),),
)
UNAUTHORIZED = refusal(
    401,
    "UNAUTHORIZED",
    "The token, secret, key, signature or address was not accepted. Compare with the source's page.",
)
TOO_LARGE = refusal(413, "BODY_TOO_LARGE", f"The body is larger than {MAX_BYTES} bytes. No alert needs that.")
TOO_SLOW = refusal(408, "BODY_TOO_SLOW", f"The body did not arrive within {BODY_TIMEOUT_SECS:g} s.")
COMPRESSED = refusal(415, "BODY_COMPRESSED", "Compressed bodies are not read: send this without Content-Encoding.")
CUT_SHORT = refusal(400, "BODY_CUT_SHORT", "The connection ended before the body did.")
STARTING = refusal(503, "DATABASE_DOWN", "The sources cannot be read right now. Send this again.", retry_secs=1)
INTERNAL = refusal(503, "INTERNAL", "Something unforeseen happened; it is in the log. Send this again.", retry_secs=5)
ID_REUSED = refusal(
    409,
    "ID_REUSED",
    "This id came before with another body. An id names one alert for ever; {{strategy.order.id}} does not.",
)


def headers_of(scope: Scope) -> Mapping[bytes, str]:
    """The request's headers; one that comes in several lines, as each proxy may write its own, is one list."""
    headers: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        text = value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


async def read_body(receive: Receive) -> bytes | None:
    """The whole body, or None when it is larger than MAX_BYTES. Raises TurnedAway: too slow, or its sender went away."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_SECS):
            return await _whole(receive)
    except TimeoutError:
        raise TurnedAway(TOO_SLOW) from None


async def _whole(receive: Receive) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise TurnedAway(CUT_SHORT)
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= MAX_BYTES:
            chunks.append(chunk)
        if not message.get("more_body", False) or size > DRAINED_BYTES:
            return b"".join(chunks) if size <= MAX_BYTES else None


async def respond(reply: Reply, send: Send) -> None:
    """Send a reply as JSON."""
    body = json.dumps(reply.body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
