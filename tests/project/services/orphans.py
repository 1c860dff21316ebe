"""Run as a program: a supervisor whose child has a child of its own, to be killed from outside."""

import asyncio
import os
import signal
import subprocess
import sys

from project.services.options import BASE_DIR
from project.services.spawn import Launch, die_with_parent
from project.services.supervisor import Program, Stage
from tests.project.services.watching import Watched

ME = (sys.executable, "-u", "-m", "tests.project.services.orphans")


def parent() -> None:
    """The child: it starts a grandchild that follows it, as a Celery worker's pool does."""
    sleeper = [sys.executable, "-c", "import signal; signal.pause()"]
    grandchild = subprocess.Popen(sleeper, preexec_fn=die_with_parent())
    print("ready", os.getpid(), grandchild.pid)  # noqa: T201
    signal.pause()


def supervise() -> None:
    """The supervisor: it tells who its child and grandchild are, and stays."""
    asyncio.run(_supervise())


async def _supervise() -> None:
    watched = Watched()
    launch = Launch(argv=(*ME, "parent"), env=os.environ, cwd=BASE_DIR)
    watched.supervisor.keep(Program("parent", launch, Stage.WORK))
    print(await watched.until("parent", "ready"))  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    {"parent": parent, "supervise": supervise}[sys.argv[1]]()
