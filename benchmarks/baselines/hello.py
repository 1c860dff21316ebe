"""The least an ASGI server can do: read nothing, store nothing, say hello."""

from typing import Any

REPLY = b'{"status": "received", "id": 1}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(REPLY)).encode())]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """ASGI."""
    await receive()
    await send({"type": "http.response.start", "status": 202, "headers": HEADERS})
    await send({"type": "http.response.body", "body": REPLY})
