"""manage.py check_invariants: are the promises kept, by the venue's own word?"""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from trading.errors import VenueError
from trading.management.commands.status import NOT_RUNNING
from trading.services.invariants import Result, check_all

MARKS = {True: "held", False: "BROKEN", None: "not checked"}


class Command(BaseCommand):
    """I1–I13; exit status 1 when one is broken."""

    help = "Check the invariants against the venues; --json for programs."
    requires_system_checks: list[str] = []  # noqa: RUF012  (Django's own type)

    def add_arguments(self, parser: CommandParser) -> None:
        """--json, --settle-secs."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--settle-secs", type=float, default=20.0, help="how long a violation must last to count (default 20)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print. Raises CommandError when database or venue do not answer."""
        try:
            results = check_all(clock=timezone.now, settle_secs=options["settle_secs"])
        except OperationalError:
            raise CommandError(NOT_RUNNING) from None
        except VenueError as error:
            raise CommandError(f"{error}. Nothing can be confirmed without the venue.") from None
        as_json = json.dumps({name: asdict(result) for name, result in results.items()})
        self.stdout.write(as_json if options["json"] else "\n".join(map(_line, results.items())))
        if any(result.held is False for result in results.values()):
            sys.exit(1)


def _line(item: tuple[str, Result]) -> str:
    name, result = item
    counted = f"{result.checked} checked" if result.checked else result.reason
    return "\n".join([f"{name:<4} {MARKS[result.held]:<12} {counted}", *(f"       {v}" for v in result.violations)])
