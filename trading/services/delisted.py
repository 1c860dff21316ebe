"""Groups of markets that were closed for good: what the venue settles or converts is booked, and they end by that name."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from project import failpoints
from project.accounts.models import ExchangeAccount
from signals.listing import GONE, MarketState
from trading import locks
from trading.domain.listing import DELISTED, converted
from trading.domain.money import ZERO
from trading.domain.order_state import TERMINAL, OrderState
from trading.domain.vocabulary import MarketKind
from trading.gateways.base import Gateway
from trading.models import Order, PositionGroup
from trading.services import adopt, groups, lookups, orders
from trading.services.listing import NOT_LISTED, state_of

BY_VENUE = "the venue"
GONE_FOR = timedelta(minutes=10)
# A market that comes back within this was only missing from an answer.


def end_converted(account: ExchangeAccount, *, gateway: Gateway, clock: Callable[[], datetime]) -> int:
    """End groups of markets that were closed for good, as far as the venue has taken what they held; how many.

    A settlement that it reports as trades is booked with its price; of anything else only the quantity is written off,
    and what came for it is a movement of the balance. Raises NotReached.
    """
    closed = [group for group in _stopped(account.pk) if state_of(group.instrument) is MarketState.DELISTED]
    if not closed:
        return 0
    with failpoints.span("delisted.name"):
        named = PositionGroup.objects.filter(pk__in=[group.pk for group in closed], close_reason="")
        named.update(close_reason=DELISTED)
    _end_orders(account.pk, now=clock())
    listed = {group.pk for group in closed if group.instrument.status != GONE}
    if listed:
        adopt.adopt(account, operator=BY_VENUE, gateway=gateway, clock=clock, only=listed)
    if lookups.undecided(account.pk):
        return 0
    there = _there(gateway)
    return sum(
        _write_off(group, there, now=clock()) for group in _stopped(account.pk) if group.close_reason == DELISTED
    )


def _end_orders(account_id: int, *, now: datetime) -> None:
    """Orders of a market that has not been listed for a while are over: nobody can be asked about them any more.

    A list that lacked the market by mistake does no harm: what rests there after all is met by reconcile, and cancelled.
    """
    with failpoints.span("delisted.orders"), transaction.atomic():
        locks.account(account_id)
        rows = Order.objects.filter(NOT_LISTED, account_id=account_id, instrument__stopped_at__lte=now - GONE_FOR)
        live = rows.exclude(state__in=[*sorted(TERMINAL), OrderState.NEW, OrderState.NEEDS_HUMAN])
        for order in locks.orders(live):
            orders.move(order, OrderState.EXPIRED, code="MARKET_GONE")


def _stopped(account_id: int) -> list[PositionGroup]:
    rows = PositionGroup.objects.filter(account_id=account_id, closed_at=None, instrument__active=False, qty__gt=0)
    return list(rows.select_related("instrument").order_by("id"))


def _there(gateway: Gateway) -> dict[str, Decimal]:
    """What the venue holds: spot by currency, futures by symbol and side."""
    spot = {report.currency: report.total for report in gateway.balances()}
    return spot | {f"{report.symbol} {report.side}": report.qty for report in gateway.positions()}


def _write_off(group: PositionGroup, there: dict[str, Decimal], *, now: datetime) -> bool:
    """Take a group off the books when not a lot of it is left; what is left of the market counts for the oldest first."""
    instrument = group.instrument
    name = f"{instrument.symbol} {group.side}" if instrument.kind == MarketKind.LINEAR else instrument.base
    left = min(there.get(name, ZERO), group.qty)
    there[name] = there.get(name, ZERO) - left
    taken = converted(state_of(instrument), ours=group.qty, theirs=left)
    if group.qty - taken >= instrument.lot_step:
        return False
    with failpoints.span("delisted.group"), transaction.atomic():
        locks.account(group.account_id)
        groups.end_converted(locks.group(group.pk), qty=group.qty, reason=DELISTED, now=now)
    return True
