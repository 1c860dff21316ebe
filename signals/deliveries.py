"""From a delivery to a row of the inbox: whose it is, what it says, what makes it a repeat. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from signals import formats
from signals.authentication import Claim, Offer, SenderRow
from signals.formats import Body, FieldError, FormatRefused
from signals.inbox import NewAlert, body_hash, dedupe_key
from signals.intent import Intent
from signals.strict_json import JsonRefused, text_of

REFUSED_WINDOW_SECS = 60
# One row a minute for the same unreadable body, however often it is sent.
MAX_CONTENT_TYPE = 80
MAX_WHY = 1000  # of the door's reason: a body with a hundred wrong fields names each


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as it arrived; received_at is when its body was complete."""

    endpoint: str
    offer: Offer
    raw: bytes
    content_type: str
    received_at: datetime

    @property
    def by_token(self) -> bool:
        """True when the sender proved itself in the path, so that the body may hold nothing but values."""
        return bool(self.offer.token)


def opened(raw: bytes) -> tuple[str, Body]:
    """The body as text and as what it says. Raises FormatRefused, also in place of JsonRefused."""
    try:
        text = text_of(raw)
        return text, formats.read(text)
    except JsonRefused as refused:
        error = FieldError(refused.field, refused.code, refused.limit, refused.value)
        raise FormatRefused(refused.code, refused.message, (error,)) from None


def accepted(delivery: Delivery, claim: Claim, text: str, body: Body) -> tuple[NewAlert, Intent]:
    """The row of a delivery that a format understands, and what it asks for. Raises FormatRefused."""
    source = claim.source
    chosen = formats.choose(body, endpoint=delivery.endpoint, by_token=delivery.by_token, allowed=source.formats)
    intent = formats.parse(body, chosen)
    account_id = account_of(source, intent.account)
    clean = formats.SCRUBBER.body(text, body, proofs=_proofs(delivery.offer, body))
    return _row(delivery, claim, account_id, chosen.name, clean, intent.client_id), intent


def refused(delivery: Delivery, claim: Claim, error: FormatRefused) -> NewAlert:
    """The row of an authenticated delivery that was refused, with why, so that its sender finds it on the page."""
    text = delivery.raw.decode("utf-8", "replace").replace("\0", "�")
    proofs = _proofs(delivery.offer, {})
    clean = formats.SCRUBBER.malformed(text, proofs=proofs)
    why = formats.SCRUBBER.malformed(f"{error.code}: {error.message}".replace("\0", "�"), proofs=proofs)
    return replace(_row(delivery, claim, claim.source.account_id, "", clean, ""), refused=why[:MAX_WHY])


def account_of(source: SenderRow, name: str) -> int:
    """The account an alert is for: its source's own, or another of the same user by name. Raises FormatRefused."""
    account_id = source.accounts.get(name) if name else source.account_id
    if account_id is None:
        error = FieldError("account", "UNKNOWN_ACCOUNT", "the name of one of your accounts, as Windlass shows it")
        raise FormatRefused("UNKNOWN_ACCOUNT", f"account: {error.expected}.", (error,))
    return account_id


def _proofs(offer: Offer, body: Body) -> tuple[str, ...]:
    return (offer.token, offer.api_key, *formats.secrets_in(body))


def _row(delivery: Delivery, claim: Claim, account_id: int, format_name: str, clean: str, client_id: str) -> NewAlert:
    digest, source = body_hash(clean), claim.source
    window = source.body_dedupe_secs if format_name and not client_id else 0
    return NewAlert(
        source_id=source.id,
        account_id=account_id,
        endpoint=delivery.endpoint,
        format=format_name,
        raw=clean,
        content_type=delivery.content_type[:MAX_CONTENT_TYPE],
        body_hash=digest,
        dedupe_key=_key(delivery, claim, client_id, digest) if format_name else _refused_key(delivery, digest),
        client_id=client_id,
        received_at=delivery.received_at,
        peer=delivery.offer.address[:50],
        window_secs=window,
    )


def _key(delivery: Delivery, claim: Claim, client_id: str, digest: bytes) -> str:
    return dedupe_key(
        client_id=client_id,
        body_hash=digest,
        received_at=delivery.received_at,
        window_secs=claim.source.body_dedupe_secs,
        signature=delivery.offer.signature.strip().lower() if claim.signed and delivery.offer.timestamp else "",
    )


def _refused_key(delivery: Delivery, digest: bytes) -> str:
    return f"r:{digest.hex()}:{int(delivery.received_at.timestamp()) // REFUSED_WINDOW_SECS}"
