"""manage.py pump: rings bells for due rows and seals the journal; runs until it is told to stop."""

import logging
import signal
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils import timezone

from project.journal.publish import publish
from project.journal.sealer import seal_all
from trading import bells
from trading.services import emergency, pump

log = logging.getLogger("trading.pump")

SEAL_SECS = 0.02
# How often the journal is looked at; an event reaches the browsers about this much after its commit.
BROKEN_SECS = 1.0


class Command(BaseCommand):
    """Ring for due rows every 2 s, and when a look-up is due; seal every 20 ms."""

    help = "Ring bells for due rows and seal the journal (started by `up`)."
    requires_system_checks: tuple[str, ...] = ()
    # They load every page of the dashboard: 30 MB that this loop has no use for.

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or SIGINT."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        ring_at, going = 0.0, True
        beside = emergency.Beside(settings.WINDLASS.home)
        while going:
            going = not stop.wait(SEAL_SECS)  # told to stop, it seals once more: what its last round wrote, too
            try:
                seal_all(
                    holder=bells.process_name(),
                    now=timezone.now(),
                    publish=publish,
                    heads=settings.WINDLASS.home / "journal-heads",
                )
                if going and time.monotonic() >= ring_at:
                    ring_at = time.monotonic() + pump.RING_SECS
                    now = timezone.now()  # the same for both: what becomes due between them would be in neither
                    pump.ring_due(now=now)
                    ring_at = time.monotonic() + pump.rest_secs(now=now)
                    pump.ring_canary(now=timezone.now())
                    beside.tend(now=timezone.now())
            except DatabaseError as error:
                log.warning("database not reached (%s): trying again", type(error).__name__)
                connection.close()
                stop.wait(BROKEN_SECS)
