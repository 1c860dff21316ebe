"""The running exchange: the pure core with a clock, a ledger and the public tapes around it.

`counts` tells how often each kind of event has happened since the process started.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from trading.paper.core import commands, prints
from trading.paper.core.apply import apply
from trading.paper.core.events import Event, Filled, Positioned, Priced, Reserved
from trading.paper.core.orders import Order, Request, Side
from trading.paper.core.prints import Print
from trading.paper.core.market import Market
from trading.paper.core.state import State
from trading.paper.ledger.journal import Journal
from trading.paper.market.tape import Tape, Trade
from trading.paper.server.keys import KeyRing

logger = logging.getLogger("paper.exchange")

TRADE_ID_BLOCK = 100_000
# Trade ids of strangers are not recorded one by one: a whole block is, before its first id is shown.


class Exchange:
    """Decide, apply, record: every change of state goes through `_carry_out`."""

    def __init__(
        self,
        state: State,
        *,
        journal: Journal,
        keys: KeyRing,
        deposit: dict[str, int],
        clock: Callable[[], int],
    ) -> None:
        self.state = state
        self.journal = journal
        self.keys = keys
        self.now_ms = clock
        self.tapes = {symbol: Tape() for symbol in state.markets}
        self.counts: Counter[str] = Counter()
        self._deposit = deposit
        self._reserved: dict[str, int] = {}
        self._recover()

    def _recover(self) -> None:
        batches = self.journal.recover()
        for batch in batches:
            for event in batch:
                apply(self.state, event)
        for market in self.state.markets.values():
            if market.price:
                self.show(market, Print(at_ms=self.now_ms(), price=market.price, qty=None, aggressor=Side.BUY))
        logger.info("ledger read: %d commands, %d orders", len(batches), len(self.state.orders))

    def open_account(self, name: str) -> None:
        """Open an account with its first deposit, unless it is known."""
        if name not in self.state.accounts:
            self.deposit(name, self._deposit)
            logger.info("account %s opened with its first deposit", name)

    def deposit(self, account: str, amounts: dict[str, int]) -> None:
        """Add funds to an account."""
        self._carry_out(commands.deposit(account, amounts, now_ms=self.now_ms()))

    def check(self, request: Request) -> None:
        """Raise what `place` would raise, and change nothing."""
        commands.place(self.state, request, now_ms=self.now_ms())

    def place(self, request: Request) -> Order:
        """Accept an order; raise Refused if it may not be."""
        order_id = self.state.next_order_id
        self._carry_out(commands.place(self.state, request, now_ms=self.now_ms()))
        return self.state.orders[order_id]

    def cancel(self, order: Order) -> None:
        """Cancel an open order; raise Refused if it is not open."""
        self._carry_out(commands.cancel(order, now_ms=self.now_ms()))

    def set_price(self, symbol: str, price: int, *, qty: int | None) -> None:
        """Set a market's price by hand: a trade prints there, and fills what it reaches."""
        market = self.state.market(symbol)
        side = Side.BUY if price >= market.price else Side.SELL
        self._carry_out([Priced(self.now_ms(), symbol, price)])
        self.print(market, Print(at_ms=self.now_ms(), price=price, qty=qty, aggressor=side))

    def print(self, market: Market, printed: Print) -> None:
        """A trade of strangers: it moves the price, fills what it reaches, and appears on the tape."""
        market.price = printed.price
        self._carry_out(prints.fills(self.state, market, printed))
        self.show(market, printed)

    def show(self, market: Market, printed: Print) -> None:
        """Put a trade of strangers on the tape, under an id that is never given again."""
        symbol = market.instrument.symbol
        trade_id = self._new_trade_id(market)
        qty = market.instrument.min_qty if printed.qty is None else printed.qty
        buyer_is_taker = printed.aggressor is Side.BUY
        self.tapes[symbol].add(Trade(trade_id, printed.at_ms, printed.price, qty, buyer_is_taker))

    def reach(self, step: int) -> None:
        """Remember how far the replay has come."""
        self._carry_out([Positioned(self.now_ms(), step)])

    def _carry_out(self, batch: Sequence[Event]) -> None:
        if not batch:
            return
        for event in batch:
            apply(self.state, event)
            self.counts[type(event).__name__] += 1
        self.journal.append(batch)
        self._publish(event for event in batch if isinstance(event, Filled))

    def _publish(self, fills: Iterable[Filled]) -> None:
        last: tuple[str, int] | None = None
        for event in fills:
            order = self.state.orders[event.order_id]
            trade = (order.instrument.symbol, event.trade_id)
            if trade != last:
                buyer_is_taker = (order.side is Side.BUY) is not bool(event.maker)
                self.tapes[trade[0]].add(Trade(trade[1], event.at_ms, event.price, event.qty, buyer_is_taker))
            last = trade

    def _new_trade_id(self, market: Market) -> int:
        symbol = market.instrument.symbol
        trade_id = market.next_trade_id
        market.next_trade_id += 1
        if trade_id >= self._reserved.get(symbol, 0):
            self._reserved[symbol] = trade_id + TRADE_ID_BLOCK
            self.journal.append([Reserved(symbol, trade_id + TRADE_ID_BLOCK)])
        return trade_id
