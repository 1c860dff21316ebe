"""manage.py refit_volatility: fit volatility and correlations where they are due, then end. Started by a worker's bell."""

from typing import Any

from django.core.management.base import BaseCommand

from trading.services import fits


class Command(BaseCommand):
    """Fits them once for every account."""

    help = "Fit volatility and correlations anew where they are due (a worker does it by itself)."
    requires_system_checks: tuple[str, ...] = ()
    # They load every page of the dashboard.

    def handle(self, *args: Any, **options: Any) -> None:
        """One account after another."""
        fits.make_all()
