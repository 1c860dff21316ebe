"""The public tapes of one side of the exchange, and the ids of what is shown on them."""

from collections.abc import Callable, Iterable, Mapping

from trading.paper.core.events import Event, Filled
from trading.paper.core.market import Market
from trading.paper.core.orders import Order, Side
from trading.paper.core.perps.events import PerpFilled
from trading.paper.core.prints import Print
from trading.paper.ledger.journal import Journal
from trading.paper.market.tape import Tape, Trade

TRADE_ID_BLOCK = 100_000
# Trade ids of strangers are not recorded one by one: a whole block is, before its first id is shown.


class Tapes:
    """One tape per symbol. `reserve` makes the event that keeps a block of trade ids."""

    def __init__(
        self, markets: Mapping[str, Market], *, journal: Journal, reserve: Callable[[str, int], Event]
    ) -> None:
        self.by_symbol = {symbol: Tape() for symbol in markets}
        self.listeners: list[Callable[[str, Trade], None]] = []
        self._journal = journal
        self._reserve = reserve
        self._reserved: dict[str, int] = {}

    def show(self, market: Market, printed: Print) -> None:
        """Put a trade of strangers on the tape, under an id that is never given again."""
        qty = market.instrument.min_qty if printed.qty is None else printed.qty
        trade = Trade(self._new_id(market), printed.at_ms, printed.price, qty, printed.aggressor is Side.BUY)
        self._add(market.instrument.symbol, trade)

    def _add(self, symbol: str, trade: Trade) -> None:
        self.by_symbol[symbol].add(trade)
        for listener in self.listeners:
            listener(symbol, trade)

    def publish(self, fills: Iterable[tuple[Order, Filled | PerpFilled]]) -> None:
        """Put customers' trades on the tape; the two sides of one trade come one after the other, and show once."""
        last: tuple[str, int] | None = None
        for order, event in fills:
            trade = (order.instrument.symbol, event.trade_id)
            if trade != last:
                buyer_is_taker = (order.side is Side.BUY) is not bool(event.maker)
                self._add(trade[0], Trade(trade[1], event.at_ms, event.price, event.qty, buyer_is_taker))
            last = trade

    def _new_id(self, market: Market) -> int:
        symbol = market.instrument.symbol
        trade_id = market.next_trade_id
        market.next_trade_id += 1
        if trade_id >= self._reserved.get(symbol, 0):
            self._reserved[symbol] = trade_id + TRADE_ID_BLOCK
            self._journal.append([self._reserve(symbol, trade_id + TRADE_ID_BLOCK)])
        return trade_id
