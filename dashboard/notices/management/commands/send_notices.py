"""manage.py send_notices: tell people what waits, then end. Started by the worker when there is something to say."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from dashboard.notices import collect, courier

NICENESS = 10


class Command(BaseCommand):
    """Sends until nothing is due."""

    requires_system_checks = ()  # they load every page: twice the memory, ten times the start
    help = "Send the notifications that wait (a worker does it by itself)."

    def add_arguments(self, parser: CommandParser) -> None:
        """How long it stays when there is nothing more to say."""
        parser.add_argument("--linger", type=float, default=courier.LINGER_SECS, help="seconds to wait for more")

    def handle(self, *args: Any, **options: Any) -> None:
        """Trading goes first: this process yields."""
        os.nice(NICENESS)
        collect.collect(now=timezone.now())
        courier.serve(clock=timezone.now, linger_secs=options["linger"])
