"""Processes of a stack whose supervisor was killed. Linux ends them by itself; elsewhere the next start does."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import psutil

from project.services import files, spawn
from project.services.stackfile import ProcessId

NAME = "children.json"
GRACE_SECS = 5.0


def remember(home: Path, children: Mapping[str, ProcessId]) -> None:
    """Write down which processes are ours."""
    text = json.dumps({name: asdict(process) for name, process in children.items()}, indent=2)
    files.write_private(home / NAME, text)


def end(home: Path) -> list[str]:
    """End what a killed supervisor left behind; return the names. The data folder's lock must be held."""
    found = {name: process for name, process in _remembered(home).items() if process.is_alive()}
    asked = [process for child in found.values() if (process := _terminate(child))]
    psutil.wait_procs(asked, timeout=GRACE_SECS)
    for child in found.values():
        spawn.end_group(child.pid)
    (home / NAME).unlink(missing_ok=True)
    return sorted(found)


def _terminate(child: ProcessId) -> psutil.Process | None:
    with contextlib.suppress(psutil.NoSuchProcess):  # it ended by itself in this moment, which is what we want
        process = psutil.Process(child.pid)
        process.terminate()
        return process
    return None


def _remembered(home: Path) -> dict[str, ProcessId]:
    try:
        recorded = json.loads((home / NAME).read_text(encoding="utf-8"))
        return {name: ProcessId(**process) for name, process in recorded.items()}
    except (FileNotFoundError, AttributeError, TypeError, ValueError):  # none, or damaged: the next start goes on
        return {}
