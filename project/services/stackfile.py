"""What the running stack writes about itself, so that every other command finds it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from project.services import files

NAME = "stack.json"
CLOCK_SLACK_SECS = 2.0
# A process's start time is computed from the boot time, which moves when the wall clock is set.


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process that is not mistaken for a later one with the same number. created is a Unix time, seconds."""

    pid: int
    created: float

    @classmethod
    def find(cls, pid: int) -> "ProcessId | None":
        """The process that has the number now, if any."""
        try:
            return cls(pid=pid, created=psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < CLOCK_SLACK_SECS
            return bool(same and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False


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

    def is_running(self) -> bool:
        """Whether the supervisor that wrote this still lives; after a kill -9 the file stays behind."""
        return ProcessId(self.pid, self.pid_created).is_alive()


def write(home: Path, record: StackRecord) -> None:
    """Publish the stack, for its owner's eyes only."""
    files.write_private(home / NAME, json.dumps(asdict(record), indent=2, default=dict))


def running(home: Path) -> StackRecord | None:
    """The stack that runs on this data folder; None when there is none, or only a stale file."""
    try:
        text = (home / NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    record = StackRecord(**json.loads(text))
    return record if record.is_running() else None


def remove(home: Path) -> None:
    """The stack has stopped."""
    (home / NAME).unlink(missing_ok=True)
