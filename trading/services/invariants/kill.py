"""I7, after an emergency: nothing was accepted once the signatures of before had died, and it ended flat."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from project.accounts import latch, mode
from project.accounts.models import ExchangeAccount, KillReport
from project.journal.models import JournalEntry
from signals.market import venues
from trading.domain.client_id import mark_of
from trading.domain.vocabulary import Purpose
from trading.gateways.base import Gateway
from trading.models import Fill, Order
from trading.services import connect, kill_sales
from trading.services.invariants.base import Finding
from trading.services.invariants.orders import own_mark
from trading.services.listing import NOT_LISTED

FLAT_WITHIN = timedelta(minutes=10)
SAID_FLAT = "kill.account_flat"
# The kill's own line of an account at which three looks found nothing.


@dataclass(frozen=True, slots=True)
class Emergency:
    """Its name, when it was pressed by the kill process's own clock, and when somebody led out of it; None: it stands."""

    name: str
    pressed: datetime
    left: datetime | None

    def over(self, account: ExchangeAccount) -> datetime:
        """When nothing that was signed before the press can be accepted any more, by our clock."""
        window = venues.VENUES[account.venue].receive_window(connect.timing().receive_window)
        return self.pressed + window + connect.timing().margin


def nothing_entered_after_a_kill(now: datetime) -> Finding:
    """I7: no entry accepted between the end of the receive window and the way out; flat, unless it is still being worked on.

    What was known to rest by then may fill until its cancel arrives. The venue is asked when it accepted what we learned
    of later; one that forgets orders that never filled does not tell of those. While the emergency stands, it is asked
    for what is left at accounts that the kill has called flat: orders of ours, and positions unless somebody else has
    traded there since. What is left of coins on spot is the kill's own word.
    """
    emergencies = list(_emergencies())
    violations = [f"kill {one.name}: {words}" for one in emergencies for words in _violations(one, now)]
    return Finding(len(emergencies), tuple(violations))


def _emergencies() -> Iterator[Emergency]:
    for name in KillReport.objects.order_by("at").values_list("latch", flat=True):
        first = JournalEntry.objects.filter(subject=f"kill:{name}", kind="kill.begun").order_by("id").first()
        if first is not None:
            pressed = datetime.fromisoformat(first.payload["at"])
            yield Emergency(name, pressed, _left_at(pressed))


def _left_at(pressed: datetime) -> datetime | None:
    left = JournalEntry.objects.filter(subject="mode", kind="mode.changed", at__gt=pressed, payload__from="EMERGENCY")
    return left.order_by("id").values_list("at", flat=True).first()


def _violations(emergency: Emergency, now: datetime) -> Iterator[str]:
    yield from _filled(emergency, now)
    for account in ExchangeAccount.objects.order_by("id"):
        yield from _accepted(emergency, account, now)
    if now > emergency.pressed + FLAT_WITHIN and not KillReport.objects.get(latch=emergency.name).flat:
        yield f"not flat {FLAT_WITHIN} after the press"
    standing = latch.read(mode.home())
    if standing is not None and standing.id == emergency.name:
        yield from _left_there(emergency)


# what came through -------------------------------------------------------------------------------


def _filled(emergency: Emergency, now: datetime) -> Iterator[str]:
    """Entries that filled after the window and were not known to rest by then."""
    late = Fill.objects.filter(
        order__purpose=Purpose.ENTRY, at__gt=emergency.pressed, at__lt=emergency.left or now
    ).select_related("account", "order")
    for fill in late:
        dead, known = emergency.over(fill.account), fill.order.acknowledged_at
        if fill.at > dead and (known is None or known > dead):
            words = f"filled at {fill.at.isoformat()}, the window was over at {dead.isoformat()}"
            yield f"order {fill.order_id} {words}"


def _accepted(emergency: Emergency, account: ExchangeAccount, now: datetime) -> Iterator[str]:
    """Entries that the venue says it took after the window, whether they filled or not."""
    dead = emergency.over(account)
    # Where the venue is so far ahead that our time is refused, we sign by its clock.
    there = dead + timedelta(milliseconds=max(account.clock_offset_ms or 0, 0))
    for order in _learned_late(emergency, account, dead, now):
        found = connect.gateway(account).find_order(
            symbol=order.instrument.symbol, client_order_id=order.client_order_id, venue_order_id=order.venue_order_id
        )
        if found is not None and found.at is not None and there < found.at < (emergency.left or now):
            words = f"was accepted at {found.at.isoformat()}, the window was over at {dead.isoformat()}"
            yield f"order {order.pk} {words}"


def _learned_late(emergency: Emergency, account: ExchangeAccount, dead: datetime, now: datetime) -> Iterable[Order]:
    """Entries of before or during the emergency of which we heard after the window, or never while they may have left."""
    heard = Q(acknowledged_at__gt=dead) | Q(acknowledged_at=None, valid_until__gt=emergency.pressed)
    rows = Order.objects.filter(heard, account=account, purpose=Purpose.ENTRY, created_at__lt=emergency.left or now)
    return rows.exclude(NOT_LISTED).select_related("instrument").order_by("id")


# what is left ------------------------------------------------------------------------------------


def _left_there(emergency: Emergency) -> Iterator[str]:
    """What the venues still have of accounts that the kill has called flat."""
    lines = JournalEntry.objects.filter(subject=kill_sales.subject(emergency.name), kind=SAID_FLAT)
    said = {line.account_id: datetime.fromisoformat(line.payload["at"]) for line in lines.order_by("id")}
    own = own_mark()
    for account in ExchangeAccount.objects.order_by("id"):
        if account.pk in said:
            yield from _held_there(account, said[account.pk], own)


def _held_there(account: ExchangeAccount, since: datetime, own: str) -> Iterator[str]:
    gateway = connect.gateway(account)
    for one in gateway.resting():
        if own and mark_of(one.order.client_order_id) == own:
            yield f"{account.name} is called flat, and {one.order.client_order_id} rests on {one.symbol}"
    for position in gateway.positions():
        if not _others_traded(account, gateway, position.symbol, since):
            yield f"{account.name} is called flat, and holds {position.symbol} {position.side}"


def _others_traded(account: ExchangeAccount, gateway: Gateway, symbol: str, since: datetime) -> bool:
    """Whether somebody else has traded there since: then nobody can say whose the position is."""
    traded = {fill.venue_order_id for fill in gateway.fills_since(symbol=symbol, since=since)}
    same = Order.objects.filter(account=account, instrument__symbol=symbol, venue_order_id__in=traded)
    return bool(traded - set(same.values_list("venue_order_id", flat=True)))
