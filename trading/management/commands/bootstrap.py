"""manage.py bootstrap: make what a new installation needs; the last line is JSON for `make up`."""

import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from project import tables
from project.journal import sealer
from trading.services.bootstrap import bootstrap


class Command(BaseCommand):
    """Safe to repeat: makes only what is missing."""

    requires_system_checks: tuple[str, ...] = ()
    # They load every page of the dashboard, which takes longer than all the rest of a start.
    help = "After a restore, lead the journal on; create the first login, the paper account and the first sources (run by `up`)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was made."""
        if tables.missing():
            self.stdout.write(json.dumps({"tables_missing": True}))
            return
        sealer.catch_up()
        made = bootstrap(paper_url=f"http://127.0.0.1:{settings.WINDLASS.paper_port}")
        self.stdout.write(json.dumps(asdict(made)))
