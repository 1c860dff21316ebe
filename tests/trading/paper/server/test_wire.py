"""The bytes of HTTP: what a client may send, in which pieces, and what comes back."""

import socket
from collections.abc import Iterator

import pytest

from tests.support.paper import STOP_SECS, PaperExchange

PING = b"GET /api/v3/ping HTTP/1.1\r\nHost: x\r\n\r\n"
TIME = b"GET /api/v3/time HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /api/v3/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def paper() -> Iterator[PaperExchange]:
    with PaperExchange() as running:
        yield running


@pytest.fixture
def wire(paper: PaperExchange) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", paper.port), timeout=STOP_SECS) as connection:
        yield connection


def everything(wire: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    parts = []
    while part := wire.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def test_requests_sent_ahead_are_answered_in_their_order(wire: socket.socket) -> None:
    wire.sendall((PING + TIME) * 100 + LAST)
    told = everything(wire)
    assert told.count(b"HTTP/1.1 200 OK\r\n") == 201
    bodies = [part.split(b"\r\n\r\n", 1)[1] for part in told.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert [b"serverTime" in body for body in bodies] == [False, True] * 100 + [False]


def test_a_request_in_single_bytes(wire: socket.socket) -> None:
    for byte in LAST:
        wire.sendall(bytes([byte]))
    assert everything(wire).endswith(b"{}")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (LAST.replace(b"GET", b"HEAD"), b"404"),
        (b"rubbish\r\n\r\n", b"400"),
        (b"GET /api/v3/ping HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n" + LAST, b"200"),
        (b"GET /api/v3/ping HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 300_000 + b"\r\n\r\n", b"431"),
        (b"POST /api/v3/order HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000, b"413"),
        (b"GET /api/v3/ping HTTP/1.0\r\n\r\n", b"200"),
        (LAST.replace(b"/ping", b"/pin%67"), b"200"),
    ],
)
def test_whatever_is_sent_gets_a_sound_answer(wire: socket.socket, sent: bytes, status: bytes) -> None:
    wire.sendall(sent)
    assert everything(wire).split(b" ")[1] == status


def test_a_head_has_no_body(wire: socket.socket) -> None:
    wire.sendall(LAST.replace(b"GET", b"HEAD"))
    head = everything(wire).lower()
    assert (head.endswith(b"\r\n\r\n"), b"content-length: 48" in head) == (True, True)


def test_a_body_in_chunks_and_a_client_that_asks_first(wire: socket.socket) -> None:
    head = b"POST /_control/price HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
    wire.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
    assert wire.recv(100).startswith(b"HTTP/1.1 100")
    body = b'{"symbol": "BTCUSDT", "price": "61000"}'
    for piece in (body[:7], body[7:]):
        wire.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
    wire.sendall(b"0\r\n\r\n")
    assert b"61000" in everything(wire)


def test_a_client_that_leaves_in_the_middle_costs_nothing(paper: PaperExchange) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", paper.port), timeout=STOP_SECS) as connection:
            connection.sendall(PING * 5 + PING[:10])
    assert paper.get("/api/v3/ping").status_code == 200
    assert "ERROR" not in paper.log()
