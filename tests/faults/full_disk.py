"""The red button on a disk that takes nothing any more: no latch, no journal, and flat all the same.

python -m tests.faults.full_disk --rounds 4     pressed by the command, then with the watcher frozen, in turn
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from project.accounts import latch
from project.services import files
from tests.e2e.stack import PATIENCE_SECS, ROOT, Stack, until
from tests.faults import kill_drills as drills
from tests.faults import scarce

TIMING = "fast"
WAYS = ("told by signal", "started anew")
EMERGENCY = "SELECT mode FROM accounts_tradingmode"


def main() -> int:
    """Play so many rounds; 1 where a position stood, 2 where this machine has no small disk to give."""
    asked = argparse.ArgumentParser(description="The kill switch on a full disk.")
    asked.add_argument("--rounds", type=int, default=2)
    rounds = asked.parse_args().rounds
    if missing := scarce.missing("disk_kill"):
        sys.stderr.write(f"{missing}\n")
        return 2
    with scarce.place() as disk, stack_on(disk) as stack, drills.told_log(stack):
        for number in range(rounds):
            way = WAYS[number % len(WAYS)]
            sys.stdout.write(f"{way:<16} flat {one_round(stack, disk, way):>8.0f} ms after the press\n")
            sys.stdout.flush()
    return 0


@contextmanager
def stack_on(disk: Path) -> Iterator[Stack]:
    """A stack whose whole data folder lies on the disk."""
    stack = Stack(files.folder(disk / "home"), variables={"DEMO": "0", "DEMO_SPEED": "60", "WINDLASS_TIMING": TIMING})
    elsewhere = Path(tempfile.mkdtemp(prefix="windlass-venue-"))
    (stack.home / "paper").symlink_to(elsewhere)  # a venue has a disk of its own
    try:
        stack.start()
        stack.until_reconciled()
        for name, value in drills.SETTINGS.items():
            stack.rows(drills.OVERRIDE, name, value)
        yield stack
    finally:
        stack.end()
        shutil.rmtree(elsewhere)


def one_round(stack: Stack, disk: Path, way: str) -> float:
    """Open groups, fill the disk, press, look at the venue; room again, leave. Milliseconds from press to flat."""
    drills.opened(stack)
    scarce.fill(disk)
    began = time.monotonic()
    try:
        with pressed(stack, way):
            until(lambda: drills.left_at_venue(stack) == [], about="nothing left at the venue", secs=180, every=0.05)
            flat_ms = (time.monotonic() - began) * 1000
            assert latch.read(stack.home) is None, "the disk was full: there is no latch"
            scarce.free(disk)
    finally:
        scarce.free(disk)
    left(stack)
    return flat_ms


def left(stack: Stack) -> None:
    """With room again the emergency stands in the books, and two steps lead out of it."""
    until(lambda: stack.rows(EMERGENCY) == [("EMERGENCY",)], about="the mode row")
    groups = "SELECT count(*) FROM trading_positiongroup WHERE closed_at IS NULL"
    until(lambda: stack.rows(groups) == [(0,)], about="every group booked and closed", secs=240, every=0.5)
    drills.out_of_emergency(stack)
    drills.kept_promises(stack)


@contextmanager
def pressed(stack: Stack, way: str) -> Iterator[None]:
    """By the command, which signals the watcher; or, with the watcher frozen, by the program itself, which stays until all is written."""
    if way == WAYS[0]:
        done = stack.manage("kill", "--yes", "--reason", "a full disk")
        assert "took no latch" in done.stderr, done.stderr
        yield
        return
    with drills.frozen(stack, ("kill",)):
        program = subprocess.Popen([sys.executable, "-m", "trading.kill", "--now"], cwd=ROOT, env=stack.env)
        yield
        assert program.wait(PATIENCE_SECS) == 0


if __name__ == "__main__":
    sys.exit(main())
