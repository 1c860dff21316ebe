"""A process of its own for work that takes long: no worker that watches prices may wait for it."""

import logging
import subprocess
import sys

from project.services import spawn
from project.settings.environment import BASE_DIR

log = logging.getLogger(__name__)


class Errand:
    """A command of manage.py that runs at most once beside us. It shares our environment, and ends with us and when it is done."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.words = (sys.executable, str(BASE_DIR / "manage.py"), command)
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it unless it runs. What is asked for just as it ends is seen to by the next bell."""
        if self._child is not None:
            code = self._child.poll()
            if code is None:
                return
            if code:
                log.error("%s ended with status %s; it is started again", self.command, code)
        hook = spawn.die_with_parent()
        self._child = subprocess.Popen(
            self.words, cwd=BASE_DIR, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=hook
        )
