"""Orders whose place at the venue is not plain: ours that are looked up, and those there that are none of ours."""

from dashboard.doubts import IN_STATE
from dashboard.groups import market_of
from dashboard.snapshot import ForeignRow, UnknownRow
from project.accounts.models import ExchangeAccount
from project.reads import Question, Read
from trading.domain.order_state import OrderState
from trading.models import ForeignOrder, Order

FOREIGN_SHOWN = 20


FOREIGN = Read(
    lambda account_id: (
        ForeignOrder.objects.filter(account_id=account_id, gone_at=None)
        .select_related("instrument")
        .order_by("-seen_at", "-id")[:FOREIGN_SHOWN]
    )
)


def questions(account: ExchangeAccount) -> tuple[Question, ...]:
    """What is asked here, and by doubts.rows()."""
    states = (OrderState.UNKNOWN, OrderState.NEEDS_HUMAN)
    return *(IN_STATE.of(account_id=account.pk, state=state) for state in states), FOREIGN.of(account_id=account.pk)


def looked_up(account: ExchangeAccount) -> tuple[UnknownRow, ...]:
    """The account's orders of unknown outcome, the oldest first."""
    return tuple(map(_unknown, IN_STATE(account_id=account.pk, state=OrderState.UNKNOWN)))


def _unknown(order: Order) -> UnknownRow:
    names = ("id", "purpose", "side", "type", "qty", "price", "code", "polls", "next_poll_at")
    facts = {name: getattr(order, name) for name in names}
    return UnknownRow(**facts, market=market_of(order.instrument, None), sent_at=order.submitted_at or order.created_at)


def foreign(account: ExchangeAccount) -> tuple[ForeignRow, ...]:
    """What rests at the account's venue and is not ours, as the last reconcile saw it."""
    return tuple(map(_foreign, FOREIGN(account_id=account.pk)))


def _foreign(row: ForeignOrder) -> ForeignRow:
    names = ("id", "side", "type", "qty", "filled_qty", "price", "venue_order_id", "conditional", "seen_at")
    facts = {name: getattr(row, name) for name in names}
    return ForeignRow(**facts, market=market_of(row.instrument, None))
