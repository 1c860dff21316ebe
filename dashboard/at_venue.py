"""Orders whose place at the venue is not plain: ours that are looked up, and those there that are none of ours."""

from dashboard.groups import market_of
from dashboard.snapshot import ForeignRow, UnknownRow
from project.accounts.models import ExchangeAccount
from trading.domain.order_state import OrderState
from trading.models import ForeignOrder, Order

FOREIGN_SHOWN = 20


def looked_up(account: ExchangeAccount) -> tuple[UnknownRow, ...]:
    """The account's orders of unknown outcome, the oldest first."""
    found = Order.objects.filter(account=account, state=OrderState.UNKNOWN).select_related("instrument")
    return tuple(_unknown(order) for order in found.order_by("id"))


def _unknown(order: Order) -> UnknownRow:
    names = ("id", "purpose", "side", "type", "qty", "price", "code", "polls", "next_poll_at")
    facts = {name: getattr(order, name) for name in names}
    return UnknownRow(**facts, market=market_of(order.instrument, None), sent_at=order.submitted_at or order.created_at)


def foreign(account: ExchangeAccount) -> tuple[ForeignRow, ...]:
    """What rests at the account's venue and is not ours, as the last reconcile saw it."""
    found = ForeignOrder.objects.filter(account=account, gone_at=None).select_related("instrument")
    return tuple(_foreign(row) for row in found.order_by("-seen_at", "-id")[:FOREIGN_SHOWN])


def _foreign(row: ForeignOrder) -> ForeignRow:
    names = ("id", "side", "type", "qty", "filled_qty", "price", "venue_order_id", "conditional", "seen_at")
    facts = {name: getattr(row, name) for name in names}
    return ForeignRow(**facts, market=market_of(row.instrument, None))
