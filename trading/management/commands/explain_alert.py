"""manage.py explain_alert: what would this alert do now? Nothing is sent, nothing is kept."""

import json
import sys
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from project.journal.record import plain
from signals.formats import FormatRefused
from signals.models import Source
from signals.strict_json import JsonRefused
from trading.management.commands.status import NOT_RUNNING
from trading.services import connect
from trading.services.explain import Explanation, WrongSecret, explain


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
            gateway = partial(connect.gateway, source.account)
            found = explain(options["body"] or sys.stdin.read(), source=source, gateway=gateway, clock=timezone.now)
        except OperationalError:
            raise CommandError(NOT_RUNNING) from None
        except WrongSecret as error:
            raise CommandError(str(error)) from None
        except (FormatRefused, JsonRefused) as error:
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


def text(found: Explanation) -> str:
    """The explanation for people."""
    lines = [f"format    {found.format}", f"outcome   {found.verdict.outcome}", f"reason    {found.verdict.reason}"]
    for check in found.verdict.details.get("checks", []):
        mark = "ok" if check["ok"] else "NO"
        lines.append(f"check     {mark} {check['name']}: {check['value']} of {check['limit']} {check['unit']}".rstrip())
    for order in found.orders:
        price = "market" if order.price is None else format(plain(order.price))
        target = f", target {plain(order.target_price)}" if order.target_price else ""
        lines.append(f"order     leg {order.leg}: {order.side} {plain(order.qty)} {order.type} {price}{target}")
    return "\n".join([*lines, "Nothing was sent and nothing was kept."])
