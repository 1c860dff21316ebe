"""The futures side of the running exchange: accounts, orders, prices, funding, on the shared ledger."""

import logging
from collections.abc import Callable, Iterable

from trading.paper.core import atoms
from trading.paper.core.events import Event
from trading.paper.core.orders import Side
from trading.paper.core.perps import algos, commands, trades
from trading.paper.core.perps.events import Funded, PerpDeposited, PerpEvent, PerpPriced, PerpReserved
from trading.paper.core.perps.orders import AlgoOrder, AlgoRequest, PerpOrder, PerpRequest, PositionSide
from trading.paper.core.perps.state import PerpAccount, Perps
from trading.paper.core.prints import Print
from trading.paper.ledger.journal import Journal
from trading.paper.market.tape import Tape
from trading.paper.server.books import Books
from trading.paper.server.listen_keys import ListenKeys
from trading.paper.server.tapes import Tapes

logger = logging.getLogger("paper.futures")

FUNDING_MS = 8 * 3_600_000

FUNDING_RATE = atoms.SCALE // 10_000
# One basis point every eight hours, paid by longs: the rate of a market without a premium.


class Futures:
    """Decide here, carry out where everything is carried out."""

    def __init__(
        self,
        perps: Perps,
        *,
        journal: Journal,
        carry_out: Callable[[Iterable[PerpEvent]], None],
        deposit: int,
        clock: Callable[[], int],
        reserve: Callable[[str, int], Event] = PerpReserved,
    ) -> None:
        self.perps = perps
        self.tapes = Tapes(perps.markets, journal=journal, reserve=reserve)
        self.countdowns: dict[tuple[str, str], int] = {}
        self.listeners: list[Callable[[PerpEvent], None]] = []
        self.listen_keys = ListenKeys()
        self.books = Books(perps.markets, first_id=clock())
        self._carry_out = carry_out
        self._deposit = deposit
        self._now_ms = clock
        self._opened_ms = clock()

    def open_account(self, name: str) -> PerpAccount:
        """The wallet of an account, opened with its first deposit unless it is known."""
        if name not in self.perps.accounts:
            self.deposit(name, self._deposit)
            logger.info("futures wallet %s opened with its first deposit", name)
        return self.perps.accounts[name]

    def deposit(self, account: str, amount: int) -> None:
        """Add funds to a wallet."""
        self._carry_out([PerpDeposited(self._now_ms(), account, amount)])

    def reset(self, name: str) -> None:
        """End an account's orders and positions, and leave its first deposit in the wallet; unknown accounts stay so."""
        account = self.perps.accounts.get(name)
        if account is None:
            return
        self._carry_out(trades.clear(self.perps, account, now_ms=self._now_ms()))
        if account.wallet != self._deposit:
            self.deposit(name, self._deposit - account.wallet)

    def check(self, request: PerpRequest) -> None:
        """Raise what `place` would raise, and change nothing."""
        commands.place(self.perps, request, now_ms=self._now_ms())

    def place(self, request: PerpRequest) -> PerpOrder:
        """Accept an order; raise Refused if it may not be."""
        order_id, now_ms = self.perps.next_order_id, self._now_ms()
        self._carry_out(commands.place(self.perps, request, now_ms=now_ms))
        return self.perps.orders[order_id]

    def turn_away(self, request: PerpRequest) -> PerpOrder:
        """Accept an order and end it unfilled: for venues that acknowledge first and refuse afterwards."""
        order_id, now_ms = self.perps.next_order_id, self._now_ms()
        self._carry_out(commands.turned_away(self.perps, request, now_ms=now_ms))
        return self.perps.orders[order_id]

    def cancel(self, order: PerpOrder) -> None:
        """Cancel an open order; raise Refused if it is not open."""
        self._carry_out(commands.cancel(order, now_ms=self._now_ms()))

    def amend(self, order: PerpOrder, request: PerpRequest) -> None:
        """Give an open order another price or quantity; raise Refused if it may not have them."""
        self._carry_out(commands.amend(self.perps, order, request, now_ms=self._now_ms()))

    def place_algo(self, request: AlgoRequest) -> AlgoOrder:
        """Accept a conditional order; raise Refused if it may not be."""
        algo_id = self.perps.next_algo_id
        self._carry_out(algos.place(self.perps, request, now_ms=self._now_ms()))
        return self.perps.algos[algo_id]

    def cancel_algo(self, algo: AlgoOrder) -> None:
        """Cancel a waiting conditional order; raise Refused if it does not wait."""
        self._carry_out(algos.cancel(algo, now_ms=self._now_ms()))

    def set_leverage(self, account: PerpAccount, symbol: str, leverage: int) -> None:
        """Change the leverage of a contract."""
        self._carry_out(commands.set_leverage(self.perps, account, symbol, leverage, now_ms=self._now_ms()))

    def set_isolated(self, account: PerpAccount, symbol: str, *, isolated: bool) -> None:
        """Change the margin type of a contract."""
        now_ms = self._now_ms()
        self._carry_out(commands.set_isolated(self.perps, account, symbol, isolated=isolated, now_ms=now_ms))

    def set_dual(self, account: PerpAccount, *, dual: bool) -> None:
        """Change between one-way and hedge mode."""
        self._carry_out(commands.set_dual(self.perps, account, dual=dual, now_ms=self._now_ms()))

    def move_margin(self, account: PerpAccount, symbol: str, side: PositionSide, amount: int) -> None:
        """Move margin into an isolated position, or out of it (negative)."""
        now_ms = self._now_ms()
        self._carry_out(commands.move_margin(self.perps, account, symbol, side, amount, now_ms=now_ms))

    def switch(self, symbol: str, *, trading: bool) -> None:
        """Halt or resume a contract."""
        self._carry_out(trades.switch(self.perps, symbol, trading=trading, now_ms=self._now_ms()))

    def set_price(self, symbol: str, price: int, *, qty: int | None) -> None:
        """Set a contract's price by hand: a trade prints there, and fills and triggers what it reaches."""
        market = self.perps.market(symbol)
        side = Side.BUY if price >= market.price else Side.SELL
        self._carry_out([PerpPriced(self._now_ms(), symbol, price)])
        self.print(symbol, Print(at_ms=self._now_ms(), price=price, qty=qty, aggressor=side))

    def print(self, symbol: str, printed: Print) -> None:
        """A trade of strangers: it moves the price, then fills, triggers and liquidates what it reaches."""
        market = self.perps.markets[symbol]
        market.price = printed.price
        self._carry_out(trades.printed(self.perps, market, printed))
        self._carry_out(algos.fire(self.perps, symbol, now_ms=printed.at_ms))
        self._carry_out(trades.liquidate(self.perps, symbol, now_ms=printed.at_ms))
        self.tapes.show(market, printed)

    def mirror(self, symbol: str, tape: Tape, *, next_trade_id: int) -> None:
        """Take over the public past of the spot market, on the contract's ticks."""
        market = self.perps.markets[symbol]
        self.tapes.by_symbol[symbol] = tape.on_ticks(market.instrument.tick_size)
        market.price = self.tapes.by_symbol[symbol].trades[-1].price
        market.next_trade_id = max(market.next_trade_id, next_trade_id)

    def fund(self, symbol: str, rate: int) -> None:
        """Settle funding now, then liquidate what it has broken."""
        mark = self.perps.market(symbol).price
        now_ms = self._now_ms()
        self._carry_out([Funded(now_ms, symbol, rate, mark)])
        self._carry_out(trades.liquidate(self.perps, symbol, now_ms=now_ms))

    def fund_if_due(self) -> None:
        """Settle every contract once each time the wall clock passes a whole eight hours, also after a pause."""
        last = self.perps.fundings[-1].at_ms if self.perps.fundings else self._opened_ms
        if self._now_ms() // FUNDING_MS > last // FUNDING_MS:
            for symbol in [name for name, market in self.perps.markets.items() if market.price]:
                self.fund(symbol, FUNDING_RATE)

    def count_down(self, account: str, symbol: str, in_ms: int) -> None:
        """Cancel all plain orders of a contract in so many milliseconds, unless told again before; 0 calls it off."""
        self.countdowns.pop((account, symbol), None)
        if in_ms:
            self.countdowns[(account, symbol)] = self._now_ms() + in_ms

    def cancel_if_due(self) -> None:
        """End the orders of everybody whose countdown has run out."""
        due = [desk for desk, at_ms in self.countdowns.items() if at_ms <= self._now_ms()]
        for desk in due:
            del self.countdowns[desk]
            for order in list(self.perps.desk_open[desk].values()):
                self.cancel(order)

    def expire_if_due(self) -> None:
        """End the orders whose time is over."""
        if self.perps.timed:
            self._carry_out(trades.expire(self.perps, now_ms=self._now_ms()))

    def next_funding_ms(self) -> int:
        """When funding is settled next."""
        return (self._now_ms() // FUNDING_MS + 1) * FUNDING_MS
