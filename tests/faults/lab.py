"""A whole stack to be hurt: proxies before its servers and its venue, failpoints in a folder, a judge beside it."""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from project.services import files
from tests.e2e.stack import PATIENCE_SECS, ROOT, Stack, until
from tests.faults import faketime
from tests.faults.moments import Tally
from tests.faults.proxy import Proxies, Proxy
from tests.faults.waits import WAITS, Waits
from tests.support import plain_http

Json = dict[str, Any]

INJECTED = Path(__file__).parent / "inject"
DOORS = {"database": "WINDLASS_PG_PORT", "broker": "WINDLASS_VALKEY_PORT", "venue": "WINDLASS_PAPER_PORT"}
NOT_ITS_OWN = ("FAULTS_", "WINDLASS_FAILPOINTS", "LD_PRELOAD", "FAKETIME_")
# Of the stack's variables, those that the judge is not to be hurt by.
STOPPED = psutil.STATUS_STOPPED


class JudgeSilent(AssertionError):
    """The judge's process has ended."""


class Judge:
    """The process that knows Django (judge.py)."""

    def __init__(self, stack: Stack) -> None:
        env = {name: value for name, value in stack.env.items() if name not in stack.ports}
        env = {name: value for name, value in env.items() if not name.startswith(NOT_ITS_OWN)}
        env |= {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "project.settings.local"}
        self._log = (stack.home.parent / "judge.log").open("ab")
        command = [sys.executable, "-m", "tests.faults.judge"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        self._heard()

    def ask(self, what: str, **facts: Any) -> Any:
        """Its answer. Raises JudgeSilent."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"ask": what, **facts}) + "\n")
        self._process.stdin.flush()
        return self._heard()

    def _heard(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise JudgeSilent(Path(self._log.name).read_text(encoding="utf-8", errors="replace")[-3000:])
        return json.loads(line)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(PATIENCE_SECS)
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe is not None:
                pipe.close()


@dataclass
class Lab:
    """One stack under faults.

    `sources` are by venue; `promised` are the alerts that the door took, by the sender's id, with the ids it told.
    """

    stack: Stack
    proxies: dict[str, Proxy]
    judge: Judge
    sources: dict[str, dict[str, Any]]
    promised: dict[str, set[int]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    twins: list[tuple[str, psutil.Popen]] = field(default_factory=list)
    presses: int = 0  # of the kill switch
    tally: Tally = field(default_factory=Tally)  # of the whole campaign
    keep: bool = False  # its folder, when it is closed

    @property
    def points(self) -> Path:
        """The folder of the failpoints."""
        return points_of(self.stack)

    @property
    def waits(self) -> Waits:
        """How long things stand still at this stack's timing."""
        return WAITS[self.stack.variables["WINDLASS_TIMING"]]

    # processes ------------------------------------------------------------------------------

    def pid(self, name: str) -> int:
        """A process of the stack, as soon as it runs."""
        return until(lambda: self.stack.children().get(name), about=f"{name} running").pid

    def family(self, name: str) -> list[psutil.Process]:
        """A process and what it has started."""
        parent = psutil.Process(self.pid(name))
        return [parent, *parent.children(recursive=True)]

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process and its children; those that are gone are gone."""
        for process in self.family(name):
            send(process, number)

    def resume_all(self) -> int:
        """SIGCONT to whatever of the stack stands still; how many did."""
        assert self.stack.process is not None
        found = [p for p in psutil.Process(self.stack.process.pid).children(recursive=True) if _stands(p)]
        for process in found:
            send(process, signal.SIGCONT)
        return len(found)

    def twin(self, name: str) -> None:
        """One more of a process, with the same words and surroundings."""
        first = psutil.Process(self.pid(name))
        with (self.stack.home / "logs" / f"{name}-twin.log").open("ab") as log:
            twin = psutil.Popen(first.cmdline(), cwd=ROOT, env=first.environ(), stdout=log, stderr=log)
        self.twins.append((name, twin))

    def fallen(self) -> list[str]:
        """Twins that did not live until now, in words: without them nothing was doubled."""
        ended = ((name, twin.poll()) for name, twin in self.twins)
        return [f"the second {name} ended with status {status}" for name, status in ended if status is not None]

    def end_twins(self) -> None:
        """No more of them."""
        while self.twins:
            _, twin = self.twins.pop()
            send(twin, signal.SIGKILL)
            twin.wait(PATIENCE_SECS)

    def press(self) -> None:
        """Press the kill switch."""
        said = self.judge.ask("press")
        assert isinstance(said, str), said
        self.presses += 1

    # failpoints -----------------------------------------------------------------------------

    def plan(self, text: str) -> None:
        """What is to happen at failpoints from now on, in every process; empty: nothing."""
        draft = self.points / "plan.new"
        draft.write_text(text, encoding="ascii")
        draft.rename(self.points / "plan")

    def fired(self) -> list[tuple[str, int]]:
        """Points at which something happened under the plan in force, and the process it befell."""
        stamp = (self.points / "plan").stat().st_mtime_ns
        lines = [path.read_text(encoding="ascii").split() for path in self.points.glob(f"fired-{stamp}-*")]
        return [(line[0], int(line[1])) for line in lines if len(line) == 2]

    def seen(self) -> set[str]:
        """Every point that any process of this stack has reached."""
        path = self.points / "seen"
        return set(path.read_text(encoding="ascii").split()) if path.exists() else set()

    # the venue ------------------------------------------------------------------------------

    def control(self, name: str, body: Any) -> Any:
        """Turn a lever of the paper exchange, past the proxy."""
        reply = plain_http.post(f"{self.venue_url}/_control/{name}", json=body, timeout=PATIENCE_SECS)
        assert reply.status_code == httpx.codes.OK, reply.text
        return reply.json()

    def befell(self) -> list[str]:
        """Planned faults that a request ran into, since this exchange was started."""
        return [f"{fault['action']} {fault['method']} {fault['path']}" for fault in self.faults()]

    def faults(self) -> list[Json]:
        """The same as the exchange tells it."""
        found: list[Json] = plain_http.get(f"{self.venue_url}/_control/fault", timeout=PATIENCE_SECS).json()["happened"]
        return found

    def prices(self) -> dict[str, str]:
        """Spot prices as they are."""
        found: dict[str, str] = plain_http.get(f"{self.venue_url}/_control/state", timeout=PATIENCE_SECS).json()[
            "prices"
        ]
        return found

    @property
    def venue_url(self) -> str:
        return f"http://127.0.0.1:{self.stack.ports['WINDLASS_PAPER_PORT']}"

    # the end --------------------------------------------------------------------------------

    def leaks(self) -> list[str]:
        """Log files, and files of the broker's messages, that hold a planted secret (I10)."""
        planted = [source[part] for source in self.sources.values() for part in ("token", "secret")]
        keys = json.loads((self.stack.home / "paper" / "keys.json").read_text(encoding="utf-8"))
        planted += [entry["secret"] for entry in keys]
        shapes = {shape for secret in planted for shape in shapes_of(secret)}
        folders = (self.stack.home / "logs", self.stack.home / "valkey")
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return [path.name for path in (*files, self.stack.log_path) if _holds(path, shapes)]


def shapes_of(secret: str) -> set[bytes]:
    """A secret as it is, and within a longer text in base64, as the broker keeps messages: the text moves it by 0 to 2."""
    begins = {0: 0, 1: 2, 2: 3}  # the first letters that no neighbour shares
    packed = {base64.b64encode(b" " * moved + secret.encode())[begin:-4] for moved, begin in begins.items()}
    return {secret.encode(), *packed}


def _holds(path: Path, shapes: set[bytes]) -> bool:
    try:
        content = path.read_bytes()
    except FileNotFoundError:  # the broker has written its file anew meanwhile
        return False
    return any(shape in content for shape in shapes)


def points_of(stack: Stack) -> Path:
    """Beside the data folder: it is no part of it."""
    return stack.home.parent / "points"


def _stands(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == STOPPED)
    except psutil.NoSuchProcess:
        return False


def send(process: psutil.Process, number: signal.Signals) -> None:
    """A signal to a process that may be gone."""
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:  # it ended meanwhile
        return


@contextmanager
def opened(
    *, place: Path | None = None, venue: str = "", accounts: int = 0, settings: Json | None = None, **variables: str
) -> Iterator[Lab]:
    """A fresh lab, reconciled and furnished; its folder goes with it unless it is to be kept or something raised.

    place: a folder that it shall lie in, such as one on a small disk. venue: where so many accounts are opened, and
    the alerts go to these alone; else to the two that every installation has.
    """
    stack = Stack.fresh(**variables)
    if place is not None:
        stack.home = files.folder(place / "home")
    points_of(stack).mkdir()
    with Proxies() as proxies:
        doors = {name: proxies.to(stack.ports[variable]) for name, variable in DOORS.items()}
        stack.variables = _variables(stack, doors) | stack.variables
        try:
            stack.start()
            stack.until_reconciled()
            made = _made(stack, doors, venue, accounts, settings or {})
            try:
                yield made
            finally:
                made.end_twins()
                made.judge.close()
        finally:
            stack.end()
        if not made.keep:  # nor after an error: whoever wants to know what happened finds it there
            shutil.rmtree(stack.home.parent, ignore_errors=True)


def _made(stack: Stack, doors: dict[str, Proxy], venue: str, accounts: int, settings: Json) -> Lab:
    judge = Judge(stack)
    numbers = judge.ask("open", venue=venue, count=accounts) if venue else []
    furnished = judge.ask("furnish", **settings)
    if not venue:
        return Lab(stack, doors, judge, {source["venue"]: source for source in furnished})
    chosen = [source for source in furnished if source["account"] in numbers]
    made = Lab(stack, doors, judge, {f"{venue} {source['account']}": source for source in chosen})
    stack.until_reconciled()
    return made


def _variables(stack: Stack, doors: dict[str, Proxy]) -> dict[str, str]:
    ports = {f"FAULTS_{name.upper()}_PORT": str(proxy.port) for name, proxy in doors.items()}
    library = faketime.variables(points_of(stack)) if faketime.ASKED in stack.variables else {}
    return {
        **ports,
        **library,
        "DEMO_SPEED": "60",
        "FAULTS_CLOCK_FILE": str(points_of(stack) / "clock"),
        "PYTHONPATH": os.pathsep.join([str(INJECTED), str(ROOT)]),
        "WINDLASS_FAILPOINTS": f"@{points_of(stack)}",
        "WINDLASS_FAULTS": "1",
        "WINDLASS_TIMING": "fast",
    }
