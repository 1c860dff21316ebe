"""Market topics: what each one listens to, and how KuCoin writes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from trading.paper.core.orders import Side
from trading.paper.core.perps.contract import Contract
from trading.paper.dialects.binance_spot.streams import TICK_MS, PolledStream, Source, Stream
from trading.paper.dialects.kucoin_futures import market
from trading.paper.dialects.kucoin_futures.params import loose, lots, plain
from trading.paper.dialects.kucoin_futures.shapes import NANOS
from trading.paper.market.bars import INTERVALS_MS
from trading.paper.market.tape import Trade
from trading.paper.server.books import BookLog, Key
from trading.paper.server.exchange import Exchange
from trading.paper.server.futures import FUNDING_MS, FUNDING_RATE

Json = dict[str, Any]

INTERVALS = {"1min": "1m", "3min": "3m", "5min": "5m", "15min": "15m", "30min": "30m", "1hour": "1h", "4hour": "4h"} | {
    "1day": "1d"
}


def message(topic: str, subject: str, data: Json, **more: Any) -> Json:
    """A message of a topic."""
    return {"topic": topic, "type": "message", "subject": subject, **more, "data": data}


class Changes(list[tuple[Key, int]]):
    """Every change of a book in its order: KuCoin numbers and sends each by itself."""

    def update(self, changes: dict[Key, int]) -> None:
        """Add the changes of one look."""
        self.extend(changes.items())


@dataclass(slots=True, eq=False)
class LevelStream(Stream):
    """One message per changed level."""

    topic: str = ""
    contract: Contract = field(kw_only=True)
    log: BookLog = field(kw_only=True)
    collected: Changes = field(default_factory=Changes)
    last_id: int = field(init=False)

    def __post_init__(self) -> None:
        self.log.collect(self.collected)
        self.last_id = self.log.last_id

    def tick(self, now_ms: int) -> None:
        """Send what has gathered."""
        self.log.refresh()
        for (taker, price), qty in self.collected:
            self.last_id += 1
            side = "sell" if taker is Side.BUY else "buy"
            change = f"{plain(price)},{side},{lots(qty, self.contract)}"
            data = {"sequence": self.last_id, "change": change, "timestamp": now_ms}
            self.emit(message(self.topic, "level2", data, sn=self.last_id))
        self.collected.clear()

    def end(self) -> None:
        """Collect no more."""
        self.log.release(self.collected)


@dataclass(slots=True, eq=False)
class MatchStream(Stream):
    """Every trade as it happens."""

    topic: str = ""
    contract: Contract = field(kw_only=True)

    def trade(self, trade: Trade) -> None:
        """Pass it on."""
        data = {
            "symbol": self.contract.symbol,
            "sequence": trade.id,
            "side": "buy" if trade.buyer_is_taker else "sell",
            "size": max(1, lots(trade.qty, self.contract)),
            "price": plain(trade.price),
            "takerOrderId": "0",
            "makerOrderId": "0",
            "tradeId": str(trade.id),
            "ts": trade.at_ms * NANOS,
        }
        self.emit(message(self.topic, "match", data, sn=trade.id))


class Catalogue:
    """Which stream stands behind an inner name, `<symbol>@<topic>`; the inner names are never seen outside."""

    def __init__(self, exchange: Exchange, source: Source, contracts: dict[str, Contract]) -> None:
        self._exchange = exchange
        self._source = source
        self._contracts = contracts
        self._kinds: dict[str, Callable[[str, Contract], Stream | None]] = {
            "/contract/instrument": self._instrument,
            "/contractMarket/execution": self._execution,
            "/contractMarket/level2": self._level2,
            "/contractMarket/level2Depth5": lambda name, one: self._part(name, one, 5),
            "/contractMarket/level2Depth50": lambda name, one: self._part(name, one, 50),
            "/contractMarket/limitCandle": self._candles,
            "/contractMarket/snapshot": self._snapshot,
            "/contractMarket/ticker": lambda name, one: self._ticker(name, one, "ticker"),
            "/contractMarket/tickerV2": lambda name, one: self._ticker(name, one, "tickerV2"),
            "funding-fee": self._funding,
            "mark-price": self._mark,
        }

    def make(self, name: str) -> Stream | None:
        """The stream of an inner name, None for no such topic."""
        symbol, _, topic = name.partition("@")
        contract = self._contracts.get(symbol.upper())
        maker = self._kinds.get(topic.partition(":")[0])
        return maker(name, contract) if contract and maker else None

    def _execution(self, name: str, one: Contract) -> Stream:
        return MatchStream(name, topic=_topic(name), contract=one)

    def _level2(self, name: str, one: Contract) -> Stream:
        return LevelStream(name, topic=_topic(name), contract=one, log=self._source.books.log(one.symbol))

    def _ticker(self, name: str, one: Contract, subject: str) -> Stream:
        def look(_now_ms: int) -> Json | None:
            found = market.ticker_of(self._exchange, self._source.markets[one.symbol])
            return message(_topic(name), subject, found, sn=found["sequence"])

        return PolledStream(name, every_ms=TICK_MS, look=look, timeless=_of_ticker)

    def _part(self, name: str, one: Contract, most: int) -> Stream:
        def look(now_ms: int) -> Json:
            log = self._source.books.log(one.symbol)
            rows = {side: market.levels(log, of, one, most) for side, of in (("bids", Side.SELL), ("asks", Side.BUY))}
            written = {side: [[str(price), size] for price, size in found] for side, found in rows.items()}
            return message(
                _topic(name), "level2", written | {"sequence": log.last_id, "timestamp": now_ms, "ts": now_ms}
            )

        return PolledStream(name, every_ms=TICK_MS, look=look, timeless=_of_book)

    def _candles(self, name: str, one: Contract) -> Stream | None:
        interval = INTERVALS.get(name.rpartition("_")[2])
        if interval is None:
            return None
        width = INTERVALS_MS[interval]

        def look(now_ms: int) -> Json | None:
            tape = self._source.tapes.by_symbol[one.symbol]
            bars = tape.bars(interval, first_ms=now_ms - now_ms % width, last_ms=now_ms)
            if not bars:
                return None
            bar, size = bars[-1], lots(bars[-1].volume, one)
            prices = [plain(part) for part in (bar.open, bar.close, bar.high, bar.low)]
            row = [str(bar.start_ms // 1000), *prices, f"{size}.0", str(size)]
            return message(_topic(name), "candle.stick", {"symbol": one.symbol, "candles": row, "time": now_ms})

        return PolledStream(name, look=look, timeless=lambda told: told["data"]["candles"] if told else None)

    def _instrument(self, name: str, one: Contract) -> Stream:
        def look(now_ms: int) -> Json:
            price = loose(self._source.markets[one.symbol].price)
            data = {"markPrice": price, "indexPrice": price, "granularity": 1000, "timestamp": now_ms}
            return message(_topic(name), "mark.index.price", data)

        return PolledStream(name, look=look, timeless=lambda told: told["data"]["markPrice"])

    def _snapshot(self, name: str, one: Contract) -> Stream:
        def look(now_ms: int) -> Json:
            day = self._source.tapes.by_symbol[one.symbol].day(now_ms=now_ms)
            data = {
                "symbol": one.symbol,
                "highPrice": loose(day.high),
                "lowPrice": loose(day.low),
                "lastPrice": loose(day.last),
                "price24HoursBefore": loose(day.open),
                "priceChg": loose(day.last - day.open),
                "priceChgPct": loose(day.change_pct // 100),
                "turnover": loose(day.quote_volume),
                "volume": loose(day.volume),
                "ts": now_ms * NANOS,
            }
            return message(_topic(name), "snapshot.24h", data)

        return PolledStream(name, look=look, timeless=lambda told: told["data"] | {"ts": 0})

    def _mark(self, name: str, one: Contract) -> Stream:
        def look(now_ms: int) -> Json:
            price = plain(self._source.markets[one.symbol].price)
            data = {"s": one.symbol, "mp": price, "ip": price, "oi": "0", "ts": now_ms}
            return {"T": "mark-price", "P": str(now_ms * NANOS), "d": data}

        return PolledStream(name, look=look, timeless=lambda told: told["d"]["mp"])

    def _funding(self, name: str, one: Contract) -> Stream:
        def look(now_ms: int) -> Json:
            due = (now_ms // FUNDING_MS + 1) * FUNDING_MS
            times = {"ft": due - FUNDING_MS, "nt": due, "gl": FUNDING_MS}
            data = {"s": one.symbol, "fr": plain(FUNDING_RATE), **times, "fc": "0.003", "ff": "-0.003"}
            return {"T": "funding-fee", "P": str(now_ms * NANOS), "d": data}

        return PolledStream(name, look=look, timeless=lambda told: told["d"]["nt"])


def _topic(name: str) -> str:
    return name.partition("@")[2]


def _of_ticker(told: Json) -> Any:
    return told["data"] | {"ts": 0, "sequence": 0}


def _of_book(told: Json) -> Any:
    return told["data"]["bids"], told["data"]["asks"]
