"""Second factors at rest: the secrets of authenticator apps and recovery codes in envelopes of the vault."""

import base64
import binascii
from typing import Any

from django.apps import apps

from project.accounts import vault

AAD = b"windlass-second-factor"
SECRETS = ("secret", "seed")
# Of an authenticator app, and of recovery codes; a passkey's half of the key is public.


def seal(text: str) -> str:
    """An envelope, as text."""
    return base64.b64encode(vault.seal(text.encode(), aad=AAD)).decode("ascii")


def open_sealed(envelope: str) -> str:
    """What was sealed. Raises VaultError."""
    try:
        inside = base64.b64decode(envelope, validate=True)
    except binascii.Error:
        raise vault.VaultError("this second factor was not sealed here: remove it and set it up again") from None
    return vault.open_sealed(inside, aad=AAD).decode()


def reseal_all() -> int:
    """Seal every one anew with the key that seals now; how many. Wants a transaction. Raises VaultError."""
    rows: Any = apps.get_model("mfa", "Authenticator")._default_manager.select_for_update(no_key=True)
    changed = [row for row in rows.exclude(type="webauthn").order_by("pk") if _resealed(row)]
    for row in changed:
        row.save(update_fields=["data"])
    return len(changed)


def _resealed(row: Any) -> bool:
    held = [name for name in SECRETS if name in row.data]
    for name in held:
        row.data[name] = seal(open_sealed(row.data[name]))
    return bool(held)
