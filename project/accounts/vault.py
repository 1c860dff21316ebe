"""The key vault: secrets in envelopes (envelope.py) under the installation's key-encryption key (KEK)."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings

from project.accounts import envelope as envelopes
from project.accounts.envelope import VaultError, kek_id
from project.accounts.models import ExchangeAccount
from project.settings.environment import secret_file

__all__ = [
    "ELSEWHERE",
    "VaultError",
    "account_aad",
    "kek_id",
    "kek_path",
    "key_encryption_key",
    "keyring",
    "mark_of",
    "open_credentials",
    "open_sealed",
    "put_credentials",
    "seal",
    "seal_credentials",
]

ELSEWHERE: list[Callable[[], int]] = []
# Upper floors keep envelopes too: each adds what seals its own anew, in the caller's transaction, and says how many.


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


def mark_of(credentials: Mapping[str, str]) -> str:
    """Eight hex digits that tell one API key from another; empty where there is none. An API key is long and random."""
    key = credentials.get("apiKey", "")
    return hashlib.sha256(b"windlass-key-mark" + key.encode()).hexdigest()[:8] if key else ""


def put_credentials(account: ExchangeAccount, credentials: Mapping[str, str], *, now: datetime) -> None:
    """New keys: sealed, with their mark and age (not saved yet). The account needs its id."""
    seal_credentials(account, credentials)
    account.keys_mark, account.keys_at = mark_of(credentials), now


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
