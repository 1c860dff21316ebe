"""Public market data of the contracts."""

from collections.abc import Callable
from typing import Any

from trading.paper.core.atoms import SCALE
from trading.paper.core.market import Market
from trading.paper.core.orders import Side
from trading.paper.dialects.binance_spot import market as spot
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.dialects.binance_usdm.numbers import plain
from trading.paper.market.tape import DAY_MS, Tape, Trade
from trading.paper.server.exchange import Exchange
from trading.paper.server.futures import FUNDING_RATE

Json = dict[str, Any]


def ping(_exchange: Exchange, _params: Params) -> Any:
    """GET ping."""
    return {}


def time(exchange: Exchange, _params: Params) -> Any:
    """GET time."""
    return {"serverTime": exchange.told_ms()}


def _market(exchange: Exchange, params: Params) -> Market:
    return exchange.state.perps.market(read.text(params, "symbol"))


def _tape(exchange: Exchange, market: Market) -> Tape:
    return exchange.futures.tapes.by_symbol[market.instrument.symbol]


def _per_market(exchange: Exchange, params: Params, shape: Callable[[Exchange, Market], Json]) -> Any:
    if "symbol" in params:
        return shape(exchange, _market(exchange, params))
    return [shape(exchange, market) for market in exchange.state.perps.markets.values()]


def ticker_price(exchange: Exchange, params: Params) -> Any:
    """GET ticker/price."""
    return _per_market(exchange, params, _price)


def ticker_book(exchange: Exchange, params: Params) -> Any:
    """GET ticker/bookTicker."""
    return _per_market(exchange, params, _best)


def ticker_day(exchange: Exchange, params: Params) -> Any:
    """GET ticker/24hr."""
    return _per_market(exchange, params, _day)


def premium_index(exchange: Exchange, params: Params) -> Any:
    """GET premiumIndex: mark and index price are the last price."""
    return _per_market(exchange, params, _premium)


def _price(exchange: Exchange, market: Market) -> Json:
    return {"symbol": market.instrument.symbol, "price": plain(market.price), "time": exchange.now_ms()}


def _best(exchange: Exchange, market: Market) -> Json:
    bid, ask = (spot.levels(market, side, 1) or [["0", "0"]] for side in (Side.SELL, Side.BUY))
    return {
        "symbol": market.instrument.symbol,
        "bidPrice": bid[0][0],
        "bidQty": bid[0][1],
        "askPrice": ask[0][0],
        "askQty": ask[0][1],
        "time": exchange.now_ms(),
    }


def _day(exchange: Exchange, market: Market) -> Json:
    now_ms = exchange.now_ms()
    day = _tape(exchange, market).day(now_ms=now_ms)
    return {
        "symbol": market.instrument.symbol,
        "priceChange": plain(day.last - day.open),
        "priceChangePercent": f"{day.change_pct / SCALE:.3f}",
        "weightedAvgPrice": plain(day.average),
        "lastPrice": plain(day.last or market.price),
        "lastQty": plain(day.last_qty),
        "openPrice": plain(day.open),
        "highPrice": plain(day.high),
        "lowPrice": plain(day.low),
        "volume": plain(day.volume),
        "quoteVolume": plain(day.quote_volume),
        "openTime": now_ms - DAY_MS,
        "closeTime": now_ms,
        "firstId": day.first_id,
        "lastId": day.last_id,
        "count": day.trades,
    }


def _premium(exchange: Exchange, market: Market) -> Json:
    rates = [one.rate for one in exchange.state.perps.fundings if one.symbol == market.instrument.symbol]
    return {
        "symbol": market.instrument.symbol,
        "markPrice": plain(market.price),
        "indexPrice": plain(market.price),
        "estimatedSettlePrice": plain(market.price),
        "lastFundingRate": plain(rates[-1] if rates else FUNDING_RATE),
        "interestRate": plain(FUNDING_RATE),
        "nextFundingTime": exchange.futures.next_funding_ms(),
        "time": exchange.now_ms(),
    }


def funding_rate(exchange: Exchange, params: Params) -> Any:
    """GET fundingRate: the settlements so far."""
    wanted, span = params.get("symbol", ""), read.span(params)
    rows = [one for one in exchange.state.perps.fundings if wanted in ("", one.symbol) and one.at_ms in span]
    return [
        {
            "symbol": one.symbol,
            "fundingTime": one.at_ms,
            "fundingRate": plain(one.rate),
            "markPrice": plain(one.mark),
        }
        for one in read.page(rows, params, from_start=False)
    ]


def funding_info(exchange: Exchange, _params: Params) -> Any:
    """GET fundingInfo: every contract settles every eight hours."""
    return [
        {
            "symbol": symbol,
            "adjustedFundingRateCap": "0.02000000",
            "adjustedFundingRateFloor": "-0.02000000",
            "fundingIntervalHours": 8,
            "disclaimer": False,
        }
        for symbol in exchange.state.perps.contracts
    ]


def open_interest(exchange: Exchange, params: Params) -> Any:
    """GET openInterest: what customers hold long."""
    symbol = _market(exchange, params).instrument.symbol
    held = [one.qty for account in exchange.state.perps.accounts.values() for one in account.held(symbol)]
    return {"symbol": symbol, "openInterest": plain(sum(max(0, qty) for qty in held)), "time": exchange.now_ms()}


def depth(exchange: Exchange, params: Params) -> Any:
    """GET depth."""
    market = _market(exchange, params)
    count = read.limit(params, default=500, most=1_000)
    log = exchange.futures.books.log(market.instrument.symbol)
    return spot.book(log, count) | {"E": exchange.now_ms(), "T": exchange.now_ms()}


def _page(exchange: Exchange, params: Params) -> list[Trade]:
    return spot.tape_page(_tape(exchange, _market(exchange, params)), params)


def trades(exchange: Exchange, params: Params) -> Any:
    """GET trades."""
    return [
        {
            "id": trade.id,
            "price": plain(trade.price),
            "qty": plain(trade.qty),
            "quoteQty": plain(trade.price * trade.qty // SCALE),
            "time": trade.at_ms,
            "isBuyerMaker": not trade.buyer_is_taker,
        }
        for trade in _page(exchange, params)
    ]


def agg_trades(exchange: Exchange, params: Params) -> Any:
    """GET aggTrades; each trade is its own aggregate."""
    return [
        {
            "a": trade.id,
            "p": plain(trade.price),
            "q": plain(trade.qty),
            "f": trade.id,
            "l": trade.id,
            "T": trade.at_ms,
            "m": not trade.buyer_is_taker,
        }
        for trade in _page(exchange, params)
    ]


def klines(exchange: Exchange, params: Params) -> Any:
    """GET klines and markPriceKlines: from startTime on, or the latest."""
    tape = _tape(exchange, _market(exchange, params))
    interval, width = spot.bar_width(params)
    bars = tape.bars(interval, **spot.bar_span(params, width, now_ms=exchange.now_ms()))
    return [spot.kline(bar, width) for bar in bars]
