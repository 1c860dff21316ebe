"""The web process as a child, on the test database."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.db import connection

from project.services import ready, spawn
from project.services.ports import HOST, free_port
from project.services.spawn import Launch

ROOT = Path(__file__).resolve().parents[2]
START_SECS = 120.0
STOP_SECS = 5.0


@dataclass
class WebProcess:
    """Its address, what it logs, and the handle to end it early."""

    url: str
    child: "subprocess.Popen[bytes]"
    log: Path

    def said(self, last: int = 3_000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-last:]

    def stop(self) -> None:
        """End it. Safe to repeat."""
        self.child.terminate()
        try:
            self.child.wait(STOP_SECS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def database_url() -> str:
    """The test database as a URL."""
    of = connection.settings_dict
    return f"postgresql://{of['USER']}:{of['PASSWORD']}@{of['HOST']}:{of['PORT']}/{of['NAME']}"


@contextmanager
def web_process() -> Iterator[WebProcess]:
    """uvicorn serving project.asgi until the block ends."""
    port = free_port()
    env = os.environ | {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
    env |= {"DJANGO_SETTINGS_MODULE": "project.settings.test", "DEMO": "0"}
    words = ("-m", "uvicorn", "project.asgi:application", "--host", HOST, "--port", str(port), "--lifespan", "off")
    launch = Launch(argv=(sys.executable, *words), env=env, cwd=ROOT)
    with NamedTemporaryFile() as log:
        child = subprocess.Popen(launch.argv, stdout=log, stderr=log, **spawn.popen_arguments(launch))
        server = WebProcess(f"http://{HOST}:{port}", child, Path(log.name))
        try:
            _await(server)
            yield server
        finally:
            server.stop()


def _await(server: WebProcess) -> None:
    answers = ready.wait(
        lambda: ready.http_answers(f"{server.url}/health/live"),
        alive=lambda: server.child.poll() is None,
        seconds=START_SECS,
    )
    if reason := asyncio.run(answers):
        raise RuntimeError(f"the web process did not start: {reason}\n{server.said()}")
