"""Stream messages as Binance futures write them: the spot ones, with transaction times and the id before."""

from typing import Any

from trading.paper.core.market import Market
from trading.paper.dialects.binance_spot import stream_shapes as spot
from trading.paper.dialects.binance_spot.streams import Shapes
from trading.paper.dialects.binance_usdm.numbers import plain
from trading.paper.market.tape import Trade
from trading.paper.server.books import BookLog, Levels
from trading.paper.server.futures import FUNDING_MS, FUNDING_RATE

Json = dict[str, Any]


def trade(now_ms: int, symbol: str, one: Trade) -> Json:
    """<symbol>@trade."""
    return spot.trade(now_ms, symbol, one) | {"X": "MARKET"}


def best(now_ms: int, market: Market, update_id: int) -> Json:
    """<symbol>@bookTicker."""
    return {"e": "bookTicker", "E": now_ms, "T": now_ms} | spot.best(now_ms, market, update_id)


def changes(now_ms: int, symbol: str, levels: Levels, first_id: int, last_id: int, before: int) -> Json:
    """<symbol>@depth; pu is the last id of the message before."""
    return spot.changes(now_ms, symbol, levels, first_id, last_id, before) | {"T": now_ms, "pu": before}


def book(now_ms: int, symbol: str, log: BookLog, count: int) -> Json:
    """<symbol>@depth<levels>."""
    found = spot.book(now_ms, symbol, log, count)
    ids = {"U": log.last_id, "u": log.last_id, "pu": log.last_id}
    head = {"e": "depthUpdate", "E": now_ms, "T": now_ms, "s": symbol}
    return head | ids | {"b": found["bids"], "a": found["asks"]}


def mark(now_ms: int, market: Market) -> Json:
    """<symbol>@markPrice: mark and index price are the last price."""
    price = plain(market.price)
    return {
        "e": "markPriceUpdate",
        "E": now_ms,
        "s": market.instrument.symbol,
        "p": price,
        "i": price,
        "P": price,
        "r": plain(FUNDING_RATE),
        "T": (now_ms // FUNDING_MS + 1) * FUNDING_MS,
    }


SHAPES = Shapes(
    trade=trade,
    agg_trade=spot.agg_trade,
    mini_ticker=spot.mini_ticker,
    ticker=spot.ticker,
    best=best,
    bar=spot.bar,
    changes=changes,
    book=book,
    mark=mark,
)
