"""Channels' addresses in envelopes, bound to their channel and its person."""

from dashboard.notices.models import Channel
from project.accounts import vault


def _aad(channel: Channel) -> bytes:
    return f"user:{channel.user_id}|notices:{channel.pk}".encode()


def put(channel: Channel, url: str) -> None:
    """Seal an address (not saved yet). The channel needs its id."""
    channel.sealed_address = vault.seal(url.encode(), aad=_aad(channel))


def address(channel: Channel) -> str:
    """The address in clear. Raises VaultError."""
    return vault.open_sealed(bytes(channel.sealed_address), aad=_aad(channel)).decode()


def reseal() -> int:
    """Seal every address with the key that seals now, in the caller's transaction; how many. Raises VaultError."""
    rows = list(Channel.objects.select_for_update(no_key=True).exclude(sealed_address=b""))
    for row in rows:
        put(row, address(row))
        row.save(update_fields=["sealed_address"])
    return len(rows)
