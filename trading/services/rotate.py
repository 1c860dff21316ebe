"""Rotating the key-encryption key: every envelope is sealed anew, and at no moment can one not be opened.

First the new key stands before the old one in the file `kek`; then all envelopes are sealed with it in one
transaction; then the old key goes. A crash anywhere leaves both keys, and the next run finishes.
"""

import base64
import secrets

from django.conf import settings
from django.db import transaction

from project.accounts import vault
from project.accounts.models import ExchangeAccount
from project.journal.record import record
from project.services.files import write_private
from signals.models import Source
from trading.services import kill_files


class KeyFromEnvironment(Exception):
    """WINDLASS_KEK carries the key: put the new one before the old one there, comma-separated, and run this again."""


def rotate(*, operator: str) -> int:
    """Seal everything with a new key; how many envelopes. Raises VaultError, KeyFromEnvironment."""
    if not settings.WINDLASS.kek:
        _prepend_new_key()
    elif len(vault.keyring()) == 1:
        raise KeyFromEnvironment(KeyFromEnvironment.__doc__)
    count = _reseal_all(operator)
    kill_files.Writer(
        settings.WINDLASS.home
    ).write_keys()  # the kill process opens its file with the new key from here on
    if not settings.WINDLASS.kek:
        write_private(vault.kek_path(), vault.kek_path().read_text(encoding="ascii").split()[0])
    return count


def _prepend_new_key() -> None:
    """Unless a rotation that was cut short has done so already."""
    ring = [base64.urlsafe_b64encode(key).decode() for key in vault.keyring()]
    if len(ring) == 1:
        ring.insert(0, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
        write_private(vault.kek_path(), "\n".join(ring))


def _reseal_all(operator: str) -> int:
    with transaction.atomic():
        accounts = list(ExchangeAccount.objects.select_for_update(no_key=True).exclude(sealed_credentials=b""))
        for account in accounts:
            vault.seal_credentials(account, vault.open_credentials(account))
            account.save()
        sources = list(Source.objects.select_for_update(no_key=True).exclude(hmac_sealed=None))
        for source in sources:
            aad = f"source:{source.pk}".encode()
            source.hmac_sealed = vault.seal(vault.open_sealed(bytes(source.hmac_sealed or b""), aad=aad), aad=aad)
            source.save()
        count = len(accounts) + len(sources) + sum(reseal() for reseal in vault.ELSEWHERE)
        record("kek.rotated", subject="vault", payload={"operator": operator, "envelopes": count})
        return count
