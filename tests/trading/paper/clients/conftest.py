"""Exchanges for the clients of this folder, and the promise that no client reaches beyond this machine."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.trading.paper.clients.venues import Running, running

HERE = ("127.0.0.1", "localhost", "::1")


@pytest.fixture(scope="package", autouse=True)
def nobody_leaves() -> Iterator[None]:
    """Whoever asks for another machine's name or connects to one fails at once."""
    patch = pytest.MonkeyPatch()
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def connected(one: socket.socket, address: Any) -> None:
        assert one.family == socket.AF_UNIX or address[0] in HERE, f"a client connects to {address}"
        connect(one, address)

    def resolved(host: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        assert name in (*HERE, None), f"a client looks for {name}"
        return resolve(host, *rest, **more)

    patch.setattr(socket.socket, "connect", connected)
    patch.setattr(socket, "getaddrinfo", resolved)
    yield
    patch.undo()


@pytest.fixture(scope="package")
def world() -> Iterator[Running]:
    """Every dialect in replay: prices move by themselves."""
    with running() as found:
        yield found


@pytest.fixture(scope="package")
def still() -> Iterator[Running]:
    """Every dialect with prices that stand until a test moves them: BTC at 30,000."""
    with running("--manual") as found:
        yield found


@pytest.fixture
def key(still: Running) -> str:
    """The key of a fresh account."""
    still.paper.price("BTCUSDT", "30000")
    return still.account()
