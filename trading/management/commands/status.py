"""manage.py status: what the running engine is doing, in numbers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from trading.domain.words import group_words, order_words
from trading.services.status import Status, status

NOT_RUNNING = "The database does not answer: is the stack running? Start it with `make up`."


class Command(BaseCommand):
    """Counts of alerts, groups, orders, slots; mode; ages."""

    help = "Show what the engine is doing; --json for programs."
    requires_system_checks: list[str] = []  # noqa: RUF012  (Django's own type)

    def add_arguments(self, parser: CommandParser) -> None:
        """--json."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print. Raises CommandError when the database is down."""
        try:
            found = status(now=timezone.now())
        except OperationalError:
            raise CommandError(NOT_RUNNING) from None
        self.stdout.write(json.dumps(asdict(found)) if options["json"] else text(found))


def text(found: Status) -> str:
    """The counts as lines."""
    canary = "never answered" if found.canary_age_secs is None else f"answered {found.canary_age_secs:.1f} s ago"
    rows = [
        ("mode", found.mode),
        ("accounts", _listed(found.accounts)),
        ("slots", _pools(found.pools)),
        ("groups", _counted(found.groups, group_words)),
        ("orders", _counted(found.orders, order_words)),
        ("alerts", _listed(found.alerts)),
        ("queue", f"{found.queue} waiting"),
        ("workers", canary),
        ("journal", f"oldest unsealed row {found.unsealed_age_secs:.2f} s"),
    ]
    return "\n".join(f"{name:<10} {value}" for name, value in rows)


def _pools(pools: Mapping[str, Mapping[str, int]]) -> str:
    """Slots per account, as the page shows them; with one account its name says nothing."""
    said = {name: f"{pool['open']} of {pool['size']} taken" for name, pool in pools.items()}
    return " · ".join(said.values() if len(said) == 1 else (f"{name} {text}" for name, text in said.items())) or "none"


def _counted(counts: Mapping[str, int], words: Callable[[str], str]) -> str:
    """`3 closed · 1 withdrawn, nothing filled`."""
    return " · ".join(f"{count} {words(state)}" for state, count in counts.items()) or "none yet"


def _listed(counts: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in counts.items()) or "none yet"
