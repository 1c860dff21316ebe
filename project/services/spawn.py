"""How a child process is started: its own session, and on Linux its death when the parent dies."""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
UNPRIVILEGED_USER = "nobody"


@dataclass(frozen=True, slots=True)
class Identity:
    """A user of the operating system, by number."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Launch:
    """A program as the operating system starts it. env is the whole environment of the child."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    identity: Identity | None = None
    stop_signal: signal.Signals = signal.SIGTERM


def unprivileged() -> Identity | None:
    """Whom to run as where root is refused (PostgreSQL); None when we are not root."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam(UNPRIVILEGED_USER)
    return Identity(uid=user.pw_uid, gid=user.pw_gid)


def popen_arguments(launch: Launch) -> dict[str, Any]:
    """Keyword arguments for subprocess.Popen and asyncio.create_subprocess_exec alike.

    Call from the main thread: the death signal fires when the spawning *thread* ends.
    """
    arguments: dict[str, Any] = {
        "env": dict(launch.env),
        "cwd": launch.cwd,
        "start_new_session": True,
        "preexec_fn": die_with_parent(),
    }
    return arguments | as_user(launch.identity)


def as_user(identity: Identity | None) -> dict[str, Any]:
    """Popen's arguments that give up root's rights; none when there is nothing to give up."""
    if identity is None:
        return {}
    return {"user": identity.uid, "group": identity.gid, "extra_groups": []}


def die_with_parent() -> Callable[[], None] | None:
    """A hook for the child, run between fork and exec, after it changed its user (which clears the signal)."""
    return _following(os.getpid())


def _following(parent: int) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork: the child must not load libraries

    def hook() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above could help
            os._exit(1)

    return hook


def follow(parent: int) -> None:
    """End with this parent, which we have already; at once when it is gone."""
    hook = _following(parent)
    if hook is not None:
        hook()


def end_group(pid: int) -> None:
    """Kill whatever is left of a child's process group."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # all gone; macOS reports a group of zombies as "not permitted"
        return
