"""manage.py mode: show the trading mode, change it, or leave EMERGENCY in its two steps."""

import getpass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from project.accounts import mode
from project.accounts.mode import Mode, ModeRefused
from trading.services import approvals, emergency

SETS = {"normal": Mode.NORMAL, "pause": Mode.PAUSED, "reduce": Mode.REDUCED}


class Command(BaseCommand):
    """normal, pause, reduce; leave asks to leave EMERGENCY, confirm does it."""

    help = "Show or change the trading mode. EMERGENCY is entered by `kill` and left by `mode leave`, `mode confirm`."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and why."""
        parser.add_argument("step", nargs="?", choices=[*SETS, "leave", "confirm"], help="without it: show")
        parser.add_argument("--reason", default="", help="kept in the journal; needed for every change")
        parser.add_argument("--phrase", default="", help=f"confirm: {mode.LEAVE_PHRASE}")
        parser.add_argument("--operator", default="", help="who you are (default: the system's user)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Show or change. Raises CommandError with the reason why not."""
        step, who = options["step"], options["operator"] or getpass.getuser()
        if step is None:
            return self._show()
        if step != "confirm" and len(options["reason"]) < 3:
            raise CommandError("Give --reason with 3 characters or more: it is what the journal will say later.")
        try:
            self._take(step, who, options)
        except ModeRefused as refused:
            raise CommandError(str(refused)) from None
        return self._show()

    def _take(self, step: str, who: str, options: dict[str, Any]) -> None:
        if step == "leave":
            mode.request_leave(operator=who, reason=options["reason"], now=timezone.now())
            self.stdout.write(
                f"Asked. Confirm within 15 minutes: manage.py mode confirm --phrase '{mode.LEAVE_PHRASE}'"
            )
        elif step == "confirm":
            phrase = options["phrase"] or input(f"Type {mode.LEAVE_PHRASE}: ")
            mode.leave(operator=who, phrase=phrase, two_people=approvals.needed(), now=timezone.now())
        else:
            mode.change(SETS[step], operator=who, reason=options["reason"])

    def _show(self) -> None:
        row, standing = mode.current(), emergency.standing(settings.WINDLASS.home)
        self.stdout.write(
            f"{row.mode}  since {row.changed_at:%Y-%m-%d %H:%M:%S} UTC by {row.operator or 'nobody'}: {row.reason}"
        )
        if standing is not None:
            latch, report = standing
            flat = "flat" if report and report.flat else "not flat yet"
            self.stdout.write(
                f"latch {latch.id}, set {_clock(latch.at)} by {latch.operator} ({latch.source}): {latch.reason}; {flat}"
            )


def _clock(text: str) -> str:
    """A time as the line above says it; the text itself where it is none."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except ValueError:
        return text
