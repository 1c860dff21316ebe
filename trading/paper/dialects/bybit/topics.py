"""Market topics: what each one listens to, and how Bybit writes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from trading.paper.core.orders import Side
from trading.paper.dialects.binance_spot.streams import TICK_MS, BarStream, Stream, Subscriber, encode
from trading.paper.dialects.bybit import ids, market
from trading.paper.dialects.bybit.market import INTERVALS
from trading.paper.dialects.bybit.params import Json, plain
from trading.paper.dialects.bybit.venue import Board
from trading.paper.market.bars import INTERVALS_MS, Bar
from trading.paper.market.tape import Trade
from trading.paper.server.books import BookLog
from trading.paper.server.exchange import Exchange

Levels = dict[int, int]

DEPTHS = (1, 50, 200, 1000)

REPEAT_MS = 3_000
# The best prices come again after so long without a change, under the same number.

TICKER_MS = {"spot": 50, "linear": TICK_MS}


def message(topic: str, kind: str, data: Any, at_ms: int, **more: Any) -> Json:
    """A message of a topic."""
    return {"topic": topic, "type": kind, "ts": at_ms, "data": data, **more}


@dataclass(slots=True, eq=False)
class BookStream(Stream):
    """The best levels: a snapshot to whoever is new, then what has changed since the message before."""

    topic: str = ""
    depth: int = 0
    log: BookLog = field(kw_only=True)
    number: int = field(init=False)
    shown: dict[Side, Levels] = field(default_factory=dict)
    served: list[Subscriber] = field(default_factory=list)
    due_ms: int = 0

    def __post_init__(self) -> None:
        self.number, self.shown = self.log.last_id, self._look()

    def _look(self) -> dict[Side, Levels]:
        return {of: dict(self.log.side(of, self.depth)) for of in (Side.SELL, Side.BUY)}

    def tick(self, now_ms: int) -> None:
        """Send what has changed, and the whole to the new."""
        self.log.refresh()
        self._change(now_ms)
        if self.depth == 1 and now_ms >= self.due_ms:
            self.served = []
        text = encode(self._told("snapshot", self.shown, now_ms))
        for new in [one for one in self.subscribers if one not in self.served]:
            new.deliver(self.name, text)
            self.due_ms = now_ms + REPEAT_MS
        self.served = list(self.subscribers)

    def _change(self, now_ms: int) -> None:
        found = self._look()
        changed = {of: _changes(self.shown[of], levels) for of, levels in found.items()}
        if not any(changed.values()):
            return
        self.shown, self.number, self.due_ms = found, self.number + 1, now_ms + REPEAT_MS
        text = encode(self._told("delta", changed, now_ms))
        for old in [one for one in self.subscribers if one in self.served]:
            old.deliver(self.name, text)

    def _told(self, kind: str, levels: dict[Side, Levels], now_ms: int) -> Json:
        rows = {of: [[plain(price), plain(qty)] for price, qty in found.items()] for of, found in levels.items()}
        data = {"s": self.log.market.instrument.symbol, "b": rows[Side.SELL], "a": rows[Side.BUY]}
        return message(self.topic, kind, data | {"u": self.number, "seq": self.log.last_id}, now_ms, cts=now_ms)


def _changes(before: Levels, now: Levels) -> Levels:
    """What a client must apply to the levels before to have those of now; zero = gone."""
    changed = {price: qty for price, qty in now.items() if before.get(price) != qty}
    return changed | {price: 0 for price in before if price not in now}


@dataclass(slots=True, eq=False)
class TapeStream(Stream):
    """Every trade as it happens."""

    topic: str = ""
    symbol: str = ""
    spot: bool = False

    def trade(self, trade: Trade) -> None:
        """Pass it on."""
        row = {
            "T": trade.at_ms,
            "s": self.symbol,
            "S": "Buy" if trade.buyer_is_taker else "Sell",
            "v": plain(trade.qty),
            "p": plain(trade.price),
            "L": "PlusTick" if trade.buyer_is_taker else "MinusTick",
            "i": ids.exec_id(self.symbol, trade.id, spot=self.spot),
            "BT": False,
            "RPI": False,
            "seq": trade.id,
        }
        self.emit(message(self.topic, "snapshot", [row], trade.at_ms))


@dataclass(slots=True, eq=False)
class TickerStream(Stream):
    """The whole ticker to whoever is new; to the others spot repeats it and linear sends what has changed."""

    topic: str = ""
    spot: bool = False
    look: Callable[[], Json] = field(kw_only=True)
    log: BookLog = field(kw_only=True)
    shown: Json = field(default_factory=dict)
    served: list[Subscriber] = field(default_factory=list)

    def tick(self, now_ms: int) -> None:
        """Look, and tell each what it lacks."""
        found = self.look()
        changed = {key: value for key, value in found.items() if self.shown.get(key) != value}
        whole = encode(message(self.topic, "snapshot", found, now_ms, cs=self.log.last_id))
        delta = message(self.topic, "delta", {"symbol": found["symbol"]} | changed, now_ms, cs=self.log.last_id)
        part = whole if self.spot else encode(delta)
        for one in list(self.subscribers):
            if one not in self.served:
                one.deliver(self.name, whole)
            elif changed:
                one.deliver(self.name, part)
        self.shown, self.served = found, list(self.subscribers)


class Catalogue:
    """Which stream a topic of a board stands for; inner names begin with the symbol."""

    def __init__(self, exchange: Exchange, board: Board) -> None:
        self._exchange = exchange
        self._board = board
        self._kinds: dict[str, Callable[[str, str, str], Stream | None]] = {
            "kline": self._candles,
            "orderbook": self._book,
            "publicTrade": self._trades,
            "tickers": self._ticker,
        }

    def make(self, name: str) -> Stream | None:
        """The stream of an inner name, None for no such topic."""
        topic = name.partition("@")[2]
        kind, _, rest = topic.partition(".")
        detail, _, symbol = rest.rpartition(".")
        maker = self._kinds.get(kind)
        return maker(name, symbol, detail) if maker and symbol in self._board.source.markets else None

    def _book(self, name: str, symbol: str, detail: str) -> Stream | None:
        if detail not in map(str, DEPTHS):
            return None
        log = self._board.source.books.log(symbol)
        return BookStream(name, topic=_topic(name), depth=int(detail), log=log)

    def _trades(self, name: str, symbol: str, detail: str) -> Stream | None:
        if detail:
            return None
        return TapeStream(name, topic=_topic(name), symbol=symbol, spot=self._board.spot)

    def _ticker(self, name: str, symbol: str, detail: str) -> Stream | None:
        if detail:
            return None
        found, log = self._board.source.markets[symbol], self._board.source.books.log(symbol)

        def look() -> Json:
            return market.ticker(self._exchange, self._board, found)

        return TickerStream(name, topic=_topic(name), spot=self._board.spot, look=look, log=log)

    def _candles(self, name: str, symbol: str, detail: str) -> Stream | None:
        if detail not in INTERVALS:
            return None

        def shape(now_ms: int, _symbol: str, _interval: str, bar: Bar, closed: bool) -> Json:
            return message(_topic(name), "snapshot", [_candle(bar, detail, now_ms, closed=closed)], now_ms)

        source = self._board.source
        return BarStream(name, symbol=symbol, interval=INTERVALS[detail], source=source, shape=shape)


def _topic(name: str) -> str:
    return name.partition("@")[2]


def _candle(bar: Bar, interval: str, now_ms: int, *, closed: bool) -> Json:
    return {
        "start": bar.start_ms,
        "end": bar.start_ms + INTERVALS_MS[INTERVALS[interval]] - 1,
        "interval": interval,
        "open": plain(bar.open),
        "close": plain(bar.close),
        "high": plain(bar.high),
        "low": plain(bar.low),
        "volume": plain(bar.volume),
        "turnover": plain(bar.quote_volume),
        "confirm": closed,
        "timestamp": now_ms,
    }
