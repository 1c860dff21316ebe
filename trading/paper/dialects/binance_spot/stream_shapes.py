"""Stream messages as Binance spot writes them."""

from typing import Any

from trading.paper.core.atoms import SCALE, show
from trading.paper.core.market import Market
from trading.paper.core.orders import Side
from trading.paper.dialects.binance_spot import market as rest
from trading.paper.dialects.binance_spot.streams import Shapes
from trading.paper.market.bars import INTERVALS_MS, Bar
from trading.paper.market.tape import DAY_MS, Day, Trade
from trading.paper.server.books import BookLog, Levels

Json = dict[str, Any]


def trade(now_ms: int, symbol: str, one: Trade) -> Json:
    """<symbol>@trade."""
    return {
        "e": "trade",
        "E": now_ms,
        "s": symbol,
        "t": one.id,
        "p": show(one.price),
        "q": show(one.qty),
        "T": one.at_ms,
        "m": not one.buyer_is_taker,
        "M": True,
    }


def agg_trade(now_ms: int, symbol: str, one: Trade) -> Json:
    """<symbol>@aggTrade; each trade is its own aggregate."""
    return trade(now_ms, symbol, one) | {"e": "aggTrade", "a": one.id, "f": one.id, "l": one.id}


def mini_ticker(now_ms: int, symbol: str, day: Day) -> Json:
    """<symbol>@miniTicker."""
    return {
        "e": "24hrMiniTicker",
        "E": now_ms,
        "s": symbol,
        "c": show(day.last),
        "o": show(day.open),
        "h": show(day.high),
        "l": show(day.low),
        "v": show(day.volume),
        "q": show(day.quote_volume),
    }


def ticker(now_ms: int, market: Market, day: Day) -> Json:
    """<symbol>@ticker."""
    bid, ask = rest.top(market, Side.SELL), rest.top(market, Side.BUY)
    return mini_ticker(now_ms, market.instrument.symbol, day) | {
        "e": "24hrTicker",
        "p": show(day.last - day.open),
        "P": f"{day.change_pct / SCALE:.3f}",
        "w": show(day.average),
        "x": show(day.open),
        "Q": show(day.last_qty),
        "b": bid[0],
        "B": bid[1],
        "a": ask[0],
        "A": ask[1],
        "O": now_ms - DAY_MS,
        "C": now_ms,
        "F": day.first_id,
        "L": day.last_id,
        "n": day.trades,
    }


def best(_now_ms: int, market: Market, update_id: int) -> Json:
    """<symbol>@bookTicker."""
    bid, ask = rest.top(market, Side.SELL), rest.top(market, Side.BUY)
    return {"u": update_id, "s": market.instrument.symbol, "b": bid[0], "B": bid[1], "a": ask[0], "A": ask[1]}


def bar(now_ms: int, symbol: str, interval: str, one: Bar, closed: bool) -> Json:
    """<symbol>@kline_<interval>."""
    return {
        "e": "kline",
        "E": now_ms,
        "s": symbol,
        "k": {
            "t": one.start_ms,
            "T": one.start_ms + INTERVALS_MS[interval] - 1,
            "s": symbol,
            "i": interval,
            "f": -1,
            "L": -1,
            "o": show(one.open),
            "c": show(one.close),
            "h": show(one.high),
            "l": show(one.low),
            "v": show(one.volume),
            "n": one.trades,
            "x": closed,
            "q": show(one.quote_volume),
            "V": show(one.buyer_volume),
            "Q": show(one.buyer_quote_volume),
            "B": "0",
        },
    }


def changes(now_ms: int, symbol: str, levels: Levels, first_id: int, last_id: int, _before: int) -> Json:
    """<symbol>@depth: a quantity of zero means that the level is gone."""
    return {
        "e": "depthUpdate",
        "E": now_ms,
        "s": symbol,
        "U": first_id,
        "u": last_id,
        "b": side(levels, Side.SELL),
        "a": side(levels, Side.BUY),
    }


def side(levels: Levels, taker: Side) -> list[list[str]]:
    """The levels that an order of `taker` can take."""
    return rest.rows((price, qty) for (of, price), qty in levels.items() if of is taker)


def book(_now_ms: int, _symbol: str, log: BookLog, count: int) -> Json:
    """<symbol>@depth<levels>."""
    return rest.book(log, count)


SHAPES = Shapes(
    trade=trade,
    agg_trade=agg_trade,
    mini_ticker=mini_ticker,
    ticker=ticker,
    best=best,
    bar=bar,
    changes=changes,
    book=book,
)
