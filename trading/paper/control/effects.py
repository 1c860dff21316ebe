"""What faults and levers do to the whole exchange: halts, clocks, maintenance, thin markets."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from trading.paper.control.faults import Faults, parse
from trading.paper.control.rules import parse_rows
from trading.paper.core.depth import Quote
from trading.paper.core.market import Market
from trading.paper.core.orders import Side
from trading.paper.server.exchange import Exchange


class NoSuchMarket(ValueError):
    """Nothing of this name trades here."""


@dataclass(frozen=True, slots=True)
class Thin:
    """A market side that gives so much and no more, atoms."""

    source: Market
    qty: int

    def quotes(self, side: Side, /) -> Iterator[Quote]:
        """The best levels, as far as it goes."""
        left = self.qty
        for quote in self.source.quotes(side):
            if not left:
                return
            part = min(left, quote.qty)
            left -= part
            yield Quote(quote.price, part)


def every(exchange: Exchange) -> list[Market]:
    """The markets of all sides."""
    sides = (exchange.futures, *exchange.venues.values())
    perpetuals = [market for side in sides for market in side.perps.markets.values()]
    return [*exchange.state.markets.values(), *perpetuals]


def named(exchange: Exchange, symbol: str, wanted: str = "") -> list[Market]:
    """The pair of a symbol and its contracts, as far as they exist, or of one side alone. Raises NoSuchMarket."""
    found = [market for name, market in exchange.state.markets.items() if name == symbol and wanted in ("", "spot")]
    for futures, contract in exchange.perpetuals(symbol):
        if wanted in ("", exchange.name_of(futures)):
            found.append(futures.perps.markets[contract.symbol])
    if not found:
        raise NoSuchMarket(f"no market {symbol}")
    return found


def switch(exchange: Exchange, symbol: str, *, trading: bool, wanted: str = "") -> None:
    """Halt or resume a symbol: open orders end, futures positions settle at the mark price. Raises NoSuchMarket."""
    found = named(exchange, symbol, wanted)
    if any(market is exchange.state.markets.get(symbol) for market in found):
        exchange.switch(symbol, trading=trading)
    for futures, contract in exchange.perpetuals(symbol):
        if any(futures.perps.markets[contract.symbol] is market for market in found):
            futures.switch(contract.symbol, trading=trading)


def plan(exchange: Exchange, faults: Faults, rows: list[Any]) -> None:
    """Put a fault plan into force. Raises BadRule, NoSuchMarket where it delists what nobody lists; nothing changes then."""
    for rule in parse_rows(rows, parse):
        if rule.symbol:
            named(exchange, rule.symbol, rule.market)
    faults.plan(rows)


def limited(exchange: Exchange, qty: int) -> AbstractContextManager[None]:
    """While it lasts, the market side of every market gives an order so much and no more, in lots; 0 = as ever."""
    return _limited(every(exchange), qty) if qty else nullcontext()


@contextmanager
def _limited(markets: list[Market], qty: int) -> Iterator[None]:
    kept = [market.outside for market in markets]
    for market in markets:
        market.outside = Thin(replace(market), _in_lots(qty, market.instrument.lot_step))
    try:
        yield
    finally:
        for market, outside in zip(markets, kept, strict=True):
            market.outside = outside


def _in_lots(qty: int, lot_step: int) -> int:
    """No venue trades less than a lot."""
    return max(qty - qty % lot_step, lot_step)


def maintain(exchange: Exchange, ms: int) -> None:
    """Answer nothing but the status, for a while."""

    def end() -> None:
        exchange.in_maintenance = False

    exchange.in_maintenance = True
    asyncio.get_running_loop().call_later(ms / 1000, end)
