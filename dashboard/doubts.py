"""Orders that only a person can settle: what to look up at the venue, and how it may have ended there."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dashboard.groups import market_of
from dashboard.snapshot import DoubtRow
from project.accounts.models import ExchangeAccount
from project.reads import Read
from trading.domain.order_state import OrderState
from trading.models import Order


@dataclass(frozen=True, slots=True)
class Ending:
    """How an order may have ended at the venue. placed: it has a number there, and fills that are still to be read."""

    state: OrderState
    button: str
    said: str
    placed: bool


ENDINGS: Mapping[str, Ending] = MappingProxyType(
    {
        "filled": Ending(OrderState.FILLED, "It was placed and filled", "It was placed, and filled whole.", True),
        "partly": Ending(
            OrderState.CANCELED, "Partly filled, then cancelled", "A part was filled, the rest is cancelled.", True
        ),
        "absent": Ending(
            OrderState.NOT_PLACED, "It is not there", "The venue has no such order and no trade of it.", False
        ),
    }
)


# By state: those that only a person can settle, and those that are looked up.
IN_STATE = Read(
    lambda account_id, state: (
        Order.objects.filter(account_id=account_id, state=state).select_related("instrument").order_by("id")
    )
)


def rows(account: ExchangeAccount) -> tuple[DoubtRow, ...]:
    """The account's orders that wait for a person, oldest first."""
    found = IN_STATE(account_id=account.pk, state=OrderState.NEEDS_HUMAN)
    return tuple(_row(order, account.venue) for order in found)


def _row(order: Order, venue: str) -> DoubtRow:
    names = ("id", "purpose", "side", "type", "qty", "price", "client_order_id", "venue_order_id")
    facts = {name: getattr(order, name) for name in names}
    sent_at = order.submitted_at or order.created_at
    return DoubtRow(**facts, market=market_of(order.instrument, None), venue=venue.capitalize(), sent_at=sent_at)
