"""Listeners count whole frames, however the bytes arrive."""

import asyncio
import time
from unittest.mock import Mock

import pytest

from benchmarks.listeners import Audience, Listener

SHAKEN = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def frame(text: bytes, opcode: int = 1) -> bytes:
    size = bytes([len(text)]) if len(text) < 126 else b"\x7e" + len(text).to_bytes(2, "big")
    return bytes([0x80 | opcode]) + size + text


def told(ago: float, padding: int) -> bytes:
    return b'{"e":"trade","E":%d,"x":"%s"}' % ((time.time() - ago) * 1000, b"x" * padding)


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_frames_in_pieces(piece: int) -> None:
    async def heard() -> Listener:
        audience = Audience()
        listener = Listener(audience, "/ws/x")
        listener.connection_made(Mock())
        audience.expect(3)
        data = SHAKEN + frame(told(1, 0)) + frame(b"ping", 9) + frame(told(1, 200)) + frame(told(1, 125))
        for start in range(0, len(data), piece):
            listener.data_received(data[start : start + piece])
        await asyncio.wait_for(audience.complete.wait(), 60)
        return listener

    listener = asyncio.run(heard())
    assert (listener.frames, len(listener.late)) == (3, 3)
    assert min(listener.late) >= 0.9


def test_a_refused_socket_is_an_error() -> None:
    listener = Listener(Audience(), "/nowhere")
    with pytest.raises(ConnectionRefusedError):
        listener.data_received(b"HTTP/1.1 403 Forbidden\r\n\r\n")
