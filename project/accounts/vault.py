"""The key vault: secrets in envelopes (envelope.py) under the installation's key-encryption key (KEK)."""

import json
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from project.accounts import envelope as envelopes
from project.accounts.envelope import VaultError, kek_id
from project.accounts.models import ExchangeAccount
from project.settings.environment import secret_file

__all__ = [
    "VaultError",
    "account_aad",
    "kek_id",
    "kek_path",
    "key_encryption_key",
    "keyring",
    "open_credentials",
    "open_sealed",
    "seal",
    "seal_credentials",
]


def kek_path() -> Path:
    """Where the key-encryption key lies when WINDLASS_KEK does not carry it."""
    path: Path = settings.WINDLASS.home / "kek"
    return path


def keyring() -> list[bytes]:
    """The key that seals, then older ones that still open: WINDLASS_KEK (comma-separated), else the lines of `kek`.

    There is more than one only while keys are being rotated. Raises VaultError when malformed.
    """
    texts = settings.WINDLASS.kek.split(",") if settings.WINDLASS.kek else secret_file(kek_path()).split()
    return [envelopes.decoded(text) for text in texts]


def key_encryption_key() -> bytes:
    """The 32 bytes that seal. Made at first start (0600). Raises VaultError when malformed."""
    return keyring()[0]


def seal(plain: bytes, *, aad: bytes) -> bytes:
    """An envelope over `plain` that opens only with the same aad."""
    return envelopes.seal(plain, aad=aad, key=key_encryption_key())


def open_sealed(envelope: bytes, *, aad: bytes) -> bytes:
    """What was sealed. Raises VaultError for another KEK, another owner, or a damaged envelope."""
    return envelopes.open_sealed(envelope, aad=aad, keys=keyring())


def account_aad(account: ExchangeAccount) -> bytes:
    """What binds credentials to their owner: user, account and venue."""
    return f"user:{account.user_id}|account:{account.pk}|venue:{account.venue}".encode()


def seal_credentials(account: ExchangeAccount, credentials: Mapping[str, str]) -> None:
    """Put an account's API key, secret and passphrase into its envelope (not saved yet). The account needs its id."""
    plain = json.dumps(dict(credentials)).encode()
    account.sealed_credentials = seal(plain, aad=account_aad(account))


def open_credentials(account: ExchangeAccount) -> dict[str, str]:
    """An account's credentials; empty when none were given. Raises VaultError."""
    if not account.sealed_credentials:
        return {}
    opened: dict[str, str] = json.loads(open_sealed(bytes(account.sealed_credentials), aad=account_aad(account)))
    return opened
