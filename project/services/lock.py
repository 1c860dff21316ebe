"""One stack per data folder."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from project.services import stackfile
from project.services.errors import AlreadyRunning

NAME = "stack.lock"


@contextlib.contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold the data folder; the system lets go of it when we die. Raises AlreadyRunning."""
    with (home / NAME).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            record = stackfile.running(home)
            raise AlreadyRunning(pid=record.pid if record else "still starting", home=home) from None
        yield
