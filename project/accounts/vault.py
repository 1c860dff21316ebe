"""The key vault: AES-256-GCM envelopes under one key-encryption key.

Each secret is encrypted with a data key of its own, and the data key with the key-encryption key (KEK), both with the
same additional authenticated data, so that an envelope copied to another user, account or venue does not open.
Layout: version (1) · KEK id (4) · nonce (12) · wrapped data key (48) · nonce (12) · ciphertext and tag.
"""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from project.accounts.models import ExchangeAccount
from project.settings.environment import secret_file

VERSION = b"\x01"
NONCE = 12  # bytes, as GCM wants
WRAPPED = 48  # bytes: a 32-byte key and its tag
HEAD = 1 + 4 + NONCE + WRAPPED + NONCE


class VaultError(Exception):
    """A secret could not be opened: the key-encryption key or the envelope's owner is not the one it was sealed with."""

    code = "VAULT_CLOSED"


def kek_path() -> Path:
    """Where the key-encryption key lies when WINDLASS_KEK does not carry it."""
    path: Path = settings.WINDLASS.home / "kek"
    return path


def keyring() -> list[bytes]:
    """The key that seals, then older ones that still open: WINDLASS_KEK (comma-separated), else the lines of `kek`.

    There is more than one only while keys are being rotated. Raises VaultError when malformed.
    """
    texts = settings.WINDLASS.kek.split(",") if settings.WINDLASS.kek else secret_file(kek_path()).split()
    return [_decoded(text) for text in texts]


def _decoded(text: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise VaultError("the key-encryption key must be 32 bytes in base64: see WINDLASS_KEK or the file `kek`")
    return key


def key_encryption_key() -> bytes:
    """The 32 bytes that seal. Made at first start (0600). Raises VaultError when malformed."""
    return keyring()[0]


def kek_id(key: bytes) -> bytes:
    """Four bytes that name a key-encryption key without telling it."""
    return hashlib.sha256(b"windlass-kek-id" + key).digest()[:4]


def seal(plain: bytes, *, aad: bytes) -> bytes:
    """An envelope over `plain` that opens only with the same aad."""
    key, data_key = key_encryption_key(), AESGCM.generate_key(bit_length=256)
    outer, inner = os.urandom(NONCE), os.urandom(NONCE)
    wrapped = AESGCM(key).encrypt(outer, data_key, aad)
    return VERSION + kek_id(key) + outer + wrapped + inner + AESGCM(data_key).encrypt(inner, plain, aad)


def open_sealed(envelope: bytes, *, aad: bytes) -> bytes:
    """What was sealed. Raises VaultError for another KEK, another owner, or a damaged envelope."""
    key = next((key for key in keyring() if kek_id(key) == envelope[1:5]), None)
    if envelope[:1] != VERSION or key is None:
        raise VaultError("sealed with another key-encryption key: restore the file `kek` or set WINDLASS_KEK")
    outer, wrapped = envelope[5 : 5 + NONCE], envelope[5 + NONCE : HEAD - NONCE]
    try:
        data_key = AESGCM(key).decrypt(outer, wrapped, aad)
        return AESGCM(data_key).decrypt(envelope[HEAD - NONCE : HEAD], envelope[HEAD:], aad)
    except (InvalidTag, ValueError):  # ValueError: torn off before its nonce ends
        raise VaultError("the envelope is damaged or belongs to another account") from None


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
