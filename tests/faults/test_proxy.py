"""The misbehaving proxy: what is sent arrives whole, late, cut, doubled, or never, and afterwards all is well again."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from tests.faults.proxy import Proxies, Proxy, Trouble

PATIENCE_SECS = 60.0
ANSWER = b"0123456789"


class Answers(socketserver.BaseRequestHandler):
    """Answers ten bytes to whatever comes."""

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            while self.request.recv(100):
                self.request.sendall(ANSWER)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Server(("127.0.0.1", 0), Answers) as server, Proxies() as proxies:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield proxies.to(server.server_address[1])
        server.shutdown()
        thread.join(PATIENCE_SECS)


def connected(proxy: Proxy, *, patience: float = PATIENCE_SECS) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=patience)


def received(proxy: Proxy, size: int) -> bytes:
    """What comes back to one question, as far as it goes."""
    with connected(proxy) as wire:
        wire.sendall(b"?")
        return take(wire, size)


def take(wire: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size and (chunk := wire.recv(size - len(found))):
        found += chunk
    return found


@pytest.mark.parametrize(
    ("trouble", "answer"),
    [
        (Trouble(), ANSWER),
        (Trouble(delay_ms=5), ANSWER),
        (Trouble(double=True), ANSWER * 2),
    ],
    ids=["well", "late", "doubled"],
)
def test_an_answer_comes_as_the_trouble_says(proxy: Proxy, trouble: Trouble, answer: bytes) -> None:
    proxy.trouble = trouble
    assert received(proxy, len(answer)) == answer


@pytest.mark.parametrize("trouble", [Trouble(cut_after=0), Trouble(cut_after=3), Trouble(refuse=True)], ids=str)
def test_a_connection_is_reset(proxy: Proxy, trouble: Trouble) -> None:
    proxy.trouble = trouble
    with pytest.raises(ConnectionError):
        received(proxy, len(ANSWER))


def test_an_open_connection_is_reset_on_demand_and_a_new_one_is_well(proxy: Proxy) -> None:
    with connected(proxy) as wire:
        wire.sendall(b"?")
        assert take(wire, 10) == ANSWER
        proxy.reset()
        with pytest.raises(ConnectionError):
            wire.recv(1)
    assert received(proxy, 10) == ANSWER


def test_half_open_nothing_comes_and_healing_resets_it(proxy: Proxy) -> None:
    proxy.trouble = Trouble(silent=True)
    with connected(proxy) as wire:
        wire.sendall(b"?")
        wire.settimeout(0.2)
        with pytest.raises(TimeoutError):
            wire.recv(1)
        wire.settimeout(PATIENCE_SECS)
        proxy.heal()
        with pytest.raises(ConnectionError):
            wire.recv(1)
    assert received(proxy, 10) == ANSWER
