"""`--market synthetic`: strangers by chance, the same for the same seed, moved by what customers do."""

import logging
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from trading.paper.core import atoms
from trading.paper.core.events import Event, Filled
from trading.paper.core.perps.events import PerpFilled
from trading.paper.core.perps.state import Perps
from trading.paper.core.prints import Print
from trading.paper.drivers.base import Paced, Printer, Standing
from trading.paper.market.synthetic import Arrival, Flow, Shape
from trading.paper.market.tape import Tape
from trading.paper.server.exchange import Exchange

logger = logging.getLogger("paper.market")

PRICES = {"BTCUSDT": 60_000.0, "ETHUSDT": 3_000.0, "SOLUSDT": 150.0}
# Where a fresh exchange begins, quote.

SPEED = 60

HISTORY_MS = 2 * 3_600_000
# How far back the candles reach at the first second, wall time.

KEEP_MS = 5_000
# The price is remembered so often: a restart goes on from there.

MS = 1000.0


@dataclass(slots=True)
class Stall:
    """One pair's flow, and where it prints."""

    symbol: str
    flow: Flow
    printer: Printer
    told: int = 0

    def happen(self, arrival: Arrival, at_ms: int) -> None:
        """A stranger's trade: a part reaches customers, the rest only shows."""
        printed = Print(at_ms=at_ms, price=arrival.price, qty=arrival.reached, aggressor=arrival.aggressor)
        self.printer.print(printed)
        self._rest(arrival, printed)
        self.told = arrival.price

    def recall(self, arrival: Arrival, at_ms: int, by: float) -> None:
        """A trade of the past, its price scaled: it only shows."""
        tick = self.flow.instrument.tick_size
        price = max(tick, round(arrival.price * by / tick) * tick)
        self.printer.show(Print(at_ms=at_ms, price=price, qty=arrival.qty, aggressor=arrival.aggressor))

    def _rest(self, arrival: Arrival, printed: Print) -> None:
        if arrival.qty > arrival.reached:
            self.printer.show(replace(printed, qty=arrival.qty - arrival.reached))

    def obey(self) -> None:
        """A price that was set by hand is where the flow goes on."""
        if self.printer.market.price != self.told:
            self.told = self.printer.market.price
            self.flow.middle = self.told / atoms.SCALE


class SyntheticMarket(Paced):
    """A flow per pair on one clock."""

    def __init__(self, exchange: Exchange, *, seed: int, speed: int = SPEED, shape: Shape | None = None) -> None:
        super().__init__(exchange, speed=speed)
        self._seed, self._shape = seed, shape or Shape()
        self._began_ms = self._kept_ms = self._until_ms
        self.stalls = {symbol: self._stall(symbol) for symbol in PRICES}
        self._listen()

    def _stall(self, symbol: str) -> Stall:
        market = self._exchange.state.market(symbol)
        middle = market.price / atoms.SCALE if market.price else PRICES[symbol]
        random = Random(f"{self._seed} {symbol}")  # noqa: S311 - prices, not secrets
        flow = Flow(market.instrument, self._shape, random, middle)
        return Stall(symbol, flow, Printer(self._exchange, symbol))

    def _listen(self) -> None:
        """Hear every trade that a customer takes: it moves the price."""
        sides = self._exchange.venues.values()
        self._exchange.listeners.append(partial(self._hear, self._exchange.futures.perps))
        for side in sides:
            side.listeners.append(partial(self._hear, side.perps))

    def _hear(self, perps: Perps, event: Event) -> None:
        if not isinstance(event, Filled | PerpFilled) or event.maker:
            return
        spot = isinstance(event, Filled)
        order = self._exchange.state.orders[event.order_id] if spot else perps.orders[event.order_id]
        stall = self.stalls.get(getattr(order.instrument, "follows", "") or order.instrument.symbol)
        if stall is not None:
            stall.flow.push(order.side, event.qty)

    def show_history(self) -> None:
        """Two hours of trades that lead to the first price."""
        for stall in self.stalls.values():
            self._recall(stall)
            stall.told = stall.printer.market.price = stall.flow.price
            stall.printer.mirror()
        logger.info("synthetic market, seed %d, speed %d", self._seed, self._speed)

    def _recall(self, stall: Stall) -> None:
        """A past of its own, scaled so that it ends where the flow begins."""
        random = Random(f"{self._seed} {stall.symbol} past")  # noqa: S311 - prices, not secrets
        past = Flow(stall.flow.instrument, self._shape, random, stall.flow.middle)
        trades = list(past.until(HISTORY_MS / MS * self._speed))
        self._exchange.tapes.by_symbol[stall.symbol] = Tape()
        scale = stall.flow.price / trades[-1].price
        for one in trades:
            at_ms = self._began_ms - HISTORY_MS + int(one.at_secs * MS / self._speed)
            stall.recall(one, at_ms, scale)

    def advance(self, now_ms: int) -> None:
        """The trades up to now, in the order of their times."""
        self._until_ms = max(self._until_ms, now_ms)
        until_secs = self._pace.source(self._until_ms) / MS
        for stall in self.stalls.values():
            stall.obey()
        due = [(one.at_secs, name, one) for name, stall in self.stalls.items() for one in stall.flow.until(until_secs)]
        for at_secs, name, arrival in sorted(due, key=lambda row: row[:2]):
            self.stalls[name].happen(arrival, self._pace.wall(int(at_secs * MS)))
        self._keep()

    def _keep(self) -> None:
        if self._until_ms - self._kept_ms >= KEEP_MS and self._pace.speed:
            self._kept_ms = self._until_ms
            for symbol in self.stalls:
                self._exchange.remember_price(symbol)

    def standing(self) -> Standing:
        """Where it stands."""
        return Standing("synthetic", paused=not self._pace.speed, speed=self._speed, note=f"seed {self._seed}")
