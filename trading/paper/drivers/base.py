"""What a driver is to the server: it moves the prices, by a recording, a chance or somebody else's market."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from trading.paper.core.market import Market
from trading.paper.core.orders import Side
from trading.paper.core.perps.contract import Contract
from trading.paper.core.prints import Print
from trading.paper.market.ladder import Ladder
from trading.paper.market.pace import Pace
from trading.paper.server.exchange import Exchange
from trading.paper.server.futures import Futures
from trading.paper.server.options import MOST_SPEED

TICK_SECS = 0.05

CATCH_UP_MS = 5_000
# At most this much per tick: after a long sleep of the machine the market hurries, and still answers.


class CannotTurn(ValueError):
    """This market has no such lever; the text says why."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a driver stands. speed: source seconds a wall second, 0 = it has none; times in Unix milliseconds."""

    mode: str
    held: bool = False
    paused: bool = False
    speed: int = 0
    anchor_ms: int = 0
    step_ms: int = 0
    note: str = ""


class Paced:
    """The half of a driver that follows a clock of its own: it ticks, stands still and goes on, faster or slower."""

    def __init__(self, exchange: Exchange, *, speed: int) -> None:
        self._exchange = exchange
        self._speed = checked_speed(speed)
        self._until_ms = exchange.now_ms()
        self._pace = Pace(anchor_ms=self._until_ms, source_ms=0, speed=self._speed)

    async def run(self) -> None:
        """Let everything happen at its time, for ever."""
        while True:
            self.advance(min(self._exchange.now_ms(), self._until_ms + CATCH_UP_MS))
            await asyncio.sleep(TICK_SECS)

    def advance(self, now_ms: int) -> None:
        """Everything up to now."""
        raise NotImplementedError

    def start(self) -> None:
        """It never waits."""

    def pause(self, *, on: bool) -> None:
        """Stand still, or go on from there."""
        self._pace = self._pace.changed(wall_ms=self._until_ms, speed=0 if on else self._speed)

    def set_speed(self, speed: int) -> None:
        """Source seconds a wall second, from now on."""
        self._speed = checked_speed(speed)
        if self._pace.speed:
            self._pace = self._pace.changed(wall_ms=self._until_ms, speed=speed)


class Driver(Protocol):
    """Moves the market side."""

    def show_history(self) -> None:
        """Fill the tapes with what has happened before now."""

    async def run(self) -> None:
        """Move the prices, for ever."""

    def start(self) -> None:
        """Let a held market go; again is nothing."""

    def pause(self, *, on: bool) -> None:
        """Let the market stand still, or go on. Raises CannotTurn."""

    def set_speed(self, speed: int) -> None:
        """Source seconds a wall second, from now on. Raises CannotTurn."""

    def standing(self) -> Standing:
        """Where it stands."""


def checked_speed(speed: int) -> int:
    """The speed. Raises CannotTurn outside its range."""
    if not 1 <= speed <= MOST_SPEED:
        raise CannotTurn(f"the speed must lie between 1 and {MOST_SPEED}, not {speed}")
    return speed


class Printer:
    """Prints trades of one spot pair, and on every contract that follows it; `apart` are contracts with a market of their own."""

    def __init__(self, exchange: Exchange, symbol: str, *, apart: tuple[Market, ...] = ()) -> None:
        self.market = exchange.state.market(symbol)
        self._exchange = exchange
        self._followers: list[tuple[Futures, Contract]] = [
            (futures, contract)
            for futures, contract in exchange.perpetuals(symbol)
            if all(futures.perps.markets[contract.symbol] is not one for one in apart)
        ]

    def print(self, printed: Print) -> None:
        """A trade of strangers on the pair, and the same on the contracts, on their own ticks."""
        self._exchange.print(self.market, printed)
        for futures, contract in self._followers:
            price = printed.price - printed.price % contract.tick_size
            futures.print(contract.symbol, replace(printed, price=price))

    def show(self, printed: Print) -> None:
        """On the pair's tape only."""
        self._exchange.tapes.show(self.market, printed)

    def mirror(self) -> None:
        """The contracts take over the pair's past."""
        symbol = self.market.instrument.symbol
        tape = self._exchange.tapes.by_symbol[symbol]
        for futures, contract in self._followers:
            futures.mirror(contract.symbol, tape, next_trade_id=self.market.next_trade_id)


def watch(market: Market, ladder: Ladder) -> None:
    """Let the strangers' book note what comes within reach of the customers' resting orders."""
    ladder.watch(buys=market.book.buys.best(), sells=market.book.sells.best())


def meet(market: Market, ladder: Ladder, *, at_ms: int, say: Callable[[Print], None]) -> None:
    """Whatever has come within reach of customers' orders trades with them, and strangers were the aggressors."""
    for half, aggressor in ((ladder.asks, Side.SELL), (ladder.bids, Side.BUY)):
        for quote in half.take_grown():
            say(Print(at_ms=at_ms, price=quote.price, qty=quote.qty, aggressor=aggressor))
    watch(market, ladder)
