"""Who sent this? Tokens, secrets, API keys, signatures, addresses. Pure: time is an argument, sources are given."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

MAX_SKEW = timedelta(seconds=300)
# A signature older or younger than this is refused: it could be a recording.
MILLISECONDS_FROM = 100_000_000_000
TIMESTAMP_SHAPE = re.compile(r"[0-9]{1,14}")
HEX_SHAPE = re.compile(r"[0-9a-f]{64}")
WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}|\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class SenderRow:
    """An enabled source as the door knows it. Hashes are SHA-256; `accounts` are its user's, by name."""

    id: int
    kind: str
    account_id: int
    accounts: Mapping[str, int]
    token_hash: bytes | None = None
    secret_hash: bytes | None = None
    api_key_hash: bytes | None = None
    hmac_key: bytes | None = field(default=None, repr=False)
    hmac_required: bool = False
    allow_bare_hmac: bool = False
    networks: tuple[Network, ...] = ()
    formats: frozenset[str] = frozenset()
    body_dedupe_secs: int = 60
    rate_per_min: int | None = None

    def sends_to(self, endpoint: str) -> bool:
        """A tradingview source may use every endpoint, the others their own: an indicator feed can never trade."""
        return self.kind in (endpoint, "tradingview")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a request offers as proof besides its body; empty = not offered."""

    token: str = ""
    api_key: str = ""
    timestamp: str = ""
    signature: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A source that a request belongs to, and whether a signature proved it."""

    source: SenderRow
    signed: bool = False


class NotProven(Exception):
    """The proof offered is wrong or not enough; `reason` is for the owner's count, never for the sender."""

    def __init__(self, reason: str, source_id: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.source_id = reason, source_id


@dataclass(frozen=True, slots=True)
class Senders:
    """All enabled sources, found by the hash of what they know."""

    by_token: Mapping[bytes, tuple[SenderRow, ...]]
    by_secret: Mapping[bytes, tuple[SenderRow, ...]]
    by_api_key: Mapping[bytes, tuple[SenderRow, ...]]
    signing: tuple[SenderRow, ...]


def senders(rows: Iterable[SenderRow]) -> Senders:
    """Index sources by what proves them."""
    found = sorted(rows, key=lambda row: row.id)
    return Senders(
        by_token=_by_hash((row.token_hash, row) for row in found),
        by_secret=_by_hash((row.secret_hash, row) for row in found),
        by_api_key=_by_hash((row.api_key_hash, row) for row in found),
        signing=tuple(row for row in found if row.hmac_key),
    )


def _by_hash(pairs: Iterable[tuple[bytes | None, SenderRow]]) -> dict[bytes, tuple[SenderRow, ...]]:
    table: dict[bytes, tuple[SenderRow, ...]] = {}
    for digest, row in pairs:
        if digest:
            table[bytes(digest)] = (*table.get(bytes(digest), ()), row)
    return table


def digest(text: str) -> bytes:
    """SHA-256 of a credential: what rows hold, and what is compared, so timing tells nothing of the credential."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def by_envelope(known: Senders, offer: Offer, *, endpoint: str, raw: bytes, now: datetime) -> Claim | None:
    """Who sent this by path and headers; None when they offer nothing. Raises NotProven."""
    if not (offer.token or offer.api_key or offer.signature):
        return None
    if offer.token:
        found = known.by_token.get(digest(offer.token), ())
    elif offer.api_key:
        found = _fitting(known.by_api_key.get(digest(offer.api_key), ()), endpoint)
    else:
        found = tuple(row for row in _fitting(known.signing, endpoint) if signature_holds(row, offer, raw, now))
    if not found:
        raise NotProven("WRONG_CREDENTIALS")
    return _checked(found[0], offer, raw, now)


def by_secrets(
    known: Senders, secrets: Iterable[str], offer: Offer, *, endpoint: str, raw: bytes, now: datetime
) -> Claim:
    """Who sent this by the secret in its body. Raises NotProven."""
    offered = [digest(secret) for secret in secrets]
    found = [row for secret in offered for row in _fitting(known.by_secret.get(secret, ()), endpoint)]
    if not found:
        raise NotProven("WRONG_CREDENTIALS" if offered else "NO_CREDENTIALS")
    return _checked(found[0], offer, raw, now)


def confirm(claim: Claim, secrets: Iterable[str], *, offer: Offer) -> None:
    """The last word: what else was offered must be right too, and be enough. Raises NotProven."""
    source = claim.source
    offered = [digest(secret) for secret in secrets]
    if source.secret_hash and offered and not any(_equal(secret, source.secret_hash) for secret in offered):
        raise NotProven("WRONG_CREDENTIALS", source.id)
    if source.hmac_required and not claim.signed:
        raise NotProven("SIGNATURE_REQUIRED", source.id)
    if source.networks and not address_within(offer.address, source.networks):
        raise NotProven("ADDRESS_NOT_ALLOWED", source.id)


def _checked(source: SenderRow, offer: Offer, raw: bytes, now: datetime) -> Claim:
    """A source found by one proof; further ones that it could check must not contradict."""
    if source.api_key_hash and offer.api_key and not _equal(digest(offer.api_key), source.api_key_hash):
        raise NotProven("WRONG_CREDENTIALS", source.id)
    if not (source.hmac_key and offer.signature):
        return Claim(source)
    if not signature_holds(source, offer, raw, now):
        raise NotProven("WRONG_SIGNATURE", source.id)
    return Claim(source, signed=True)


def _fitting(rows: Iterable[SenderRow], endpoint: str) -> tuple[SenderRow, ...]:
    return tuple(row for row in rows if row.sends_to(endpoint))


def _equal(one: bytes, other: bytes) -> bool:
    return hmac.compare_digest(one, bytes(other))


def sign(key: bytes, timestamp: str, raw: bytes) -> str:
    """The value of X-Signature for a body sent at `timestamp` (epoch seconds or milliseconds, as in X-Timestamp)."""
    return "v1=" + _mac(key, timestamp.encode() + b"." + raw)


def signature_holds(source: SenderRow, offer: Offer, raw: bytes, now: datetime) -> bool:
    """True for `v1=` over timestamp and body within five minutes, or, where allowed, a bare hex HMAC of the body."""
    key = source.hmac_key or b""
    given = offer.signature.strip().lower()
    if given.startswith("v1="):
        expected = _mac(key, offer.timestamp.encode() + b"." + raw)
        return _same_hex(expected, given[3:]) and is_recent(offer.timestamp, now)
    return source.allow_bare_hmac and _same_hex(_mac(key, raw), given.removeprefix("sha256="))


def _mac(key: bytes, message: bytes) -> str:
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def _same_hex(expected: str, given: str) -> bool:
    return HEX_SHAPE.fullmatch(given) is not None and hmac.compare_digest(expected, given)


def is_recent(timestamp: str, now: datetime) -> bool:
    """True when an X-Timestamp is within five minutes of now, either way."""
    if not TIMESTAMP_SHAPE.fullmatch(timestamp):
        return False
    value = int(timestamp)
    seconds = Decimal(value) / 1000 if value >= MILLISECONDS_FROM else Decimal(value)
    return abs(seconds - Decimal(str(now.timestamp()))) <= Decimal(str(MAX_SKEW.total_seconds()))


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks as written in settings. Raises ValueError."""
    return tuple(ip_network(text.strip(), strict=False) for text in texts if text.strip())


@lru_cache(maxsize=4096)
def address_of(text: str) -> Address | None:
    """An address, its port left out, IPv4 in IPv6 unwrapped; None when it is none."""
    ported = WITH_PORT.fullmatch(text.strip())
    try:
        found = ip_address(ported[1] or ported[2] if ported else text.strip())
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def address_within(text: str, allowed: Iterable[Network]) -> bool:
    """True when the address lies in one of the networks."""
    address = address_of(text)
    return address is not None and any(address in network for network in allowed)


def sender_address(peer: str, forwarded_for: str, trusted: tuple[Network, ...]) -> str:
    """Where a request really came from: behind trusted proxies the last address that is none of them.

    Anybody can write X-Forwarded-For, so it counts only as far as trusted proxies wrote it, from the right.
    """
    if not trusted:
        return peer
    hops = [peer, *reversed([hop.strip() for hop in forwarded_for.split(",") if hop.strip()])]
    client = next((hop for hop in hops if not address_within(hop, trusted)), hops[-1])
    return str(address_of(client) or peer)
