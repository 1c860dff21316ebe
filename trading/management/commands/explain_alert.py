"""manage.py explain_alert: what would this alert do now? Nothing is sent, nothing is kept."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from project.journal.record import plain
from signals.formats import FormatRefused
from signals.models import Source
from trading.management.commands.status import NOT_RUNNING
from trading.services import connect
from trading.services import explain_words as words
from trading.services.explain import Explanation, WrongSecret, explain
from trading.services.stages import Stages


class Command(BaseCommand):
    """Format, outcome, checks and every leg."""

    help = "Explain an alert's body (from --body or standard input) for a source."

    def add_arguments(self, parser: CommandParser) -> None:
        """Source and body."""
        parser.add_argument("--source", default="tradingview", help="the source's name (default: tradingview)")
        parser.add_argument("--body", help="the alert's body; without it standard input is read")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print. Raises CommandError when the source is unknown or the door would refuse the body."""
        try:
            source = _source(options["source"])
            body = options["body"] or sys.stdin.read()
            found = explain(body, source=source, gateway=connect.gateway, clock=timezone.now)
        except OperationalError:
            raise CommandError(NOT_RUNNING) from None
        except WrongSecret as error:
            raise CommandError(str(error)) from None
        except FormatRefused as error:
            raise CommandError(f"The door would refuse this body: {error}") from None
        self.stdout.write(as_json(found) if options["json"] else text(found))


def _source(name: str) -> Source:
    """The oldest source of that name. Raises CommandError with the names there are."""
    source = Source.objects.select_related("account").filter(name=name).order_by("id").first()
    if source is None:
        names = ", ".join(Source.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no source called {name}. Sources: {names}.")
    return source


def as_json(found: Explanation) -> str:
    """The explanation for programs."""
    orders = [{name: getattr(order, name) for name in order.__slots__} for order in found.orders]
    verdict = {"outcome": found.verdict.outcome, "reason": found.verdict.reason, "details": found.verdict.details}
    return json.dumps(plain({"format": found.format, **verdict, "orders": orders}))


def _stages(found: Stages) -> list[str]:
    """What it comes to mean, the slots, the size with what bound it, and every check."""
    lines = (
        [f"meaning   {found.found.meaning} {found.found.side or found.found.exits or ''}".rstrip()]
        if found.found
        else []
    )
    if found.admission:
        lines.append(f"slots     {found.admission.free_slots} of {found.admission.pool_size} free")
    if found.draft is None:
        return lines
    rules, sizes = found.draft.rules, found.sized.lines if found.sized else ()
    if found.intent is not None and found.intent.size is not None:
        lines.append(f"asks      {words.size_words(found.intent.size, rules)}")
    lines += [f"size      {words.line_words(size, rules)}" for size in sizes]
    checks = ((check.ok, words.check_words(check, rules.quote)) for check in found.checks)
    return lines + [f"check     {'ok' if ok else 'NO'} {said}" for ok, said in checks]


def text(found: Explanation) -> str:
    """The explanation for people."""
    lines = [f"format    {found.format}", f"outcome   {found.verdict.outcome}", f"reason    {found.verdict.reason}"]
    lines += _stages(found.stages)
    rules = found.stages.draft.rules if found.stages.draft else None
    lines += [f"order     {words.order_words(order, rules)}" for order in found.orders if rules]
    return "\n".join([*lines, "Nothing was sent and nothing was kept."])
