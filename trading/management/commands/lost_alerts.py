"""manage.py lost_alerts: alerts that were promised and did not come; --settle does what a person chose."""

import getpass
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from signals.models import LostAlert
from trading.management.commands.status import NOT_RUNNING
from trading.services import lost
from trading.services.lost import CHOICES, CannotSettle


class Command(BaseCommand):
    """One line each, with what can be done."""

    help = "List lost alerts, or settle one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which one, and how."""
        parser.add_argument("--settle", type=int, help="the lost alert's number")
        parser.add_argument("--choice", choices=sorted(CHOICES), default="ignore", help="what to do (default: ignore)")
        parser.add_argument("--json", action="store_true", help="print one JSON list")

    def handle(self, *args: Any, **options: Any) -> None:
        """Settle, then print what is open. Raises CommandError where it cannot be settled so."""
        try:
            if options["settle"] is not None:
                lost.settle(options["settle"], options["choice"], operator=getpass.getuser(), now=timezone.now())
            found = [_line(row) for row in LostAlert.objects.filter(state="OPEN").select_related("source__account")]
        except LostAlert.DoesNotExist:
            raise CommandError(f"There is no lost alert {options['settle']}.") from None
        except CannotSettle as error:
            raise CommandError(str(error)) from None
        except OperationalError:
            raise CommandError(NOT_RUNNING) from None
        self.stdout.write(json.dumps(found) if options["json"] else _text(found))


def _line(row: LostAlert) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "symbol": row.symbol,
        "source": row.source.name,
        "expected_at": row.expected_at.isoformat(),
        "words": row.words,
        "choices": lost.choices_for(row),
    }


def _text(found: list[dict[str, Any]]) -> str:
    lines = [f"{row['id']:>6}  {row['kind']:<8}  {row['words']}  [{', '.join(row['choices'])}]" for row in found]
    return "\n".join(lines) or "Nothing is missing."
