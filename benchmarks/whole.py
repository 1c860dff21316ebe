"""The stack as `make up` runs it, on a folder and ports of its own, and the memory of its processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import psycopg

from benchmarks.bench import Bench, free_ports
from benchmarks.lab import own_environment
from project.services import files, stackfile
from project.services.options import BASE_DIR, PORTS

BANNER = "Windlass is up after"
MIB = 2**20
START_SECS = 90.0
STOP_SECS = 20.0


class Stack:
    """One start of the whole stack."""

    def __init__(self, bench: Bench, name: str, **variables: str) -> None:
        """name: its folder; the same name again starts on the same data."""
        self.home = files.folder(bench.home / name)
        self._log = bench.home / f"{name}.log"
        self.ports = free_ports()
        given = {part.variable: str(self.ports[part.name]) for part in PORTS}
        own = {"WINDLASS_HOME": str(self.home), "DEMO": "0"}
        self._env = own_environment(os.environ) | given | own | variables
        self._process: subprocess.Popen[bytes] | None = None
        self.secs = 0.0

    def __enter__(self) -> Self:
        self._log.write_bytes(b"")
        started = time.monotonic()
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "project.services"]
            self._process = subprocess.Popen(command, cwd=BASE_DIR, env=self._env, stdout=log, stderr=log)
        self._await_banner(started)
        self.secs = time.monotonic() - started
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await_banner(self, started: float) -> None:
        assert self._process is not None
        while BANNER not in self.log():
            if self._process.poll() is not None or time.monotonic() - started > START_SECS:
                raise RuntimeError(f"no banner after {time.monotonic() - started:.0f} s:\n{self.log()[-2000:]}")
            time.sleep(0.05)

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def processes(self) -> list[psutil.Process]:
        """The supervisor and everything below it."""
        assert self._process is not None
        top = psutil.Process(self._process.pid)
        return [top, *top.children(recursive=True)]

    def pss_mib(self) -> float:
        """The proportional share of memory of all its processes, MiB. Shared pages count once."""
        return sum(_pss(process.pid) for process in self.processes()) / MIB

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What its database says."""
        record = stackfile.running(self.home)
        assert record is not None
        with psycopg.connect(record.database_url, autocommit=True) as connection:
            return connection.execute(statement.encode()).fetchall()

    def manage(self, *words: str) -> str:
        """What a command prints."""
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, cwd=BASE_DIR, env=self._env, capture_output=True, text=True, check=False)
        return done.stdout


def _pss(pid: int) -> int:
    """Bytes; 0 for a process that has just ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))
