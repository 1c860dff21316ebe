"""A whole stack as `make up` runs it, in a folder and on ports of its own, and the means to watch it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import psutil
import psycopg

from project.services import files
from project.services.options import PORTS
from project.services.stackfile import ProcessId
from tests.e2e.keyboard import Keyboard
from tests.support import plain_http
from tests.support.paper import free_port

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECS = 120.0
# Of any wait: what takes a second on an idle machine may take a minute on a busy one.
START_SECS = 240.0
POLL_SECS = 0.1
GIVEN_BY_US = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
# The test session's own servers: the stack starts its own.


class NotInTime(AssertionError):
    """What was waited for did not come."""


def until(question: Callable[[], T], *, about: str, secs: float = PATIENCE_SECS, every: float = POLL_SECS) -> T:
    """Ask until the answer is truthy; raises NotInTime. The one place here that sleeps between two looks."""
    give_up = time.monotonic() + secs
    while not (answer := question()):
        if time.monotonic() > give_up:
            raise NotInTime(f"{about}: not within {secs:g} s, last answer {answer!r}")
        time.sleep(every)
    return answer


@dataclass
class Stack:
    """One data folder and the stack that runs on it, when it runs."""

    home: Path
    ports: dict[str, int] = field(default_factory=lambda: {port.variable: free_port() for port in PORTS})
    variables: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    keyboard: Keyboard | None = None

    @classmethod
    def fresh(cls, **variables: str) -> Self:
        """A stack on an empty folder that PostgreSQL's user may pass through."""
        home = files.folder(Path(tempfile.mkdtemp(prefix="windlass-stack-")) / "home")
        files.folder(home.parent)
        return cls(home, variables={"DEMO": "0", **variables})

    # its life -------------------------------------------------------------------------------

    def start(self) -> None:
        """`make up`, until its banner."""
        with self.log_path.open("ab") as log:
            command = [sys.executable, "-m", "project.services"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log)
        before = self.banners()
        until(lambda: self.banners() > before or self._died(), secs=START_SECS, about="the banner")

    def stop(self) -> int:
        """Ctrl-C; its status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(PATIENCE_SECS)
        self.process = None
        return status

    def end(self) -> None:
        """Whatever state it is in, it ends; its children follow it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE_SECS)
            self.process = None

    def kill_everything(self) -> None:
        """kill -9 of the supervisor and of all below it, PostgreSQL and the venue too, as a power cut does."""
        assert self.process is not None
        top = psutil.Process(self.process.pid)
        everybody = [top, *top.children(recursive=True)]
        for process in everybody:
            with suppress(psutil.NoSuchProcess):  # it followed its parent
                process.kill()
        psutil.wait_procs(everybody, timeout=PATIENCE_SECS)
        self.process.wait(PATIENCE_SECS)
        self.process = None

    def started_again(self) -> "subprocess.CompletedProcess[str]":
        """A second `make up` on the same folder."""
        command = [sys.executable, "-m", "project.services"]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=120, check=False)

    def ledger(self) -> dict[str, Any]:
        """The paper exchange's own books, by account."""
        url = f"http://127.0.0.1:{self.ports['WINDLASS_PAPER_PORT']}/_control/ledger"
        found: dict[str, Any] = plain_http.get(url, timeout=PATIENCE_SECS).json()["accounts"]
        return found

    def kill(self, name: str) -> int:
        """kill -9 one of its processes, as soon as it runs, by its recorded id; that id."""
        child = until(lambda: self.children().get(name), about=f"{name} running")
        psutil.Process(child.pid).kill()
        return child.pid

    def children(self) -> dict[str, ProcessId]:
        """Its processes that are alive now."""
        recorded = json.loads((self.home / "children.json").read_text(encoding="utf-8"))
        found = {name: ProcessId(**process) for name, process in recorded.items()}
        return {name: process for name, process in found.items() if process.is_alive()}

    def _died(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise NotInTime(f"the stack ended with status {self.process.returncode}:\n{self.log()[-4000:]}")
        return False

    # what it says ---------------------------------------------------------------------------

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in GIVEN_BY_US}
        ports = {variable: str(port) for variable, port in self.ports.items()}
        return {**kept, **ports, **self.variables, "WINDLASS_HOME": str(self.home), "DOTENV_APPLIED": "1"}

    @property
    def log_path(self) -> Path:
        return self.home.parent / "up.log"

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def banners(self) -> int:
        """How often it has come up."""
        return self.log().count("Windlass is up after")

    def manage(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """A command as a user runs it: it finds the running stack by the data folder alone."""
        if self.keyboard is not None:
            return self.keyboard.types(words)
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(
            command, cwd=ROOT, env=self._folder_alone, capture_output=True, text=True, timeout=120, check=False
        )

    @contextmanager
    def at_the_keyboard(self) -> Iterator[None]:
        """The commands of this block are run by one process that stays."""
        self.keyboard = Keyboard(ROOT, self._folder_alone)
        try:
            yield
        finally:
            self.keyboard.leaves()
            self.keyboard = None

    @property
    def _folder_alone(self) -> dict[str, str]:
        return {name: value for name, value in self.env.items() if name not in self.ports}

    def asked(self, *words: str) -> Any:
        """The JSON a command prints."""
        done = self.manage(*words)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What the database says, as the app role sees it."""
        record = json.loads((self.home / "stack.json").read_text(encoding="utf-8"))
        with psycopg.connect(record["database_url"], autocommit=True) as connection:
            return connection.execute(statement, parameters).fetchall()  # type: ignore[arg-type]

    def until_reconciled(self) -> None:
        """Until every account may trade: its books agreed with the venue's since the start, and no breaker is open.

        On a slow machine the first questions may have come before the exchange could answer.
        """
        waiting = "SELECT name FROM accounts_exchangeaccount WHERE reconciled_at IS NULL"
        until(lambda: not self.rows(waiting), about="the reconcile of all accounts")
        shut = "SELECT component FROM risk_breaker WHERE state = 'OPEN' AND opened_at > now() - interval '30 seconds'"
        until(lambda: not self.rows(shut), about="the breakers", secs=60)

    # its door -------------------------------------------------------------------------------

    @property
    def source(self) -> dict[str, str]:
        """Token and secret of the first source."""
        found: dict[str, str] = json.loads((self.home / "first-source.json").read_text(encoding="utf-8"))
        return found

    def post(self, body: Any, *, path: str = "") -> httpx.Response:
        """An alert to the real door: an object as JSON, anything else as it is."""
        content = json.dumps(body) if isinstance(body, dict) else body
        where = path or f"/webhooks/{self.source['token']}"
        return plain_http.post(
            f"http://127.0.0.1:{self.ports['WINDLASS_DOOR_PORT']}{where}", content=content, timeout=PATIENCE_SECS
        )

    def outcome(self, alert_id: int) -> str:
        """An alert's outcome, waited for."""
        statement = "SELECT outcome FROM signals_alert WHERE id = %s AND outcome <> ''"
        return str(until(lambda: self.rows(statement, alert_id), about=f"alert {alert_id}")[0][0])


@contextmanager
def running(**variables: str) -> Iterator[Stack]:
    """A fresh stack, up and reconciled, until the block ends; then nothing of it is left."""
    made = Stack.fresh(**variables)
    try:
        made.start()
        made.until_reconciled()
        yield made
    finally:
        made.end()
        shutil.rmtree(made.home.parent, ignore_errors=True)
