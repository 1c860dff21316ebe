"""Drives the replay by the wall clock: history at start, then trade after trade."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

from trading.paper.core import atoms
from trading.paper.core.market import Market
from trading.paper.core.prints import Print
from trading.paper.drivers.base import CATCH_UP_MS, TICK_SECS, Standing, checked_speed
from trading.paper.market.bars import Bar, Series, series_of
from trading.paper.market.candles import CANDLE_SECS, Candle, History, load
from trading.paper.market.instruments import FOLDER
from trading.paper.market.replay import Replay, Timeline, candle_at, moved, paced, timeline, timeline_from
from trading.paper.market.tape import HOUR_MS, Tape
from trading.paper.server.exchange import Exchange

logger = logging.getLogger("paper.market")

BUNDLES = {path.name.partition("-")[0]: path for path in sorted(FOLDER.glob("*-5m.xz"))}

START = 26 * 288 + 163
# 2024-03-25 13:35 UTC: within ten seconds all pairs cross upwards, within twenty-four all gain 1 %. See data/window.py.

HISTORY_MS = 2 * 3_600_000
# How far back the candles reach at the first second.

SECOND_MS = 1_000
ELDER_HOURS = 1_000
CANDLES_AN_HOUR = 3_600 // CANDLE_SECS
TRADES_A_CANDLE = 20


class ReplayMarket:
    """The replay of every bundled symbol on one timeline."""

    def __init__(self, exchange: Exchange, *, speed: int, seed: int, start: int | None, hold: bool = False) -> None:
        self._exchange = exchange
        self._speed = speed
        saved = exchange.state.replay_step
        step = saved if saved is not None else START if start is None else start
        self.held = hold and saved is None
        self.paused = False
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
            self._exchange.tapes.by_symbol[replay.history.symbol] = Tape()
            for printed in replay.between(self._until_ms - HISTORY_MS, self._until_ms):
                self._exchange.tapes.show(market, printed)
                market.price = printed.price
            self._show_elder(replay)
            self._mirror(market)
        logger.info("replay at step %d, %d ms a candle", self.timeline.first_step, self.timeline.step_ms)

    async def run(self) -> None:
        """Print every trade at its time, for ever."""
        while True:
            if not self.held and not self.paused:
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
        self._remember(step)
        for replay in self._replays:
            tape = self._exchange.tapes.by_symbol[replay.history.symbol]
            tape.move(end_ms=held_at, by_ms=self.timeline.anchor_ms - held_at)
            replay.follow(self.timeline)
            self._show_elder(replay)
            self._mirror(self._exchange.state.market(replay.history.symbol))
        self._until_ms = self.timeline.anchor_ms
        logger.info("replay started, first trades in %d ms", self.timeline.anchor_ms - now_ms)

    def pause(self, *, on: bool) -> None:
        """Stand still, or go on from there."""
        if self.paused and not on and not self.held:
            now_ms = self._exchange.now_ms()
            self._follow(moved(self.timeline, now_ms - self._until_ms))
            self._until_ms = now_ms
        self.paused = on

    def set_speed(self, speed: int) -> None:
        """Source seconds a wall second, from now on."""
        self._speed = checked_speed(speed)
        if not self.held:
            self._follow(paced(self.timeline, at_ms=self._until_ms, speed=speed))

    def _follow(self, line: Timeline) -> None:
        self.timeline = line
        for replay in self._replays:
            replay.follow(line)

    def standing(self) -> Standing:
        """Where it stands."""
        line = self.timeline
        return Standing(
            mode="replay",
            held=self.held,
            paused=self.paused,
            speed=self._speed,
            anchor_ms=line.anchor_ms,
            step_ms=line.step_ms,
            note=f"candle {self._step if self._step >= line.first_step else line.first_step}",
        )

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

    def _show_elder(self, replay: Replay) -> None:
        """What lies before the tape, by the hour, at the record's own pace and not at the replay's.

        A thousand hours of replayed time would be years of record; and volatility is a thing of days.
        """
        tape = self._exchange.tapes.by_symbol[replay.history.symbol]
        first = tape.series["1m"].starts
        if first:
            begins = first[0] - first[0] % HOUR_MS
            tape.elder = hours_before(replay.history, step=self.timeline.step_at(first[0]), end_ms=begins)

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


def hours_before(history: History, *, step: int, end_ms: int) -> Series:
    """Hourly candles of the record before a step, the last of which ends at end_ms."""
    steps = range(step - ELDER_HOURS * CANDLES_AN_HOUR, step)
    width = CANDLE_SECS * SECOND_MS
    bars = [_bar(candle_at(history.candles, one), end_ms - (step - one) * width) for one in steps]
    return series_of(bars, HOUR_MS)


def _bar(candle: Candle, start_ms: int) -> Bar:
    quote = atoms.times(candle.close, candle.volume)
    return Bar(start_ms, candle.open, candle.high, candle.low, candle.close, candle.volume, quote, TRADES_A_CANDLE)


def _replay(path: Path, clock: Timeline, seed: int) -> Replay:
    return Replay(history=load(path), timeline=clock, seed=seed)
