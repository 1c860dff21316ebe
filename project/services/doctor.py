"""What is well and what is not, one line each with the mend. A check is a function and a line in the table."""

import asyncio
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from project.services import checks, ports, ready, server_answers, stackfile
from project.services.checks import WANTED_MB
from project.services.errors import PortTaken
from project.services.options import Options
from project.services.stackfile import StackRecord

OLDEST_PYTHON = (3, 11)
LOW_DISK_MB = 5 * WANTED_MB
PRIVATE_FILES = (
    "accounts.enc",
    "demo-futures-source.json",
    "demo-source.json",
    "engine-token",
    "first-login",
    "first-source.json",
    "flower-login",
    "kek",
    "paper/keys.json",
    "pg/passwords.json",
    "remote-kill",
    "secret-key",
    "stack.json",
    "valkey/password",
    "valkey/valkey.conf",
)


class Level(Enum):
    """How a check went."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "–"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of a check, in words; mend says what to do."""

    level: Level
    text: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined: the options of this shell, and the running stack if there is one."""

    options: Options
    environ: Mapping[str, str]
    stack: StackRecord | None

    @property
    def home(self) -> Path:
        """The data folder."""
        return self.options.home


Check = Callable[[Patient], Finding]


def examine(patient: Patient, table: Iterable[tuple[str, Check]]) -> list[tuple[str, Finding]]:
    """Make every check of the table."""
    return [(name, check(patient)) for name, check in table]


def report(findings: Iterable[tuple[str, Finding]], *, coloured: bool) -> str:
    """The findings as a page of text."""
    return "\n".join(line for name, finding in findings for line in _lines(name, finding, coloured=coloured))


def failed(findings: Iterable[tuple[str, Finding]]) -> bool:
    """Whether anything must be mended before trading."""
    return any(finding.level is Level.FAIL for _, finding in findings)


def _lines(name: str, finding: Finding, *, coloured: bool) -> list[str]:
    colour = {Level.OK: 32, Level.WARN: 33, Level.FAIL: 31, Level.SKIP: 90}[finding.level]
    level = f"{finding.level.value:<4}"
    level = f"\x1b[{colour}m{level}\x1b[0m" if coloured else level
    mend = [f"  {'':<4}  {'':<14} → {finding.mend}"] if finding.mend else []
    return [f"  {level}  {name:<14} {finding.text}", *mend]


def python(_: Patient) -> Finding:
    """The interpreter is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding(
            Level.FAIL, f"Python {version}; 3.11 is the oldest that works", "install a newer one, make clean up"
        )
    return Finding(Level.OK, f"Python {version}")


def data_folder(patient: Patient) -> Finding:
    """The data folder is there, and we may write to it and sync it: the kill latch will lie there."""
    if not patient.home.is_dir():
        return Finding(Level.SKIP, f"{patient.home} is made by the first `make up`")
    try:
        with tempfile.NamedTemporaryFile(dir=patient.home, prefix=".doctor-") as probe:
            os.fsync(probe.fileno())
    except OSError as error:
        return Finding(
            Level.FAIL, f"{patient.home} cannot be written: {error.strerror}", "give its owner the right to write"
        )
    return Finding(Level.OK, f"{patient.home} can be written")


def disk(patient: Patient) -> Finding:
    """There is room for a while."""
    place = next(folder for folder in (patient.home, *patient.home.parents) if folder.exists())
    free_mb = shutil.disk_usage(place).free // 1_000_000
    level = Level.FAIL if free_mb < WANTED_MB else Level.WARN if free_mb < LOW_DISK_MB else Level.OK
    mend = "" if level is Level.OK else "free some space, or set WINDLASS_HOME to a folder on another disk"
    return Finding(level, f"{free_mb / 1000:,.1f} GB free, {WANTED_MB / 1000:.0f} GB is the least", mend)


def secrets(patient: Patient) -> Finding:
    """Nobody else may read the secrets."""
    present = [patient.home / name for name in PRIVATE_FILES if (patient.home / name).exists()]
    open_to_others = [
        str(path.relative_to(patient.home)) for path in present if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if open_to_others:
        mend = f"chmod 600 {' '.join(str(patient.home / name) for name in open_to_others)}"
        return Finding(Level.FAIL, f"others may read {', '.join(open_to_others)}", mend)
    return Finding(Level.OK, f"{len(present)} secret files, readable by their owner only")


def key_encryption_key(patient: Patient) -> Finding:
    """Without this key the stored exchange keys are lost, so a copy should lie elsewhere."""
    if patient.environ.get("WINDLASS_KEK"):
        return Finding(Level.OK, "from WINDLASS_KEK")
    if (patient.home / "kek").exists():
        return Finding(Level.OK, f"{patient.home / 'kek'}; keep a copy apart from the database's backup")
    return Finding(Level.SKIP, "made with the first exchange account")


def running(patient: Patient) -> Finding:
    """The supervisor lives."""
    if patient.stack is None:
        return Finding(Level.WARN, "the stack is not running", "make up")
    return Finding(Level.OK, f"running since {patient.stack.started_at}, process {patient.stack.pid}")


def taken_ports(patient: Patient) -> Finding:
    """While the stack is down its ports must be free; while it is up somebody must listen on them."""
    return _free_ports(patient) if patient.stack is None else _own_ports(patient.stack)


def _own_ports(stack: StackRecord) -> Finding:
    silent = [f"{number} ({name})" for name, number in sorted(stack.ports.items()) if ports.is_free(number)]
    if silent:
        return Finding(Level.FAIL, f"nobody listens on {', '.join(silent)}", "see the log files in logs/")
    return Finding(Level.OK, "all listening")


def _free_ports(patient: Patient) -> Finding:
    try:
        checks.free_ports(patient.options)
    except PortTaken as error:
        return Finding(Level.FAIL, str(error))
    return Finding(Level.OK, "all free")


def database(patient: Patient) -> Finding:
    """PostgreSQL answers."""
    url = patient.stack.database_url if patient.stack else patient.options.database_url
    return _server(url, server_answers.postgres_answers, "DATABASE_URL")


def broker(patient: Patient) -> Finding:
    """Valkey answers."""
    url = patient.stack.redis_url if patient.stack else patient.options.redis_url
    return _server(url, server_answers.redis_answers, "REDIS_URL")


def door(patient: Patient) -> Finding:
    """The door answers on this machine."""
    return _http(patient, "door", "/health/live")


def web(patient: Patient) -> Finding:
    """The dashboard answers, and what it stands on."""
    return _http(patient, "web", "/health/ready")


def _server(url: str, check: Callable[[str], ready.Answer], variable: str) -> Finding:
    if not url:
        return Finding(Level.SKIP, "starts with the stack")
    reason = asyncio.run(ready.once(check(url)))
    mend = f"start it, or correct {variable}; the built-in one is restarted by itself"
    return Finding(Level.FAIL, f"does not answer: {reason}", mend) if reason else Finding(Level.OK, "answers")


def _http(patient: Patient, name: str, path: str) -> Finding:
    if patient.stack is None:
        return Finding(Level.SKIP, "starts with the stack")
    url = f"http://{ports.HOST}:{patient.stack.ports[name]}{path}"
    reason = asyncio.run(ready.once(ready.http_answers(url)))
    mend = f"see {patient.home / 'logs' / name}.log"
    return Finding(Level.FAIL, f"{url}: {reason}", mend) if reason else Finding(Level.OK, f"{url} answers")


CHECKS: tuple[tuple[str, Check], ...] = (
    ("python", python),
    ("data folder", data_folder),
    ("disk", disk),
    ("secrets", secrets),
    ("key", key_encryption_key),
    ("stack", running),
    ("ports", taken_ports),
    ("PostgreSQL", database),
    ("Valkey", broker),
    ("door", door),
    ("dashboard", web),
)


def patient(options: Options, environ: Mapping[str, str]) -> Patient:
    """Who is examined from this shell."""
    return Patient(options, environ, stackfile.running(options.home))
