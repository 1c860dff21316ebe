"""manage.py make_checkups: make the pre-flights and test orders that wait, then end. Started by a worker's bell."""

from typing import Any

from django.core.management.base import BaseCommand

from signals.market import lean_ccxt, venues
from trading.services import preflight


class Command(BaseCommand):
    """Makes them until none waits."""

    help = "Make the pre-flights and test orders that wait (a worker does it by itself)."
    requires_system_checks: tuple[str, ...] = ()
    # They load every page of the dashboard.

    def handle(self, *args: Any, **options: Any) -> None:
        """One after another."""
        lean_ccxt.install(*venues.PRELOADED)
        preflight.make_all()
