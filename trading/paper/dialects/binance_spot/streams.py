"""Market data streams: what each one listens to and when it speaks. Spot and futures differ in their shapes only."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from trading.paper.core.market import Market
from trading.paper.market.bars import INTERVALS_MS, Bar
from trading.paper.market.tape import Day, Trade
from trading.paper.server.books import Books, Levels
from trading.paper.server.tapes import Tapes

Json = dict[str, Any]

encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

SECOND_MS = 1_000
TICK_MS = 100


class Subscriber(Protocol):
    """Whoever wants a stream."""

    def deliver(self, name: str, text: str) -> None:
        """One message of a stream."""


@dataclass(frozen=True, slots=True)
class Source:
    """One side of the exchange as the streams see it."""

    markets: Mapping[str, Market]
    tapes: Tapes
    books: Books


@dataclass(frozen=True, slots=True)
class Shapes:
    """How a venue writes what happens; every function takes the event time first."""

    trade: Callable[[int, str, Trade], Json]
    agg_trade: Callable[[int, str, Trade], Json]
    mini_ticker: Callable[[int, str, Day], Json]
    ticker: Callable[[int, Market, Day], Json]
    best: Callable[[int, Market, int], Json]
    bar: Callable[[int, str, str, Bar, bool], Json]
    changes: Callable[[int, str, Levels, int, int, int], Json]
    book: Callable[[int, str, Any, int], Json]
    mark: Callable[[int, Market], Json] | None = None


def _without_times(content: Any) -> Any:
    """What counts as a change: everything but the event's own clock."""
    if isinstance(content, list):
        return [_without_times(one) for one in content]
    if isinstance(content, dict):
        return {name: value for name, value in content.items() if name not in ("E", "T", "O", "C", "u")}
    return content


@dataclass(slots=True, eq=False)
class Stream:
    """A named stream with its subscribers; `fresh` is set when somebody new waits for a first message."""

    name: str
    subscribers: list[Subscriber] = field(default_factory=list)
    fresh: bool = True

    def emit(self, content: Any) -> None:
        """Write once, deliver to all."""
        text = encode(content)
        for subscriber in self.subscribers:
            subscriber.deliver(self.name, text)

    def trade(self, trade: Trade) -> None:
        """A public trade of its market."""

    def tick(self, now_ms: int) -> None:
        """A tenth of a second has passed."""

    def end(self) -> None:
        """Nobody listens any more."""


@dataclass(slots=True, eq=False)
class TradeStream(Stream):
    """Every trade as it happens."""

    symbol: str = ""
    shape: Callable[[int, str, Trade], Json] = field(kw_only=True)

    def trade(self, trade: Trade) -> None:
        """Pass it on."""
        self.emit(self.shape(trade.at_ms, self.symbol, trade))


@dataclass(slots=True, eq=False)
class PolledStream(Stream):
    """Looks every so often, and speaks where something has changed or somebody is new."""

    every_ms: int = SECOND_MS
    look: Callable[[int], Any] = field(kw_only=True)
    timeless: Callable[[Any], Any] = _without_times
    seen: Any = None
    due_ms: int = 0

    def tick(self, now_ms: int) -> None:
        """Look, if it is time."""
        if now_ms < self.due_ms and not self.fresh:
            return
        self.due_ms = now_ms + self.every_ms
        content = self.look(now_ms)
        timeless = self.timeless(content)
        if content is None or (timeless == self.seen and not self.fresh):
            return
        self.seen, self.fresh = timeless, False
        self.emit(content)


@dataclass(slots=True, eq=False)
class EachStream(Stream):
    """The same for many markets: one message for each that has changed."""

    looks: Mapping[str, Callable[[int], Any]] = field(kw_only=True)
    seen: dict[str, Any] = field(default_factory=dict)

    def tick(self, now_ms: int) -> None:
        """Look at every market."""
        if self.fresh:
            self.seen.clear()
            self.fresh = False
        for symbol, look in self.looks.items():
            content = look(now_ms)
            if self.seen.get(symbol) != _without_times(content):
                self.seen[symbol] = _without_times(content)
                self.emit(content)


@dataclass(slots=True, eq=False)
class BarStream(Stream):
    """The running candle once a second, and each one once more when it has closed."""

    symbol: str = ""
    interval: str = ""
    source: Source = field(kw_only=True)
    shape: Callable[[int, str, str, Bar, bool], Json] = field(kw_only=True)
    shown: tuple[int, int] = (0, 0)
    due_ms: int = 0

    def tick(self, now_ms: int) -> None:
        """Show the candle of now, and before it the one that has just closed."""
        if now_ms < self.due_ms:
            return
        self.due_ms = now_ms + SECOND_MS
        width = INTERVALS_MS[self.interval]
        tape = self.source.tapes.by_symbol[self.symbol]
        bars = tape.bars(self.interval, first_ms=self.shown[0] or now_ms - now_ms % width, last_ms=now_ms)
        for bar in bars[:-1]:
            self.emit(self.shape(now_ms, self.symbol, self.interval, bar, True))
        if bars and (self.fresh or self.shown != (bars[-1].start_ms, bars[-1].trades)):
            self.shown, self.fresh = (bars[-1].start_ms, bars[-1].trades), False
            self.emit(self.shape(now_ms, self.symbol, self.interval, bars[-1], False))


@dataclass(slots=True, eq=False)
class DepthStream(Stream):
    """What has changed in the book, with the ids of the first and the last change."""

    symbol: str = ""
    every_ms: int = SECOND_MS
    source: Source = field(kw_only=True)
    shape: Callable[[int, str, Levels, int, int, int], Json] = field(kw_only=True)
    due_ms: int = 0
    last_id: int = field(init=False)
    collected: Levels = field(init=False)

    def __post_init__(self) -> None:
        log = self.source.books.log(self.symbol)
        self.collected = {}
        log.collect(self.collected)
        self.last_id = log.last_id

    def tick(self, now_ms: int) -> None:
        """Send what has gathered."""
        if now_ms < self.due_ms:
            return
        self.due_ms = now_ms + self.every_ms
        log = self.source.books.log(self.symbol)
        if self.collected:
            changes = dict(self.collected)
            self.collected.clear()
            before, self.last_id = self.last_id, log.last_id
            self.emit(self.shape(now_ms, self.symbol, changes, before + 1, log.last_id, before))

    def end(self) -> None:
        """Collect no more."""
        self.source.books.log(self.symbol).release(self.collected)


class Streams:
    """The streams somebody listens to, by name. `make` knows which names there are."""

    def __init__(self, source: Source, make: Callable[[str], Stream | None]) -> None:
        self._make = make
        self._streams: dict[str, Stream] = {}
        source.tapes.listeners.append(self._trade)

    def join(self, name: str, subscriber: Subscriber) -> bool:
        """Subscribe; False where there is no such stream."""
        stream = self._streams.get(name) or self._make(name)
        if stream is None:
            return False
        self._streams[name] = stream
        if subscriber not in stream.subscribers:
            stream.subscribers.append(subscriber)
            stream.fresh = True
        return True

    def leave(self, name: str, subscriber: Subscriber) -> None:
        """Unsubscribe; a stream that nobody wants ends."""
        stream = self._streams.get(name)
        if stream is None or subscriber not in stream.subscribers:
            return
        stream.subscribers.remove(subscriber)
        if not stream.subscribers:
            stream.end()
            del self._streams[name]

    def _trade(self, symbol: str, trade: Trade) -> None:
        prefix = symbol.lower() + "@"
        for name, stream in self._streams.items():
            if name.startswith(prefix):
                stream.trade(trade)

    def tick(self, now_ms: int) -> None:
        """Let every stream look at the clock."""
        for stream in list(self._streams.values()):
            stream.tick(now_ms)


class Catalogue:
    """Which stream a name stands for."""

    def __init__(self, source: Source, shapes: Shapes) -> None:
        self._source = source
        self._shapes = shapes
        self._kinds: dict[str, Callable[[str, Market, str], Stream | None]] = {
            "aggTrade": self._agg_trade,
            "bookTicker": self._best,
            "depth": self._depth,
            "kline": self._bars,
            "markPrice": self._mark,
            "miniTicker": self._mini_ticker,
            "ticker": self._ticker,
            "trade": self._trade,
        }

    def make(self, name: str) -> Stream | None:
        """The stream of a name such as btcusdt@depth@100ms; None for no such stream."""
        if name.startswith("!"):
            return self._of_all(name)
        symbol, _, rest = name.partition("@")
        market = self._source.markets.get(symbol.upper())
        kind, _, detail = rest.partition("@" if "_" not in rest else "_")
        if kind.startswith("depth") and kind != "depth":
            return self._partial(name, market, kind, detail) if market else None
        maker = self._kinds.get(kind)
        return maker(name, market, detail) if market and maker else None

    def _of_all(self, name: str) -> Stream | None:
        if name == "!bookTicker" and self._shapes.mark is not None:
            return EachStream(name, looks={one.instrument.symbol: self._best_of(one) for one in self._priced()})
        looks: dict[str, Callable[[int], Any]] = {
            "!miniTicker@arr": lambda now_ms: [self._mini(now_ms, one) for one in self._priced()],
            "!ticker@arr": lambda now_ms: [self._full(now_ms, one) for one in self._priced()],
        }
        if self._shapes.mark is not None:
            shape = self._shapes.mark
            looks["!markPrice@arr"] = looks["!markPrice@arr@1s"] = lambda now_ms: [
                shape(now_ms, one) for one in self._priced()
            ]
        look = looks.get(name)
        return PolledStream(name, look=look) if look else None

    def _priced(self) -> list[Market]:
        return [market for market in self._source.markets.values() if market.price]

    def _day(self, now_ms: int, market: Market) -> Day:
        return self._source.tapes.by_symbol[market.instrument.symbol].day(now_ms=now_ms)

    def _mini(self, now_ms: int, market: Market) -> Json:
        return self._shapes.mini_ticker(now_ms, market.instrument.symbol, self._day(now_ms, market))

    def _full(self, now_ms: int, market: Market) -> Json:
        return self._shapes.ticker(now_ms, market, self._day(now_ms, market))

    def _trade(self, name: str, market: Market, _detail: str) -> Stream:
        return TradeStream(name, symbol=market.instrument.symbol, shape=self._shapes.trade)

    def _agg_trade(self, name: str, market: Market, _detail: str) -> Stream:
        return TradeStream(name, symbol=market.instrument.symbol, shape=self._shapes.agg_trade)

    def _mini_ticker(self, name: str, market: Market, _detail: str) -> Stream:
        return PolledStream(name, look=lambda now_ms: self._mini(now_ms, market))

    def _ticker(self, name: str, market: Market, _detail: str) -> Stream:
        return PolledStream(name, look=lambda now_ms: self._full(now_ms, market))

    def _best(self, name: str, market: Market, _detail: str) -> Stream:
        return PolledStream(name, every_ms=TICK_MS, look=self._best_of(market))

    def _best_of(self, market: Market) -> Callable[[int], Json]:
        symbol = market.instrument.symbol
        return lambda now_ms: self._shapes.best(now_ms, market, self._source.books.log(symbol).last_id)

    def _bars(self, name: str, market: Market, interval: str) -> Stream | None:
        if interval not in INTERVALS_MS:
            return None
        symbol = market.instrument.symbol
        return BarStream(name, symbol=symbol, interval=interval, source=self._source, shape=self._shapes.bar)

    def _depth(self, name: str, market: Market, detail: str) -> Stream:
        symbol, every_ms = market.instrument.symbol, _pace(detail)
        return DepthStream(name, symbol=symbol, every_ms=every_ms, source=self._source, shape=self._shapes.changes)

    def _partial(self, name: str, market: Market, kind: str, detail: str) -> Stream | None:
        count = kind.removeprefix("depth")
        if count not in ("5", "10", "20"):
            return None
        symbol = market.instrument.symbol

        def look(now_ms: int) -> Json:
            return self._shapes.book(now_ms, symbol, self._source.books.log(symbol), int(count))

        return PolledStream(name, every_ms=_pace(detail), look=look)

    def _mark(self, name: str, market: Market, _detail: str) -> Stream | None:
        shape = self._shapes.mark
        return PolledStream(name, look=lambda now_ms: shape(now_ms, market)) if shape else None


def _pace(detail: str) -> int:
    """Milliseconds between two messages."""
    return TICK_MS if detail in ("100ms", "0ms") else 500 if detail in ("500ms", "250ms") else SECOND_MS
