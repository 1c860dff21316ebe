"""manage.py second_engine: show other engines on our accounts, or decide that this one trades an account."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from project.accounts.models import ExchangeAccount
from trading.services import instance


class Command(BaseCommand):
    """Without an account: lists what stands in the way."""

    help = (
        "List other engines on our accounts, or settle one: manage.py second_engine 1 --phrase 'this engine trades it'"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The account, and the words that decide."""
        parser.add_argument("account", type=int, nargs="?", help="the account's id")
        parser.add_argument("--phrase", default="", help=instance.PHRASE)
        parser.add_argument("--operator", default="", help="who you are (default: the system's user)")

    def handle(self, *args: Any, **options: Any) -> None:
        """List or settle. Raises CommandError with the reason why not."""
        account_id = options["account"]
        if account_id is None:
            return self._list()
        if not ExchangeAccount.objects.filter(pk=account_id).exists():
            raise CommandError(f"There is no account {account_id}.")
        who = options["operator"] or getpass.getuser()
        phrase = options["phrase"] or input(f"Stop the other engine, then type {instance.PHRASE}: ")
        try:
            instance.settle(account_id, phrase=phrase, operator=who, now=timezone.now())
        except instance.NotSettled as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"Account {account_id}: this engine trades it, from the next reconcile on (15 s).")
        return None

    def _list(self) -> None:
        now, found = timezone.now(), 0
        for account in ExchangeAccount.objects.order_by("id"):
            holder = instance.another(account.pk, now=now)
            lease = holder and instance.lease_words(holder)
            for words in filter(None, (lease, instance.obstacle(account.pk, now=now))):
                found += 1
                self.stdout.write(f"{account.pk}  {account.name}  {words}")
        if not found:
            self.stdout.write("No other engine trades an account of ours.")
