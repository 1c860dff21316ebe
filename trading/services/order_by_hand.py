"""An order by hand: an alert that a person made on the ticket, decided in the inbox like any other. Sent once a key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from project.accounts.models import ExchangeAccount
from project.journal.record import record
from signals import formats
from signals.evaluate import BY_HAND
from signals.formats import FieldError, FormatRefused, windlass
from signals.inbox import body_hash
from signals.intent import MarketPosition
from signals.market import instruments
from signals.models import Alert, Source
from signals.symbols import UnknownSymbol, resolve
from trading import locks
from trading.gateways.base import Gateway
from trading.services import decide, explain, orders, stand_in
from trading.services.explain import Explanation

SOURCE = "by hand, {name}"
# The account's own source of such orders: without a token, so nothing can be sent to it from outside.
LONGEST_NAME = 40


class CannotSend(Exception):
    """Why an order by hand is not sent, in words."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a person asks for: the fields of our own alert format. source_id None: the account's own source."""

    account_id: int
    said: Mapping[str, object]
    source_id: int | None = None
    note: str = ""  # why, for the journal


@dataclass(frozen=True, slots=True)
class Sent:
    """The alert that a ticket became; fresh: by this press, not by an earlier one with the same key.

    same: it says what this press asked for; an earlier one with the same key may have asked for something else.
    """

    alert: Alert
    fresh: bool
    same: bool = True


def preview(ticket: Ticket, *, gateway: Callable[[], Gateway], clock: Callable[[], datetime]) -> Explanation:
    """What sending would do now: decided for real and undone, every stage with its numbers.

    Raises FormatRefused naming each field that is wrong, CannotSend where the source takes nothing.
    """
    now, account = clock(), ExchangeAccount.objects.select_related("user").get(pk=ticket.account_id)
    _read(ticket, account)
    source = _chosen(ticket, account)
    asked = _alert(ticket, source, now)
    decide.fetch_prices(account.pk, [asked], gateway=gateway, clock=clock)
    return explain.undone(lambda: _stored(ticket, account, "preview", "", clock()), account_id=account.pk, now=clock())


def send(ticket: Ticket, *, key: str, operator: str, now: datetime) -> Sent:
    """Store it and ring, once for each key; journalled with who and why. Raises FormatRefused or CannotSend."""
    with transaction.atomic():
        account = locks.account(ticket.account_id)
        _read(ticket, account)
        if earlier := Alert.objects.filter(account=account, dedupe_key=f"{BY_HAND}{key}").first():
            return Sent(earlier, fresh=False, same=_is_of(ticket, account, operator, earlier))
        alert = _stored(ticket, account, key, operator, now)
        payload = {"operator": operator, "note": ticket.note, "asked": dict(ticket.said), "source": alert.source.name}
        record("alert.by_hand", subject=f"alert:{alert.pk}", payload=payload, account_id=account.pk)
        orders.ring_after_commit("process_inbox", account.pk)
    return Sent(alert, fresh=True)


def sources(account: ExchangeAccount) -> list[Source]:
    """The sources in whose name an order may be sent: those of the account that trade; its own is left out."""
    rows = Source.objects.filter(account=account, enabled=True, live=True).order_by("id")
    return [row for row in rows if row.name not in own_names(account)]


def own_names(account: ExchangeAccount) -> tuple[str, ...]:
    """What the account's source of orders by hand may be called, the best first: by its name if that is short, or its number.

    A source's name is its user's only one: another account, renamed since, may have taken ours with it.
    """
    names = (SOURCE.format(name=account.name), SOURCE.format(name=account.pk))
    return tuple(name for name in names if len(name) <= LONGEST_NAME)


def _read(ticket: Ticket, account: ExchangeAccount) -> None:
    """Raises FormatRefused for what our own format does not understand, and for a SHORT that would be an exit."""
    body = {name: value for name, value in ticket.said.items() if value not in (None, "")}
    intent = formats.parse(body, windlass.FORMAT)  # type: ignore[arg-type]  # texts and one object of texts
    listed = instruments.listed(account.venue, account.environment)
    symbol = resolve(intent.symbol, intent.exchange, listed.names)
    if isinstance(symbol, UnknownSymbol) or intent.market_position is not MarketPosition.SHORT:
        return
    if not listed.by_symbol[symbol].derivative:
        said = f"a market that can be sold short: {symbol} is a spot market"
        raise FormatRefused("SHORT_ON_SPOT", said, (FieldError("market_position", "SHORT_ON_SPOT", said),))


def _chosen(ticket: Ticket, account: ExchangeAccount) -> Source:
    """The source that was named, or the account's own. Raises CannotSend."""
    if ticket.source_id is None:
        return _own(account)
    row = Source.objects.filter(account=account, pk=ticket.source_id).first()
    if row is None:
        raise CannotSend("There is no such strategy on this account: choose one of the list.")
    return row


def _own(account: ExchangeAccount) -> Source:
    """The account's own source of orders by hand, not saved where it is a new one."""
    names = own_names(account)
    found = {row.name: row for row in Source.objects.filter(user=account.user, name__in=names)}
    ours = [found[name] for name in names if name in found and found[name].account_id == account.pk]
    name = next((name for name in names if name not in found), names[-1])
    return ours[0] if ours else Source(user=account.user, account=account, name=name, body_dedupe_secs=0)


def _stored(ticket: Ticket, account: ExchangeAccount, key: str, operator: str, now: datetime) -> Alert:
    """The alert's row; the account is locked, so its own source is made once. Raises CannotSend."""
    source = _chosen(ticket, account)
    if source.pk is None:
        source.save()
    if not source.enabled or not source.live:
        raise CannotSend(f"{source.name} is switched off or in shadow mode: nothing of it is traded. Choose another.")
    return stand_in.store(source, _said(ticket, operator), account_id=account.pk, key=f"{BY_HAND}{key}", now=now)


def _is_of(ticket: Ticket, account: ExchangeAccount, operator: str, alert: Alert) -> bool:
    """Whether an alert is what this ticket would become. Raises CannotSend."""
    same_words = alert.raw == stand_in.body(_said(ticket, operator))
    return same_words and alert.source_id == _chosen(ticket, account).pk


def _said(ticket: Ticket, operator: str) -> Mapping[str, object]:
    return {**ticket.said, "message": _message(ticket, operator)}


def _message(ticket: Ticket, operator: str) -> str:
    return f"by hand, {operator}" + (f": {ticket.note}" if ticket.note else "")


def _alert(ticket: Ticket, source: Source, now: datetime) -> Alert:
    """The alert as far as its price is asked for; never saved."""
    raw = stand_in.body(ticket.said)
    return Alert(
        source=source,
        account_id=ticket.account_id,
        endpoint="tradingview",
        format="windlass",
        raw=raw,
        body_hash=body_hash(raw),
        dedupe_key=f"{BY_HAND}preview",
        received_at=now,
    )
