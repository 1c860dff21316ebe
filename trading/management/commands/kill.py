"""manage.py kill: the red button on the command line. Works with the database, the broker or both down."""

import getpass
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from project.accounts import mode
from project.services import lock, stackfile
from trading.kill import journal
from trading.kill.sequence import MEMORY
from trading.services import kill_door, left_open
from trading.services.press import press

LOOK_SECS = 0.1
TRACES = (lock.NAME, stackfile.NAME, "pg", "engine-token")
# What an engine leaves in its data folder: the last one also where no supervisor starts it and the database is one's own.
NO_ENGINE = (
    "WARNING: no engine has ever run on {home}. One that runs on another data folder TRADES ON whatever is done here:"
    " give its folder, WINDLASS_HOME=… manage.py kill, or put WINDLASS_HOME into .env."
)


class Command(BaseCommand):
    """Sets the latch; the kill process does the rest, or this command when none runs."""

    help = "Cancel every order and close every position at every venue, now, and stop trading (EMERGENCY)."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Why, no question, how long to wait."""
        parser.add_argument("--reason", default="", help="kept in the journal")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--timeout", type=float, default=60.0, help="seconds to wait until flat (default 60)")
        parser.add_argument(
            "--pair", action="store_true", help="show the secret that a remote red button needs; no kill"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Latch, then tell what is done line by line. Exit status 1 when it is not flat in time."""
        home: Path = settings.WINDLASS.home
        if options["pair"]:
            return self.stdout.write(kill_door.pair(home))
        lived_in = self._lived_in(home)
        reason = options["reason"] or self._asked_reason(sure=options["yes"])
        self._ask(sure=options["yes"])
        latch = press(home, operator=getpass.getuser(), reason=reason, source="command")
        if latch.source == MEMORY:
            raise CommandError(mode.NO_LATCH)
        told = "no order leaves any more" if lived_in else f"in {home}, where no engine is known"
        self.stdout.write(f"Latched at {latch.at}: {told}.")
        return self._follow(home, latch.id, give_up=time.monotonic() + options["timeout"])

    def _lived_in(self, home: Path) -> bool:
        """Whether an engine ever ran on this folder; said loudly where none did, for a real one would trade on."""
        if any((home / trace).exists() for trace in TRACES):
            return True
        self.stderr.write(self.style.ERROR(NO_ENGINE.format(home=home)))
        return False

    def _asked_reason(self, *, sure: bool) -> str:
        return "manage.py kill" if sure else input("Why? ").strip() or "manage.py kill"

    def _ask(self, *, sure: bool) -> None:
        question = f"This closes every open position on every account at market. Type {mode.KILL_PHRASE}: "
        if not sure and input(question) != mode.KILL_PHRASE:
            raise CommandError("Nothing was done.")

    def _follow(self, home: Path, latch_id: str, *, give_up: float) -> None:
        told = 0
        while True:
            lines = journal.lines(home, latch_id)
            for line in lines[told:]:
                self.stdout.write(_words(line))
            told = len(lines)
            if any(line.get("kind") == journal.FLAT for line in lines):
                return self._tell_open(home, latch_id)
            if time.monotonic() > give_up:
                self.stdout.write("Not flat yet. The kill process goes on; `manage.py mode` shows how far it is.")
                self._tell_open(home, latch_id)
                sys.exit(1)
            time.sleep(LOOK_SECS)

    def _tell_open(self, home: Path, latch_id: str) -> None:
        """Groups that hold something by our books; flat at the venue, they close as the sales are booked."""
        try:
            left = left_open.left_open(home, latch_id)
        except DatabaseError:
            return self.stdout.write("The database does not answer: what our books still hold is not known.")
        for group in left:
            self.stdout.write(f"Still open: {group.words}")
        return None


def _words(line: dict[str, Any]) -> str:
    facts = "  ".join(f"{name} {value}" for name, value in line.items() if name not in ("at", "ms", "kind"))
    return f"{line.get('ms', 0):>9} ms  {line.get('kind')}  {facts}"
