"""The process that makes check-ups: they ask a venue a dozen questions, and no worker that watches prices may wait for that."""

import subprocess
import sys
from datetime import datetime

from project.services import spawn
from project.settings.environment import BASE_DIR
from trading.services import preflight

WORDS = (sys.executable, str(BASE_DIR / "manage.py"), preflight.BELL)


class _Maker:
    """The process that was started last; an ended one is taken off the table at the next look."""

    child: "subprocess.Popen[bytes] | None" = None


def start(*, now: datetime) -> None:
    """Start it where something waits, unless it runs. It shares our environment, and ends with us and when it is done.

    What is asked for just as it ends is seen to by the pump's next bell.
    """
    if _Maker.child is not None and _Maker.child.poll() is None:
        return
    _Maker.child = None
    if preflight.waits(now=now):
        hook = spawn.die_with_parent()
        _Maker.child = subprocess.Popen(
            WORDS, cwd=BASE_DIR, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=hook
        )
