"""The running exchange: the pure core with a clock, a ledger and the public tapes around it.

`counts` tells how often each kind of event has happened since the process started; `listeners` hear each event once
it is applied.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from trading.paper.core import chains, commands, conditional, lists, prints
from trading.paper.core.apply import apply
from trading.paper.core.events import AtVenue, Closed, Deposited, Event, Filled, Positioned, Priced, Reserved
from trading.paper.core.market import Market
from trading.paper.core.orders import Order, Request, Side
from trading.paper.core.perps.contract import Contract
from trading.paper.core.perps.events import PerpDeposited, PerpEvent, PerpFilled, PerpReserved
from trading.paper.core.prints import Print
from trading.paper.core.state import OrderList, State
from trading.paper.ledger.journal import Journal
from trading.paper.server.books import Books
from trading.paper.server.futures import Futures
from trading.paper.server.keys import KeyRing
from trading.paper.server.pace import Pace
from trading.paper.server.tapes import Tapes

logger = logging.getLogger("paper.exchange")

FILLS = frozenset({Filled, PerpFilled})

SPOT = frozenset({Filled, Closed})
# How a command of spot that trades ends.

USDM = "usdm"
# The first futures side; the others are called by their venue.


class Exchange:
    """Decide, apply, record: every change of state goes through `_carry_out`."""

    def __init__(
        self,
        state: State,
        *,
        journal: Journal,
        keys: KeyRing,
        deposit: dict[str, int],
        futures_deposit: int,
        clock: Callable[[], int],
    ) -> None:
        self.state = state
        self.journal = journal
        self.keys = keys
        self.now_ms = clock
        self.tapes = Tapes(state.markets, journal=journal, reserve=Reserved)
        self.futures = Futures(
            state.perps, journal=journal, carry_out=self._carry_out, deposit=futures_deposit, clock=clock
        )
        self.venues = {
            name: Futures(
                perps,
                journal=journal,
                carry_out=self._at(name),
                deposit=0 if perps.unified else futures_deposit,
                clock=clock,
                reserve=_reserve_at(name),
            )
            for name, perps in state.venues.items()
        }
        self.books = Books(state.markets, first_id=clock())
        self.listeners: list[Callable[[Event], None]] = []
        self.in_maintenance = False
        self.skew_ms = 0
        self.counts: Counter[str] = Counter()
        self.pace = Pace()
        self._deposit = deposit
        self._recover()

    def _recover(self) -> None:
        commands_read = 0
        for batch in self.journal.recover():
            commands_read += 1
            for event in batch:
                apply(self.state, event)
        sides = [(self.tapes, self.state.markets)]
        sides += [(side.tapes, side.perps.markets) for side in (self.futures, *self.venues.values())]
        for tapes, markets in sides:
            for market in (one for one in markets.values() if one.price):
                tapes.show(market, Print(at_ms=self.now_ms(), price=market.price, qty=None, aggressor=Side.BUY))
        logger.info("ledger read: %d commands, %d orders", commands_read, len(self.state.orders))

    def told_ms(self) -> int:
        """The clock as clients are told it, wrong by a planned skew."""
        return self.now_ms() + self.skew_ms

    def open_account(self, name: str) -> None:
        """Open an account with its first deposit, unless it is known."""
        if name not in self.state.accounts:
            self.deposit(name, self._deposit)
            logger.info("account %s opened with its first deposit", name)

    def deposit(self, account: str, amounts: dict[str, int]) -> None:
        """Add funds to an account."""
        self._carry_out(commands.deposit(account, amounts, now_ms=self.now_ms()))

    def reset(self, name: str) -> None:
        """Begin an account anew, on every side: no open orders, no positions, its first deposits and nothing else."""
        for order in [one for (of, _), desk in self.state.desk_open.items() if of == name for one in desk.values()]:
            if order.open:
                self.cancel(order)
        account = self.state.accounts.get(name)
        held = {asset: one.free for asset, one in account.balances.items()} if account else {}
        changed = {asset: self._deposit.get(asset, 0) - held.get(asset, 0) for asset in held | self._deposit}
        if account:
            self.deposit(name, {asset: amount for asset, amount in changed.items() if amount})
        for side in (self.futures, *self.venues.values()):
            side.reset(name)

    def transfer(self, account: str, venue: str, amount: int) -> None:
        """Move dollars from the coins of an account to its wallet on a futures venue, or back (negative), as one command."""
        now_ms = self.now_ms()
        moved = AtVenue(venue, PerpDeposited(now_ms, account, amount))
        self._carry_out([Deposited(now_ms, account, "USDT", -amount), moved])

    def check(self, request: Request) -> None:
        """Raise what `place` would raise, and change nothing."""
        commands.place(self.state, request, now_ms=self.now_ms())

    def place(self, request: Request) -> Order:
        """Accept an order; raise Refused if it may not be."""
        order_id = self.state.next_order_id
        self._follow(commands.place(self.state, request, now_ms=self.now_ms()))
        return self.state.orders[order_id]

    def turn_away(self, request: Request) -> Order:
        """Accept an order and end it unfilled: for venues that acknowledge first and refuse afterwards."""
        order_id = self.state.next_order_id
        self._carry_out(commands.turned_away(self.state, request, now_ms=self.now_ms()))
        return self.state.orders[order_id]

    def cancel(self, order: Order) -> None:
        """Cancel an open order, and with it the others of its list; raise Refused if it is not open."""
        self._follow(commands.cancel_with_list(self.state, order, now_ms=self.now_ms()))

    def place_oco(self, above: Request, below: Request, *, client_id: str) -> OrderList:
        """Accept a pair of orders of which at most one side fills; raise Refused if they may not be."""
        self._follow(lists.place_oco(self.state, above, below, client_id=client_id, now_ms=self.now_ms()))
        return self.state.lists[len(self.state.lists)]

    def place_oto(self, working: Request, pending: Sequence[Request], *, client_id: str) -> OrderList:
        """Accept an order and those that begin once it is filled; raise Refused if they may not be."""
        list_id = len(self.state.lists) + 1
        self._follow(chains.place_oto(self.state, working, pending, client_id=client_id, now_ms=self.now_ms()))
        return self.state.lists[list_id]

    def amend(self, order: Order, qty: int) -> None:
        """Make an open order smaller; raise Refused if it may not be."""
        self._carry_out(commands.amend(order, qty, now_ms=self.now_ms()))

    def set_discount(self, account: str, *, on: bool) -> None:
        """Let an account pay its fees with the discount coin, or no longer."""
        self._carry_out(commands.discount(account, on=on, now_ms=self.now_ms()))

    def set_price(self, symbol: str, price: int, *, qty: int | None) -> None:
        """Set a market's price by hand: a trade prints there, and fills what it reaches."""
        market = self.state.market(symbol)
        side = Side.BUY if price >= market.price else Side.SELL
        self._carry_out([Priced(self.now_ms(), symbol, price)])
        self.print(market, Print(at_ms=self.now_ms(), price=price, qty=qty, aggressor=side))

    def switch(self, symbol: str, *, trading: bool) -> None:
        """Halt or resume a pair."""
        self._follow(commands.switch(self.state, symbol, trading=trading, now_ms=self.now_ms()))

    def print(self, market: Market, printed: Print) -> None:
        """A trade of strangers: it moves the price, fills what it reaches, and appears on the tape."""
        market.price = printed.price
        symbol = market.instrument.symbol
        self._follow(prints.fills(self.state, market, printed))
        if self.state.waiting[symbol]:
            self._follow(conditional.fire(self.state, symbol, now_ms=printed.at_ms))
        self.tapes.show(market, printed)

    def reach(self, step: int) -> None:
        """Remember how far the replay has come."""
        self._carry_out([Positioned(self.now_ms(), step)])

    def remember_price(self, symbol: str) -> None:
        """Let a restart go on from a pair's price of now."""
        self._carry_out([Priced(self.now_ms(), symbol, self.state.market(symbol).price)])

    def _follow(self, events: Iterable[Event]) -> None:
        """Carry out a command of spot, and what order lists make of it."""
        self._carry_out(chains.followed(self.state, events))

    def _carry_out(self, events: Iterable[Event]) -> None:
        """Apply each event before the next is asked for, then record them all as one command."""
        batch: list[Event] = []
        for event in events:
            apply(self.state, event)
            self.counts[type(event).__name__] += 1
            batch.append(event)
            self._tell(event)
        if not batch:
            return
        self.journal.append(batch)
        if any(type(event) in FILLS or type(event) is AtVenue for event in batch):
            self._publish(batch)

    def _at(self, venue: str) -> Callable[[Iterable[PerpEvent]], None]:
        """Carries out what happens on another futures venue."""
        return lambda happened: self._carry_out(AtVenue(venue, event) for event in happened)

    def _tell(self, event: Event) -> None:
        """Let those hear it whom it may concern."""
        if isinstance(event, AtVenue):
            for hear in self.venues[event.venue].listeners:
                hear(event.event)
            return
        for listener in self.listeners:
            listener(event)

    def side(self, name: str) -> Futures:
        """A futures side: "usdm", or another venue."""
        return self.futures if name == USDM else self.venues[name]

    def name_of(self, side: Futures) -> str:
        """What a futures side is called."""
        return next((name for name, one in self.venues.items() if one is side), USDM)

    def perpetuals(self, symbol: str) -> list[tuple[Futures, Contract]]:
        """Every contract of every venue that follows a spot pair."""
        sides = (self.futures, *self.venues.values())
        found = [(side, one) for side in sides for one in side.perps.contracts.values()]
        return [(side, one) for side, one in found if (one.follows or one.symbol) == symbol]

    def _publish(self, batch: list[Event]) -> None:
        """Put customers' trades on the tapes; all events of a command belong to one side."""
        if isinstance(batch[0], AtVenue):
            side = self.venues[batch[0].venue]
            _publish_perps(side, [event.event for event in batch if isinstance(event, AtVenue)])
            return
        orders = self.state.orders
        self.tapes.publish((orders[event.order_id], event) for event in batch if type(event) is Filled)
        if type(batch[-1]) not in SPOT:
            _publish_perps(self.futures, batch)


def _publish_perps(side: Futures, batch: Iterable[Event]) -> None:
    orders = side.perps.orders
    side.tapes.publish((orders[event.order_id], event) for event in batch if isinstance(event, PerpFilled))


def _reserve_at(venue: str) -> Callable[[str, int], Event]:
    return lambda symbol, upto: AtVenue(venue, PerpReserved(symbol, upto))
