"""Envelopes of the key vault: AES-256-GCM, a data key each, wrapped by the key-encryption key. No Django, no settings.

Both layers carry the same additional authenticated data, so that an envelope copied to another owner does not open.
Layout: version (1) · KEK id (4) · nonce (12) · wrapped data key (48) · nonce (12) · ciphertext and tag.
"""

import base64
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
NONCE = 12  # bytes, as GCM wants
WRAPPED = 48  # bytes: a 32-byte key and its tag
HEAD = 1 + 4 + NONCE + WRAPPED + NONCE


class VaultError(Exception):
    """A secret could not be opened: the key-encryption key or the envelope's owner is not the one it was sealed with."""

    code = "VAULT_CLOSED"


def decoded(text: str) -> bytes:
    """A key-encryption key from its base64 text. Raises VaultError unless it is 32 bytes."""
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise VaultError("the key-encryption key must be 32 bytes in base64: see WINDLASS_KEK or the file `kek`")
    return key


def kek_id(key: bytes) -> bytes:
    """Four bytes that name a key-encryption key without telling it."""
    return hashlib.sha256(b"windlass-kek-id" + key).digest()[:4]


def seal(plain: bytes, *, aad: bytes, key: bytes) -> bytes:
    """An envelope over `plain` that opens only with the same key and aad."""
    data_key = AESGCM.generate_key(bit_length=256)
    outer, inner = os.urandom(NONCE), os.urandom(NONCE)
    wrapped = AESGCM(key).encrypt(outer, data_key, aad)
    return VERSION + kek_id(key) + outer + wrapped + inner + AESGCM(data_key).encrypt(inner, plain, aad)


def open_sealed(envelope: bytes, *, aad: bytes, keys: Sequence[bytes]) -> bytes:
    """What was sealed with one of the keys. Raises VaultError for another KEK, another owner, or a damaged envelope."""
    key = next((key for key in keys if kek_id(key) == envelope[1:5]), None)
    if envelope[:1] != VERSION or key is None:
        raise VaultError("sealed with another key-encryption key: restore the file `kek` or set WINDLASS_KEK")
    outer, wrapped = envelope[5 : 5 + NONCE], envelope[5 + NONCE : HEAD - NONCE]
    try:
        data_key = AESGCM(key).decrypt(outer, wrapped, aad)
        return AESGCM(data_key).decrypt(envelope[HEAD - NONCE : HEAD], envelope[HEAD:], aad)
    except (InvalidTag, ValueError):  # ValueError: torn off before its nonce ends
        raise VaultError("the envelope is damaged or belongs to another account") from None
