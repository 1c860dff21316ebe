"""What the running stack writes about itself, so that every other command finds it."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from project.services import files

NAME = "stack.json"
CLOCK_SLACK_SECS = 2.0
# A start time is computed from the boot time, which moves when the wall clock is set. Where the system tells no birth
# (macOS) nothing better is at hand.
START_TICKS = 19
# Of the fields that follow the name in /proc/<pid>/stat; the 22nd of proc(5).
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process that is not mistaken for a later one with the same number.

    created is a Unix time, seconds, as the clock stood then; birth, where there is one, tells it whatever the clock does.
    """

    pid: int
    created: float
    birth: str = ""

    @classmethod
    def find(cls, pid: int) -> "ProcessId | None":
        """The process that has the number now, if any."""
        try:
            return cls(pid=pid, created=psutil.Process(pid).create_time(), birth=_birth(pid))
        except psutil.NoSuchProcess:
            return None

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        try:
            running = psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False
        now = ProcessId.find(self.pid)
        return running and now is not None and self._is_same(now)

    def _is_same(self, other: "ProcessId") -> bool:
        if self.birth and other.birth:
            return self.birth == other.birth
        return abs(self.created - other.created) < CLOCK_SLACK_SECS


def myself() -> ProcessId:
    """This process."""
    return ProcessId(os.getpid(), psutil.Process().create_time(), _birth(os.getpid()))


def _birth(pid: int) -> str:
    """The boot and the tick of it at which a process began; empty where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return f"{BOOT_ID.read_text(encoding='ascii').strip()}/{fields[START_TICKS]}"
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class StackRecord:
    """The running stack: its supervisor, the ports it holds, its servers. The URLs hold passwords."""

    pid: int
    pid_created: float
    started_at: str
    ports: Mapping[str, int]
    database_url: str
    database_owner_url: str
    redis_url: str
    demo: bool
    pid_birth: str = ""

    def is_running(self) -> bool:
        """Whether the supervisor that wrote this still lives; after a kill -9 the file stays behind."""
        return ProcessId(self.pid, self.pid_created, self.pid_birth).is_alive()


def write(home: Path, record: StackRecord) -> None:
    """Publish the stack, for its owner's eyes only."""
    files.write_private(home / NAME, json.dumps(asdict(record), indent=2, default=dict))


def running(home: Path) -> StackRecord | None:
    """The stack that runs on this data folder; None when there is none, or only a stale or damaged file."""
    try:
        record = StackRecord(**json.loads((home / NAME).read_text(encoding="utf-8")))
    except (FileNotFoundError, TypeError, ValueError):  # a kill must not fail for what a full disk made of it
        return None
    return record if record.is_running() else None


def remove(home: Path) -> None:
    """The stack has stopped."""
    (home / NAME).unlink(missing_ok=True)
