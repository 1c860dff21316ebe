"""A trade of the market prints: which resting orders does it fill?

Queue places advance here, in memory only: after a restart an order waits behind its first queue again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from trading.paper.core import commands
from trading.paper.core.charges import Charges
from trading.paper.core.events import Closed, Event
from trading.paper.core.market import Market
from trading.paper.core.matching import Match, beyond
from trading.paper.core.orders import Order, Side, Status
from trading.paper.core.state import State


@dataclass(frozen=True, slots=True)
class Print:
    """A trade between strangers, atoms. `aggressor` is the side that crossed the spread.

    A qty of None stands for "as much as anybody wants": the way prices are set by hand.
    """

    at_ms: int
    price: int
    qty: int | None
    aggressor: Side


@dataclass(slots=True)
class _Flow:
    """What is left of the print, while orders are filled from it."""

    left: int | None

    def draw(self, wanted: int) -> int:
        """Take up to `wanted` out of the flow."""
        if self.left is None:
            return wanted
        part = min(wanted, self.left)
        self.left -= part
        return part


def fills(state: State, market: Market, printed: Print) -> Iterator[Event]:
    """Fills of resting orders by this print, at their own prices, best price and oldest first.

    Each event must be applied before the next is asked for: a fill ends the other orders of its list.
    """
    for order, qty in reached(market, printed):
        match = Match(price=order.price, qty=qty)
        trade_id, now_ms = market.next_trade_id, printed.at_ms
        charges = Charges(state, market, now_ms=now_ms)
        yield commands.fill(charges, order, order.id, match, trade_id, maker=True, now_ms=now_ms)
        for other in state.siblings(order) if order.terms else ():
            yield Closed(now_ms, other.id, Status.EXPIRED)


def reached(market: Market, printed: Print) -> Iterator[tuple[Order, int]]:
    """Which resting orders this print fills, and how much of each, best price and oldest first.

    Orders better than the printed price fill whichever side was the aggressor: the market has traded through
    them. Orders at the printed price fill only against an aggressor of the other side, behind their queue.
    """
    if market.book.empty:
        return
    flow = _Flow(printed.qty)
    for side in (Side.BUY, Side.SELL):
        slices = takewhile(
            lambda one: not beyond(one[0].side, printed.price, one[0].price), market.book.half(side).slices()
        )
        for order, part in list(slices):
            qty = _share(order, min(part, order.leaves), printed, flow) if order.open else 0
            if qty:
                yield order, qty


def _share(order: Order, part: int, printed: Print, flow: _Flow) -> int:
    if order.price != printed.price or flow.left is None:
        return flow.draw(part)
    if order.side is printed.aggressor:
        return 0
    order.queue_ahead -= flow.draw(order.queue_ahead)
    return flow.draw(part)
