"""`--market live:VENUE`: somebody else's books and trades as they happen, through ccxt.pro. Only prices come from there.

A pair whose feed is silent or lost offers nothing until it is back: orders rest, and nothing trades at stale prices.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from trading.paper.core import atoms
from trading.paper.core.instrument import Instrument
from trading.paper.core.orders import Side
from trading.paper.core.prints import Print
from trading.paper.drivers.base import CannotTurn, Printer, Standing, meet, watch
from trading.paper.market.ladder import Ladder
from trading.paper.server.exchange import Exchange

logger = logging.getLogger("paper.market")

PAIRS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
# Mirrored, as far as the venue lists them.

MOST_LEVELS = 200
# Of each side: beyond that nobody trades here.

SILENT_SECS = 60.0
# A book without any change for so long is not trusted any more.

FIRST_WAIT_SECS, MOST_WAIT_SECS = 1.0, 30.0
# Before another try: doubled each time.

Client = Any
# ccxt's own classes have no types.


class NoSuchVenue(ValueError):
    """ccxt.pro knows no venue of this name, or the library is missing."""


def client(venue: str, *, url: str = "") -> Client:
    """A keyless ccxt.pro client; with a url all of its addresses are moved there. Raises NoSuchVenue."""
    try:
        import ccxt.pro as ccxtpro
    except ImportError as error:
        raise NoSuchVenue("--market live needs the package ccxt") from error
    if venue not in ccxtpro.exchanges:
        raise NoSuchVenue(f"{venue!r} is none of ccxt.pro's venues, such as binance, kraken or kucoin")
    made = getattr(ccxtpro, venue)({"newUpdates": True})
    made.options |= {"fetchCurrencies": False, "fetchMargins": False, "fetchMarkets": {"types": ["spot"]}}
    return moved(made, url) if url else made


def moved(made: Client, url: str) -> Client:
    """The client with its HTTP and socket addresses on another host, paths kept."""
    plain = {name: one for name, one in made.urls["api"].items() if isinstance(one, str)}
    ws = url.replace("http", "ws", 1)
    made.urls["api"] = {name: f"{url}/{one.split('/', 3)[-1]}" for name, one in plain.items()}
    made.urls["api"]["ws"] = {"spot": f"{ws}/stream/ws", "ws-api": {"spot": f"{ws}/ws-api/v3"}}
    return made


def stepped(number: float | str, step: int, *, up: bool = False) -> int:
    """Atoms of a client's number, on a step."""
    exact = Decimal(str(number)) * atoms.SCALE / step
    return int(exact.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR)) * step


def levels(rows: list[list[float]], pair: Instrument, *, up: bool) -> list[tuple[int, int]]:
    """A side of a book on our ticks and lots; what falls on one price is added up."""
    found: dict[int, int] = {}
    for row in rows[:MOST_LEVELS]:
        price = stepped(row[0], pair.tick_size, up=up)
        found[price] = found.get(price, 0) + stepped(row[1], pair.lot_step)
    return list(found.items())


@dataclass(slots=True)
class Mirror:
    """One pair: its book, and where its trades are printed."""

    name: str
    printer: Printer
    clock: Callable[[], int]
    ladder: Ladder = field(default_factory=Ladder)
    connected: bool = False

    @property
    def pair(self) -> Instrument:
        """Ours."""
        return self.printer.market.instrument

    def book(self, book: dict[str, Any]) -> None:
        """The venue's book is our market side, and trades with whom it meets."""
        bids, asks = levels(book["bids"], self.pair, up=False), levels(book["asks"], self.pair, up=True)
        market = self.printer.market
        watch(market, self.ladder)
        self.ladder.replace(bids=bids, asks=asks)
        self.connected = True
        if not market.price:
            self._open()
        meet(market, self.ladder, at_ms=self.clock(), say=self.printer.print)

    def _open(self) -> None:
        """The first price, in the middle of the first book."""
        price = self.ladder.middle - self.ladder.middle % self.pair.tick_size
        if price:
            self.printer.print(Print(at_ms=self.clock(), price=price, qty=self.pair.min_qty, aggressor=Side.BUY))

    def trade(self, trade: dict[str, Any]) -> None:
        """A trade of strangers there is one here."""
        price, qty = stepped(trade["price"], self.pair.tick_size), stepped(trade["amount"], self.pair.lot_step)
        if price and qty:
            aggressor = Side.SELL if trade["side"] == "sell" else Side.BUY
            self.printer.print(Print(at_ms=self.clock(), price=price, qty=qty, aggressor=aggressor))

    def lose(self, why: str) -> None:
        """Offer nothing until the feed is back."""
        if self.connected:
            logger.warning("%s: the live feed is lost, the book is empty until it is back: %s", self.name, why)
        self.connected = False
        self.ladder.clear()


class LiveMarket:
    """Mirrors of every pair the venue lists."""

    def __init__(self, exchange: Exchange, made: Client, *, name: str) -> None:
        self._exchange = exchange
        self._client = made
        self._name = name
        self._paused = False
        self.mirrors = [self._mirror(symbol) for symbol in PAIRS]

    def _mirror(self, symbol: str) -> Mirror:
        printer = Printer(self._exchange, symbol)
        pair = printer.market.instrument
        mirror = Mirror(f"{pair.base}/{pair.quote}", printer, self._exchange.now_ms)
        printer.market.outside = mirror.ladder
        return mirror

    def show_history(self) -> None:
        """Nothing is known of the past; the book comes with the connection."""

    async def run(self) -> None:
        """Mirror for ever."""
        try:
            await asyncio.gather(
                *(self._follow(one, watch) for one in self.mirrors for watch in (self._book, self._trades))
            )
        finally:
            await self._client.close()

    async def _follow(self, mirror: Mirror, watch: Callable[[Mirror], Awaitable[None]]) -> None:
        """Hear one channel; after a failure empty the book, wait and try again."""
        failures, wait = _failures(), FIRST_WAIT_SECS
        while True:
            try:
                await asyncio.wait_for(watch(mirror), SILENT_SECS if watch == self._book else None)
                wait = FIRST_WAIT_SECS
            except failures as error:
                mirror.lose(f"{type(error).__name__}: {error}")
                await asyncio.sleep(wait)
                wait = min(2 * wait, MOST_WAIT_SECS)

    async def _book(self, mirror: Mirror) -> None:
        book = await self._client.watch_order_book(mirror.name)
        if not self._paused:
            mirror.book(book)

    async def _trades(self, mirror: Mirror) -> None:
        for trade in await self._client.watch_trades(mirror.name):
            if not self._paused:
                mirror.trade(trade)

    def start(self) -> None:
        """It never waits."""

    def pause(self, *, on: bool) -> None:
        """Let the last book stand; what happens meanwhile is not caught up."""
        self._paused = on

    def set_speed(self, speed: int) -> None:
        """A live market has its own."""
        raise CannotTurn(f"a live market runs as fast as it does, not {speed} times as fast")

    def standing(self) -> Standing:
        """Where it stands."""
        told = ", ".join(f"{one.name} {'connected' if one.connected else 'silent'}" for one in self.mirrors)
        return Standing("live", paused=self._paused, speed=1, note=f"{self._name}: {told}")


def _failures() -> tuple[type[Exception], ...]:
    """What ccxt raises."""
    import ccxt

    return (ccxt.BaseError, TimeoutError)
