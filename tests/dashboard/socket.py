"""A browser's side of the live socket, in process (channels' own would need daphne)."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

PATIENCE = 60.0  # seconds; frames come within 0.2 s, on an idle machine


class Socket:
    """Speaks the WebSocket messages of ASGI to an application."""

    def __init__(self, application: Any, *, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        path, _, query = path.partition("?")
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "subprotocols": [],
        }
        self._channel = ApplicationCommunicator(application, scope)

    async def connect(self) -> bool:
        """Whether the handshake was accepted."""
        await self._channel.send_input({"type": "websocket.connect"})
        return (await self.output())["type"] == "websocket.accept"

    async def output(self) -> dict[str, Any]:
        """The next message, whatever it is."""
        return dict(await self._channel.receive_output(PATIENCE))

    async def receive(self) -> dict[str, Any]:
        """The next frame."""
        return dict(json.loads((await self.output())["text"]))

    async def send(self, said: str | bytes) -> None:
        """Something a browser says, in a frame of text or of bytes."""
        kind = "text" if isinstance(said, str) else "bytes"
        await self.event("websocket.receive", **{kind: said})

    async def event(self, name: str, **fields: Any) -> None:
        """Whatever the server may tell an application."""
        await self._channel.send_input({"type": name, **fields})

    async def until(self, part: str) -> dict[str, Any]:
        """The next frame that changes a part; ticks of the health bar come in between."""
        message = await self.receive()
        while part not in message["parts"]:
            message = await self.receive()
        return message

    async def until_closed(self) -> int:
        """The code that it is closed with."""
        message = await self.output()
        while message["type"] != "websocket.close":
            message = await self.output()
        return int(message["code"])

    async def disconnect(self) -> None:
        """Leave, and wait until the consumer has tidied up."""
        await self.event("websocket.disconnect", code=1000)
        await self.ended()

    async def ended(self) -> None:
        """Wait for the application. Raises what it failed with."""
        await self._channel.wait(PATIENCE)
