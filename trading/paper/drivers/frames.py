"""`--market frames`: recorded books and trades, in their own order and rhythm, again and again."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from trading.paper.core import atoms
from trading.paper.core.market import Market
from trading.paper.core.orders import Side
from trading.paper.core.prints import Print
from trading.paper.drivers.base import Paced, Printer, Standing, meet, watch
from trading.paper.market.frames import BadFrames, Frame, TradeFrame
from trading.paper.market.player import Player, Recording
from trading.paper.server.exchange import Exchange

logger = logging.getLogger("paper.market")

SPEED = 1


@dataclass(slots=True)
class Stage:
    """A recording, the market it plays on, and how its trades are printed."""

    player: Player
    market: Market
    say: Callable[[Print], None]

    def show(self, frame: Frame, at_ms: int) -> None:
        """Let a frame happen, once the book has taken it in."""
        if isinstance(frame, TradeFrame):
            self.say(Print(at_ms=at_ms, price=frame.price, qty=frame.qty, aggressor=frame.aggressor))
        meet(self.market, self.player.book.ladder, at_ms=at_ms, say=self.say)

    def advance(self, source_ms: int, at_ms: int) -> None:
        """Everything up to a source time."""
        watch(self.market, self.player.book.ladder)
        for frame in self.player.until(source_ms):
            self.show(frame, at_ms)

    def open(self) -> None:
        """The first whole book, and a price in the middle of it."""
        self.player.begin()
        tick = self.market.instrument.tick_size
        ladder = self.player.book.ladder
        if any(price % tick for half in (ladder.bids, ladder.asks) for price in half.prices):
            raise BadFrames(f"{self.player.recording.path}: prices are no multiples of {atoms.show(tick)}")
        self.market.outside = ladder
        self.market.price = ladder.middle - ladder.middle % tick


class FramesMarket(Paced):
    """Every recording on one timeline; their laps begin together."""

    def __init__(self, exchange: Exchange, found: Iterable[Recording], *, speed: int = SPEED) -> None:
        super().__init__(exchange, speed=speed)
        recorded = tuple(found)
        lap_ms = max(one.length_ms for one in recorded) + 1
        players = [Player(one, lap_ms) for one in recorded]
        self._apart = {one.symbol for one in recorded if one.futures}
        self.stages = [self._stage(one) for one in players]

    def _stage(self, player: Player) -> Stage:
        """Where a recording plays: without one of their own, contracts follow the pair."""
        symbol, perps = player.recording.symbol, self._exchange.futures
        if player.recording.futures:
            return Stage(player, perps.perps.market(symbol), lambda printed: perps.print(symbol, printed))
        apart = (perps.perps.market(symbol),) if symbol in self._apart else ()
        return Stage(player, self._exchange.state.market(symbol), Printer(self._exchange, symbol, apart=apart).print)

    def show_history(self) -> None:
        """A recording has no past: the books stand, and a price shows."""
        for stage in self.stages:
            stage.open()
            at_ms, price = self._exchange.now_ms(), stage.market.price
            stage.say(Print(at_ms=at_ms, price=price, qty=stage.market.instrument.min_qty, aggressor=Side.BUY))

    def advance(self, now_ms: int) -> None:
        """Everything up to now, market by market."""
        self._until_ms = max(self._until_ms, now_ms)
        for stage in self.stages:
            stage.advance(self._pace.source(now_ms), now_ms)

    def standing(self) -> Standing:
        """Where it stands."""
        laps = self.stages[0].player.laps
        names = ", ".join(stage.player.recording.path.name for stage in self.stages)
        paused = not self._pace.speed
        return Standing("frames", paused=paused, speed=self._speed, note=f"lap {laps + 1} of {names}")
