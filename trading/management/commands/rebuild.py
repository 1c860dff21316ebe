"""manage.py rebuild --check: does the journal lead to the state that the tables show?"""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from trading.management.commands.status import NOT_RUNNING
from trading.services.rebuild import differences


class Command(BaseCommand):
    """Compares; exit status 1 when they differ."""

    help = "Rebuild orders, fills, positions, slots, queue and mode from the journal and compare them with the tables."
    requires_system_checks: list[str] = []  # noqa: RUF012  (Django's own type)

    def add_arguments(self, parser: CommandParser) -> None:
        """--check is required: writing over live rows is not offered."""
        parser.add_argument("--check", action="store_true", required=True, help="compare, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what differs. Raises CommandError when the database is down."""
        try:
            compared, found = differences()
        except OperationalError:
            raise CommandError(NOT_RUNNING) from None
        for line in found:
            self.stdout.write(line)
        self.stdout.write(f"{compared} rows compared, {len(found)} differences.")
        if found:
            sys.exit(1)
