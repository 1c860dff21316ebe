"""Public market data."""

from collections.abc import Callable, Iterable
from itertools import groupby, islice
from typing import Any

from trading.paper.core import matching
from trading.paper.core.atoms import SCALE, show
from trading.paper.core.market import Market
from trading.paper.core.matching import Match
from trading.paper.core.orders import Side
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot.errors import WireError
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.market.bars import INTERVALS_MS, Bar
from trading.paper.market.tape import DAY_MS, Tape, Trade
from trading.paper.server.books import BookLog
from trading.paper.server.exchange import Exchange

Json = dict[str, Any]

AVERAGE_MINS = 5


def ping(_exchange: Exchange, _params: Params) -> Any:
    """GET ping."""
    return {}


def time(exchange: Exchange, _params: Params) -> Any:
    """GET time."""
    return {"serverTime": exchange.told_ms()}


def system_status(exchange: Exchange, _params: Params) -> Any:
    """GET sapi system/status."""
    return {"status": 1, "msg": "system maintenance"} if exchange.in_maintenance else {"status": 0, "msg": "normal"}


def _per_market(exchange: Exchange, params: Params, shape: Callable[[Exchange, Market], Json]) -> Any:
    wanted = read.symbols(params)
    if wanted is None:
        return [shape(exchange, market) for market in exchange.state.markets.values()]
    shapes = [shape(exchange, exchange.state.market(symbol)) for symbol in wanted]
    return shapes[0] if "symbol" in params else shapes


def ticker_price(exchange: Exchange, params: Params) -> Any:
    """GET ticker/price."""
    return _per_market(exchange, params, _price)


def ticker_book(exchange: Exchange, params: Params) -> Any:
    """GET ticker/bookTicker."""
    return _per_market(exchange, params, _best)


def ticker_day(exchange: Exchange, params: Params) -> Any:
    """GET ticker/24hr."""
    return _per_market(exchange, params, _day)


def _last(exchange: Exchange, market: Market) -> int:
    trades = exchange.tapes.by_symbol[market.instrument.symbol].trades
    return trades[-1].price if trades else market.price


def _price(exchange: Exchange, market: Market) -> Json:
    return {"symbol": market.instrument.symbol, "price": show(_last(exchange, market))}


def levels(market: Market, side: Side, count: int) -> list[list[str]]:
    """[price, quantity] of the best levels that an order of `side` could take."""
    by_price = groupby(matching.offers(market, side, hidden=False), key=lambda offer: offer.price)
    totals = ((price, _total(offers)) for price, offers in by_price)
    return [[show(price), show(qty)] for price, qty in islice(totals, count)]


def _total(offers: Iterable[Match]) -> int:
    return sum(offer.qty for offer in offers)


def top(market: Market, side: Side) -> list[str]:
    """[price, quantity] of the best level; zeros without one."""
    best = levels(market, side, 1)
    return best[0] if best else [show(0), show(0)]


def _best(_exchange: Exchange, market: Market) -> Json:
    bid, ask = top(market, Side.SELL), top(market, Side.BUY)
    return {
        "symbol": market.instrument.symbol,
        "bidPrice": bid[0],
        "bidQty": bid[1],
        "askPrice": ask[0],
        "askQty": ask[1],
    }


def _day(exchange: Exchange, market: Market) -> Json:
    now_ms = exchange.now_ms()
    day = exchange.tapes.by_symbol[market.instrument.symbol].day(now_ms=now_ms)
    return _best(exchange, market) | {
        "priceChange": show(day.last - day.open),
        "priceChangePercent": f"{day.change_pct / SCALE:.3f}",
        "weightedAvgPrice": show(day.average),
        "prevClosePrice": show(day.open),
        "lastPrice": show(day.last or market.price),
        "lastQty": show(day.last_qty),
        "openPrice": show(day.open),
        "highPrice": show(day.high),
        "lowPrice": show(day.low),
        "volume": show(day.volume),
        "quoteVolume": show(day.quote_volume),
        "openTime": now_ms - DAY_MS,
        "closeTime": now_ms,
        "firstId": day.first_id,
        "lastId": day.last_id,
        "count": day.trades,
    }


def average_price(exchange: Exchange, params: Params) -> Any:
    """GET avgPrice: weighted by volume over the last five minutes; the last price where nothing traded."""
    market, now_ms = exchange.state.market(read.text(params, "symbol")), exchange.now_ms()
    tape = exchange.tapes.by_symbol[market.instrument.symbol]
    bars = tape.bars("1m", first_ms=now_ms - AVERAGE_MINS * 60_000, last_ms=now_ms)
    volume, quote = sum(bar.volume for bar in bars), sum(bar.quote_volume for bar in bars)
    price = quote * SCALE // volume if volume else _last(exchange, market)
    last_ms = tape.trades[-1].at_ms if tape.trades else now_ms
    return {"mins": AVERAGE_MINS, "price": show(price), "closeTime": last_ms}


def depth(exchange: Exchange, params: Params) -> Any:
    """GET depth."""
    symbol = read.text(params, "symbol")
    exchange.state.market(symbol)
    return book(exchange.books.log(symbol), read.limit(params, default=100, most=5_000))


def book(log: BookLog, count: int) -> Json:
    """The best levels, and the id of the last change in them."""
    bids, asks = log.side(Side.SELL, count), log.side(Side.BUY, count)
    return {"lastUpdateId": log.last_id, "bids": rows(bids), "asks": rows(asks)}


def rows(levels: Iterable[tuple[int, int]]) -> list[list[str]]:
    """Levels as Binance writes them."""
    return [[show(price), show(qty)] for price, qty in levels]


def _tape(exchange: Exchange, params: Params) -> list[Trade]:
    symbol = read.text(params, "symbol")
    exchange.state.market(symbol)
    return tape_page(exchange.tapes.by_symbol[symbol], params)


def tape_page(tape: Tape, params: Params) -> list[Trade]:
    """The public trades asked for: from an id or a time on, or the latest."""
    span = read.span(params)
    first_id = read.maybe_integer(params, "fromId") or 0
    count = read.limit(params, default=500, most=1_000)
    found = [trade for trade in tape.trades if trade.id >= first_id and trade.at_ms in span]
    return found[:count] if first_id or "startTime" in params else found[-count:]


def trades(exchange: Exchange, params: Params) -> Any:
    """GET trades."""
    return [
        {
            "id": trade.id,
            "price": show(trade.price),
            "qty": show(trade.qty),
            "quoteQty": show(trade.price * trade.qty // SCALE),
            "time": trade.at_ms,
            "isBuyerMaker": not trade.buyer_is_taker,
            "isBestMatch": True,
        }
        for trade in _tape(exchange, params)
    ]


def agg_trades(exchange: Exchange, params: Params) -> Any:
    """GET aggTrades; each trade is its own aggregate."""
    return [
        {
            "a": trade.id,
            "p": show(trade.price),
            "q": show(trade.qty),
            "f": trade.id,
            "l": trade.id,
            "T": trade.at_ms,
            "m": not trade.buyer_is_taker,
            "M": True,
        }
        for trade in _tape(exchange, params)
    ]


def klines(exchange: Exchange, params: Params) -> Any:
    """GET klines: from startTime on, or the latest."""
    symbol = read.text(params, "symbol")
    exchange.state.market(symbol)
    interval, width = bar_width(params)
    bars = exchange.tapes.by_symbol[symbol].bars(interval, **bar_span(params, width, now_ms=exchange.now_ms()))
    return [kline(bar, width) for bar in bars]


def bar_width(params: Params) -> tuple[str, int]:
    """The interval asked for, and its length in milliseconds."""
    interval = read.text(params, "interval")
    if interval not in INTERVALS_MS:
        raise WireError(-1120, "Invalid interval.")
    return interval, INTERVALS_MS[interval]


def bar_span(params: Params, width: int, *, now_ms: int) -> dict[str, int]:
    """Which candles are asked for: from startTime on, or the latest up to endTime."""
    count = read.limit(params, default=500, most=1_000)
    last = min(read.maybe_integer(params, "endTime") or now_ms, now_ms)
    first = read.maybe_integer(params, "startTime")
    if first is None:
        first = last - last % width - (count - 1) * width
    return {"first_ms": first, "last_ms": last, "most": count}


def kline(bar: Bar, width: int) -> list[Any]:
    """A candle as Binance writes it."""
    return [
        bar.start_ms,
        show(bar.open),
        show(bar.high),
        show(bar.low),
        show(bar.close),
        show(bar.volume),
        bar.start_ms + width - 1,
        show(bar.quote_volume),
        bar.trades,
        show(bar.buyer_volume),
        show(bar.buyer_quote_volume),
        "0",
    ]
