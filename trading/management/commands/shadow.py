"""manage.py shadow: a shadowed source beside the old bot's export, as sums; an export is read with --import."""

import getpass
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from project.journal.record import plain
from signals.models import Source
from trading.domain.comparison import Totals, totals
from trading.domain.trade_export import Export
from trading.management.commands.status import NOT_RUNNING
from trading.services import shadow_compare

NAMES = (
    "matched",
    "missed",
    "extra",
    "their_pnl",
    "our_pnl",
    "their_pnl_matched",
    "our_pnl_matched",
    "entry_worse_bps",
)


class Command(BaseCommand):
    """Matched, missed, extra; PnL of both."""

    help = "Compare a source in shadow mode with the old bot's trades."

    def add_arguments(self, parser: CommandParser) -> None:
        """Source, file, days, window."""
        parser.add_argument("--source", required=True, help="the source's name")
        parser.add_argument("--import", dest="file", type=Path, help="a CSV export of the old bot's trades, read first")
        parser.add_argument("--days", type=int, help="only what began in the last days (default: all)")
        parser.add_argument(
            "--minutes", type=int, default=15, help="how near two entries of one trade are (default: 15)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, compare, print. Raises CommandError where the source or the file is not there."""
        try:
            source = Source.objects.select_related("account").filter(name=options["source"]).order_by("id").first()
            if source is None:
                raise CommandError(f"There is no source called {options['source']}.")
            read = _imported(source, options["file"]) if options["file"] else None
            since = timezone.now() - timedelta(days=options["days"]) if options["days"] else None
            window = timedelta(minutes=options["minutes"])
            found = totals(shadow_compare.comparison(source, since=since, window=window))
        except OperationalError:
            raise CommandError(NOT_RUNNING) from None
        self.stdout.write(as_json(found, read) if options["json"] else text(found, read))


def _imported(source: Source, file: Path) -> Export:
    try:
        text_of = file.read_text(encoding="utf-8-sig").replace("\0", "")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None
    return shadow_compare.import_trades(source, text_of, operator=getpass.getuser())


def as_json(found: Totals, read: Export | None) -> str:
    """The sums for programs."""
    sums = {name: getattr(found, name) for name in NAMES}
    errors = [[wrong.line, wrong.field, wrong.code] for wrong in read.errors] if read else []
    return json.dumps(plain({**sums, "imported": len(read.trades) if read else 0, "errors": errors}))


def text(found: Totals, read: Export | None) -> str:
    """The sums for people."""
    lines = [f"imported   {len(read.trades)} trades from {read.lines} lines"] if read else []
    lines += (
        [f"line {w.line}     {w.field}: {w.code}; expected {w.expected}, got {w.got}" for w in read.errors]
        if read
        else []
    )
    lines += [f"{name:<18} {_short(getattr(found, name))}" for name in NAMES]
    return "\n".join(lines)


def _short(value: int | Decimal | None) -> str:
    """A sum as a person reads it, to four places."""
    return "-" if value is None else str(round(value, 4))
