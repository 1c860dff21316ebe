"""What is refused before anything is started."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from project.services import checks, options, ports
from project.services.errors import DiskFull, HomeClosed, PortTaken
from project.services.options import PORTS, Options


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody listens on."""
    with socket.create_server(("127.0.0.1", ports.free_port())) as server:
        yield server.getsockname()[1]


def chosen(home: Path, **changed: str) -> Options:
    """Options with free ports, but for the changed ones."""
    free = {port.variable: str(ports.free_port()) for port in PORTS}
    return options.from_environ({"WINDLASS_HOME": str(home)} | free | changed)


def test_free_ports_pass(tmp_path: Path) -> None:
    checks.free_ports(chosen(tmp_path))


def test_a_taken_port_names_its_holder_and_the_variable(tmp_path: Path, taken: int) -> None:
    with pytest.raises(PortTaken) as refused:
        checks.free_ports(chosen(tmp_path, WINDLASS_DOOR_PORT=str(taken)))
    words = str(refused.value)
    assert words.startswith(f"Port {taken} for the webhooks is taken by ")
    assert "choose another port, here or for good in .env: WINDLASS_DOOR_PORT=" in words


def test_all_taken_ports_are_told_at_once(tmp_path: Path, taken: int) -> None:
    both = {"WINDLASS_DOOR_PORT": str(taken), "WINDLASS_WEB_PORT": str(taken)}
    with pytest.raises(PortTaken) as refused:
        checks.free_ports(chosen(tmp_path, **both))
    words = str(refused.value)
    assert f"; port {taken} for the dashboard is taken by" in words
    found = re.search(r"WINDLASS_DOOR_PORT=(\d+) WINDLASS_WEB_PORT=(\d+) make up$", words)
    assert found is not None
    assert found[1] != found[2]


def test_a_port_we_do_not_need_may_be_taken(tmp_path: Path, taken: int) -> None:
    given = {"REDIS_URL": "redis://elsewhere/0", "WINDLASS_VALKEY_PORT": str(taken)}
    checks.free_ports(chosen(tmp_path, **given))


def test_the_holder_of_a_port_is_named(taken: int) -> None:
    assert ports.holder(taken).startswith("py")  # this very test
    assert ports.holder(ports.free_port()) == "another program"


def test_a_free_port_is_free_and_below_the_outgoing_ones() -> None:
    port = ports.free_port()
    assert ports.is_free(port)
    assert port in range(20000, 32768)


def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "WANTED_MB", 10**12)
    with pytest.raises(DiskFull, match=f"MB are free at {tmp_path}; 1000000000000 MB are wanted"):
        checks.disk(chosen(tmp_path))


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HomeClosed, match="cannot be used: Not a directory"):
        checks.home(chosen(tmp_path / "file" / "home"))


def test_enough_disk_passes(tmp_path: Path) -> None:
    checks.disk(chosen(tmp_path))
