"""Drives the replay by the wall clock: history at start, then trade after trade."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

from trading.paper.core.market import Market
from trading.paper.core.prints import Print
from trading.paper.market.candles import load
from trading.paper.market.instruments import FOLDER
from trading.paper.market.replay import Replay, Timeline, timeline, timeline_from
from trading.paper.server.exchange import Exchange

logger = logging.getLogger("paper.market")

BUNDLES = {path.name.partition("-")[0]: path for path in sorted(FOLDER.glob("*-5m.xz"))}

START = 26 * 288 + 163
# 2024-03-25 13:35 UTC: within ten seconds all pairs cross upwards, within twenty-four all gain 1 %. See data/window.py.

HISTORY_MS = 2 * 3_600_000
# How far back the candles reach at the first second.

TICK_SECS = 0.05

SECOND_MS = 1_000

CATCH_UP_MS = 5_000
# At most this much per tick: after a long sleep of the machine the replay hurries, and still answers.


class ReplayMarket:
    """The replay of every bundled symbol on one timeline."""

    def __init__(self, exchange: Exchange, *, speed: int, seed: int, start: int | None, hold: bool = False) -> None:
        self._exchange = exchange
        self._speed = speed
        saved = exchange.state.replay_step
        step = saved if saved is not None else START if start is None else start
        self.held = hold and saved is None
        now_ms = exchange.now_ms()
        self.timeline = self._standing(now_ms, step) if self.held else timeline(now_ms=now_ms, step=step, speed=speed)
        self._replays = [_replay(path, self.timeline, seed) for path in BUNDLES.values()]
        self._until_ms = self.timeline.anchor_ms if self.held else now_ms
        self._step = self.timeline.first_step - 1
        self._perpetuals = {symbol: exchange.perpetuals(symbol) for symbol in BUNDLES}

    def _standing(self, now_ms: int, step: int) -> Timeline:
        return timeline_from(now_ms - now_ms % SECOND_MS, step=step, speed=self._speed)

    def show_history(self) -> None:
        """Fill the tapes with what has happened before now."""
        for replay in self._replays:
            market = self._exchange.state.market(replay.history.symbol)
            for printed in replay.between(self._until_ms - HISTORY_MS, self._until_ms):
                self._exchange.tapes.show(market, printed)
                market.price = printed.price
            self._mirror(market)
        logger.info("replay at step %d, %d ms a candle", self.timeline.first_step, self.timeline.step_ms)

    async def run(self) -> None:
        """Print every trade at its time, for ever."""
        while True:
            if not self.held:
                self.advance(min(self._exchange.now_ms(), self._until_ms + CATCH_UP_MS))
            await asyncio.sleep(TICK_SECS)

    def start(self) -> None:
        """Let a held replay go, from the next whole second on; its past moves up to that moment. Again is nothing."""
        if not self.held:
            return
        self.held = False
        now_ms = self._exchange.now_ms()
        held_at, step = self.timeline.anchor_ms, self.timeline.first_step
        self.timeline = self._standing(now_ms + SECOND_MS, step)
        for replay in self._replays:
            tape = self._exchange.tapes.by_symbol[replay.history.symbol]
            tape.move(end_ms=held_at, by_ms=self.timeline.anchor_ms - held_at)
            replay.follow(self.timeline)
            self._mirror(self._exchange.state.market(replay.history.symbol))
        self._until_ms = self.timeline.anchor_ms
        self._remember(step)
        logger.info("replay started, first trades in %d ms", self.timeline.anchor_ms - now_ms)

    def advance(self, now_ms: int) -> None:
        """Print the trades up to now, in the order of their times."""
        due = [
            (printed.at_ms, index, printed)
            for index in range(len(self._replays))
            for printed in self._due(index, now_ms)
        ]
        for _, index, printed in sorted(due, key=lambda row: row[:2]):
            self._print(index, printed)
        self._until_ms = max(self._until_ms, now_ms)
        self._remember(max(self.timeline.first_step, self.timeline.step_at(now_ms)))

    def _due(self, index: int, now_ms: int) -> list[Print]:
        return list(self._replays[index].between(self._until_ms, now_ms))

    def _print(self, index: int, printed: Print) -> None:
        symbol = self._replays[index].history.symbol
        self._exchange.print(self._exchange.state.market(symbol), printed)
        for futures, contract in self._perpetuals[symbol]:
            price = printed.price - printed.price % contract.tick_size
            futures.print(contract.symbol, replace(printed, price=price))

    def _mirror(self, market: Market) -> None:
        """Futures follow the spot prices, from the past on."""
        symbol = market.instrument.symbol
        tape = self._exchange.tapes.by_symbol[symbol]
        for futures, contract in self._perpetuals[symbol]:
            futures.mirror(contract.symbol, tape, next_trade_id=market.next_trade_id)

    def _remember(self, step: int) -> None:
        if step != self._step:
            self._step = step
            self._exchange.reach(step)


def _replay(path: Path, clock: Timeline, seed: int) -> Replay:
    return Replay(history=load(path), timeline=clock, seed=seed)
