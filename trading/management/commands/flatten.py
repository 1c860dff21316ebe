"""manage.py flatten: cancel everything, close everything, verify at the venue."""

import getpass
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from project.accounts import mode
from project.accounts.models import ExchangeAccount
from trading.errors import VenueError
from trading.services import flatten

FLAT_READS = 3
# Done after three flat reads in a row: one may be a moment between two orders.
PAUSE_SECS = 1.0


class Command(BaseCommand):
    """Needs the running stack: its workers carry it out."""

    help = "Pause entries, empty the queue, cancel and close everything of one account or all; waits until it is done."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which account, how long to wait, no question."""
        parser.add_argument("--account", help="an account's name; without it all accounts")
        parser.add_argument("--timeout", type=float, default=60.0, help="seconds to wait (default 60)")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Close and watch. Exit status 1 when something is still open at the end."""
        accounts = list(ExchangeAccount.objects.filter(**({"name": options["account"]} if options["account"] else {})))
        if not accounts:
            raise CommandError("There is no such account.")
        self._ask(accounts, sure=options["yes"])
        self._pause()
        for account in accounts:
            count = flatten.flatten(account.pk, operator=getpass.getuser(), now=timezone.now())
            self.stdout.write(f"{account.name}: {count} groups are closing, at market.")
        self._watch(accounts, give_up=time.monotonic() + options["timeout"])

    def _ask(self, accounts: list[ExchangeAccount], *, sure: bool) -> None:
        names = ", ".join(str(account) for account in accounts)
        question = f"This stops entries and sells every open position of {names} at market. Type FLATTEN: "
        if not sure and input(question) != "FLATTEN":
            raise CommandError("Nothing was done.")

    def _pause(self) -> None:
        """No new entries meanwhile; a stricter mode stays. Raises CommandError in EMERGENCY, where nothing can leave."""
        current = mode.current().mode
        if current == mode.Mode.EMERGENCY:
            raise CommandError("The mode is EMERGENCY: no order leaves, exits neither. Set it to REDUCED first.")
        if current == mode.Mode.NORMAL:
            mode.change(mode.Mode.PAUSED, operator=getpass.getuser(), reason="flatten")

    def _watch(self, accounts: list[ExchangeAccount], *, give_up: float) -> None:
        flat = 0
        while flat < FLAT_READS:
            try:
                left = {account.name: flatten.left(account) for account in accounts}
            except VenueError as error:
                raise CommandError(f"{error}. The workers go on; run this again to verify.") from None
            flat = flat + 1 if all(found.flat for found in left.values()) else 0
            if time.monotonic() > give_up and not flat:
                self.stdout.write(f"Not flat yet: {left}. The workers go on; run this again to verify.")
                sys.exit(1)
            time.sleep(PAUSE_SECS)
        self.stdout.write(f"Flat: three looks at the venue found nothing. The mode stays {mode.current().mode}.")
