"""manage.py rotate_kek: seal every secret with a new key-encryption key."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from project.accounts.vault import VaultError
from trading.services.rotate import KeyFromEnvironment, rotate


class Command(BaseCommand):
    """Safe at any moment; a run that was cut short is finished by the next."""

    help = "Make a new key-encryption key and seal every account's and source's secrets with it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate. Raises CommandError with the mend when an envelope does not open."""
        try:
            count = rotate(operator=getpass.getuser())
        except (KeyFromEnvironment, VaultError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{count} envelopes sealed with the new key. Back up the file `kek` apart from the database.")
