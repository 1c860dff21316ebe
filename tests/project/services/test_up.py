"""The whole stack, started for real on free ports: banner, secrets, the second start, the end."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from project.services import options, ports, startup, up
from project.services.options import BASE_DIR, PORTS
from project.services.terminal import Terminal
from tests.project.services.test_supervisor import gone, linux_only

PATIENCE_SECS = 240.0
# A first start takes 10 s on two idle cores; tests share theirs.


class Listened(Terminal):
    """A terminal whose text can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._news: asyncio.Queue[str] = asyncio.Queue()

    def plain(self, text: str) -> None:
        """Keep the text."""
        self.texts.append(text)
        self._news.put_nowait(text)

    async def until(self, part: str) -> str:
        """Wait for a text that holds the part."""
        async with asyncio.timeout(PATIENCE_SECS):
            while part not in (text := await self._news.get()):
                continue
        return text


def environ(home: Path, **changed: str) -> dict[str, str]:
    """A user's shell: free ports, no servers of his own, no demo."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    free = {port.variable: str(ports.free_port()) for port in PORTS}
    return kept | free | {"WINDLASS_HOME": str(home), "DEMO": "0"} | changed


async def start(variables: dict[str, str], terminal: Listened) -> int:
    """`make up` with these variables."""
    return await up.run(options.from_environ(variables), variables, terminal)


async def start_and_stop(variables: dict[str, str], terminal: Listened) -> int:
    """`make up`, and Ctrl-C after the banner."""
    running = asyncio.create_task(start(variables, terminal))
    await terminal.until("Windlass is up")
    os.kill(os.getpid(), signal.SIGINT)
    return await running


@pytest.mark.stack
async def test_from_nothing_to_the_banner_and_on_again(reachable: Path) -> None:
    variables, first, second = environ(reachable), Listened(), Listened()
    assert await start_and_stop(variables, first) == 0
    login = (reachable / "first-login").read_text().strip().splitlines()[-1].split()[-1]
    token = json.loads((reachable / "first-source.json").read_text())["token"]
    flower = (reachable / "flower-login").read_text().strip().partition(":")[2]
    banner = next(text for text in first.texts if "Windlass is up" in text)
    assert login in banner
    assert token in banner
    logs = "".join(path.read_text() for path in (reachable / "logs").iterdir())
    assert not [secret for secret in (login, token, flower) if secret in logs]
    assert not (reachable / "stack.json").exists()
    assert not [text for text in first.texts if "ended (" in text]  # nothing had to be started again

    assert await start_and_stop(variables, second) == 0
    assert not [secret for secret in (login, token) if secret in "".join(second.texts)]  # shown the first time only


@pytest.mark.stack
@linux_only
def test_kill_9_leaves_nothing_and_a_second_start_is_refused_before(reachable: Path) -> None:
    variables = environ(reachable)
    argv = [sys.executable, "-m", "project.services"]
    with subprocess.Popen(argv, cwd=BASE_DIR, env=variables, stdout=subprocess.PIPE, text=True) as stack:
        assert stack.stdout is not None
        assert any("Windlass is up" in line for line in stack.stdout)
        again = subprocess.run(argv, cwd=BASE_DIR, env=variables, capture_output=True, text=True, check=False)
        family = [child.pid for child in psutil.Process(stack.pid).children(recursive=True)]
        stack.kill()
    assert again.returncode == 1
    assert again.stdout.startswith(f"make up: Windlass already runs here (process {stack.pid}")
    assert len(family) > len(PORTS)
    assert all(gone(pid) for pid in family)


async def test_a_taken_port_is_one_line(reachable: Path) -> None:
    terminal = Listened()
    with socket.create_server(("127.0.0.1", ports.free_port())) as server:
        taken = server.getsockname()[1]
        assert await start(environ(reachable, WINDLASS_WEB_PORT=str(taken)), terminal) == 1
    assert len(terminal.texts) == 1
    assert terminal.texts[0].startswith(f"make up: Port {taken} for the dashboard is taken by ")


@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL"])
async def test_a_given_server_that_is_silent_is_named(
    reachable: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(startup, "GIVEN_SECS", 0.0)
    terminal = Listened()
    url = {"DATABASE_URL": "postgresql://app:hush@127.0.0.1:1/x", "REDIS_URL": "redis://:hush@127.0.0.1:1/0"}[variable]
    assert await start(environ(reachable, **{variable: url}), terminal) == 1
    assert terminal.texts[-1].startswith(f"make up: The server named by {variable} does not answer: ")
    assert not [text for text in terminal.texts if "hush" in text]


async def test_ctrl_c_during_the_start_stops_at_once(reachable: Path) -> None:
    terminal = Listened()
    running = asyncio.create_task(start(environ(reachable), terminal))
    await terminal.until("servers answer")
    os.kill(os.getpid(), signal.SIGTERM)
    assert await running == 0
    assert not (reachable / "stack.json").exists()
    assert not [text for text in terminal.texts if "Windlass is up" in text]
