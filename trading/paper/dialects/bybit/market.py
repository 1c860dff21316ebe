"""Public data: instruments, tickers, books, trades, candles, funding, risk limits."""

from typing import Any

from trading.paper.core import atoms
from trading.paper.core.market import Market
from trading.paper.core.orders import Side
from trading.paper.core.perps.contract import Contract
from trading.paper.dialects.bybit import ids
from trading.paper.dialects.bybit.errors import bad
from trading.paper.dialects.bybit.params import (
    Json,
    Params,
    integer,
    limit,
    maybe_text,
    one_of,
    page,
    plain,
    ratio,
    span,
)
from trading.paper.dialects.bybit.venue import LINEAR, NOT_HERE, Board, board, category, contract, side, tables
from trading.paper.market.bars import INTERVALS_MS, Bar
from trading.paper.market.tape import Day, Trade
from trading.paper.server.books import BookLog
from trading.paper.server.exchange import Exchange
from trading.paper.server.futures import FUNDING_MS, FUNDING_RATE

INTERVALS = {"1": "1m", "3": "3m", "5": "5m", "15": "15m", "30": "30m", "60": "1h", "240": "4h", "D": "1d"}
# Minutes, or D; Bybit's 2, 6 and 12 hours, its week and its month are not kept here.

HOUR_MS = 3_600_000


def time(exchange: Exchange, _params: Params) -> Any:
    """GET market/time."""
    now_ms = exchange.told_ms()
    return {"timeSecond": str(now_ms // 1000), "timeNano": str(now_ms * 1_000_000)}


def status(exchange: Exchange, _params: Params) -> Any:
    """GET system/status: one event while maintenance lasts."""
    now_ms = exchange.now_ms()
    event = {"id": "maintenance", "title": "maintenance", "state": "ongoing", "begin": str(now_ms), "end": ""}
    more = {
        "href": "",
        "serviceTypes": [1, 2, 3, 4, 5],
        "product": [1, 2],
        "uidSuffix": [],
        "maintainType": 3,
        "env": 1,
    }
    return {"list": [event | more] if exchange.in_maintenance else []}


def instruments(exchange: Exchange, params: Params) -> Any:
    """GET market/instruments-info."""
    found = board(exchange, category(params))
    wanted, state = maybe_text(params, "symbol"), maybe_text(params, "status")
    coin = maybe_text(params, "baseCoin")
    rows = [
        _spot_instrument(market) if found.spot else _linear_instrument(tables(exchange).contracts[symbol])
        for symbol, market in found.source.markets.items()
        if wanted in ("", symbol) and coin in ("", market.instrument.base)
    ]
    shown = [row for row in rows if state in ("", row["status"])]
    if found.category == LINEAR:
        return {"category": found.category} | page(shown, params, key="symbol", default=500, most=1000)
    return {"category": found.category, "list": shown}


def _state(market: Any) -> str:
    return "Trading" if market.trading else "Closed"


def _spot_instrument(market: Market) -> Json:
    one = market.instrument
    return {
        "symbol": one.symbol,
        "baseCoin": one.base,
        "quoteCoin": one.quote,
        "innovation": "0",
        "status": _state(one),
        "marginTrading": "none",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": plain(one.lot_step),
            "quotePrecision": plain(1),
            "minOrderQty": plain(one.min_qty),
            "maxOrderQty": plain(one.max_qty),
            "minOrderAmt": plain(one.min_notional),
            "maxOrderAmt": plain(one.max_notional),
            "maxLimitOrderQty": plain(one.max_qty),
            "maxMarketOrderQty": plain(one.max_market_qty),
        },
        "priceFilter": {"tickSize": plain(one.tick_size)},
        "riskParameters": {"priceLimitRatioX": "0.8", "priceLimitRatioY": "4"},
    }


def _linear_instrument(one: Contract) -> Json:
    return {
        "symbol": one.symbol,
        "contractType": "LinearPerpetual",
        "status": _state(one),
        "baseCoin": one.base,
        "quoteCoin": one.quote,
        "settleCoin": one.quote,
        "launchTime": "1585526400000",
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(len(plain(one.tick_size).partition(".")[2])),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": str(one.max_leverage), "leverageStep": "1"},
        "priceFilter": {
            "minPrice": plain(one.min_price),
            "maxPrice": plain(one.max_price),
            "tickSize": plain(one.tick_size),
        },
        "lotSizeFilter": {
            "maxOrderQty": plain(one.max_qty),
            "minOrderQty": plain(one.min_qty),
            "qtyStep": plain(one.lot_step),
            "postOnlyMaxOrderQty": plain(one.max_qty),
            "maxMktOrderQty": plain(one.max_market_qty),
            "minNotionalValue": plain(one.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": FUNDING_MS // 60_000,
        "copyTrading": "none",
        "upperFundingRate": "0.003",
        "lowerFundingRate": "-0.003",
        "isPreListing": False,
        "preListingInfo": None,
    }


def tickers(exchange: Exchange, params: Params) -> Any:
    """GET market/tickers, of one symbol or of all that have a price."""
    found = board(exchange, category(params))
    wanted = [found.market(params)] if maybe_text(params, "symbol") else list(found.source.markets.values())
    rows = [ticker(exchange, found, market) for market in wanted if market.price or len(wanted) == 1]
    return {"category": found.category, "list": rows}


def ticker(exchange: Exchange, found: Board, market: Market) -> Json:
    """The rolling day of a market, with its best prices."""
    symbol = market.instrument.symbol
    day = found.source.tapes.by_symbol[symbol].day(now_ms=exchange.now_ms())
    best = _best(found.source.books.log(symbol))
    told = {"symbol": symbol} | _day(day, market) | best
    return told | ({"usdIndexPrice": plain(market.price)} if found.spot else _contract(exchange, found, market))


def _day(day: Day, market: Market) -> Json:
    return {
        "lastPrice": plain(day.last or market.price),
        "prevPrice24h": plain(day.open or market.price),
        "price24hPcnt": ratio(day.last - day.open, day.open),
        "highPrice24h": plain(day.high or market.price),
        "lowPrice24h": plain(day.low or market.price),
        "turnover24h": plain(day.quote_volume),
        "volume24h": plain(day.volume),
    }


def _best(log: BookLog) -> Json:
    bid, ask = (next(iter(log.side(of, 1)), (0, 0)) for of in (Side.SELL, Side.BUY))
    return {
        "bid1Price": plain(bid[0]),
        "bid1Size": plain(bid[1]),
        "ask1Price": plain(ask[0]),
        "ask1Size": plain(ask[1]),
    }


def _contract(exchange: Exchange, found: Board, market: Market) -> Json:
    symbol, now_ms = market.instrument.symbol, exchange.now_ms()
    hour = found.source.tapes.by_symbol[symbol].bars("1m", first_ms=now_ms - HOUR_MS, last_ms=now_ms, most=1)
    interest = open_contracts(exchange, symbol)
    return {
        "indexPrice": plain(market.price),
        "markPrice": plain(market.price),
        "prevPrice1h": plain(hour[0].open if hour else market.price),
        "openInterest": plain(interest),
        "openInterestValue": plain(atoms.times(interest, market.price)),
        "fundingRate": plain(FUNDING_RATE),
        "nextFundingTime": str(side(exchange).next_funding_ms()),
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "deliveryFeeRate": "",
        "deliveryTime": "0",
        "basis": "",
    }


def open_contracts(exchange: Exchange, symbol: str) -> int:
    """What all longs hold of a contract, base atoms."""
    held = (one for account in tables(exchange).accounts.values() for one in account.held(symbol))
    return sum(max(0, one.qty) for one in held)


def order_book(exchange: Exchange, params: Params) -> Any:
    """GET market/orderbook."""
    found = board(exchange, category(params))
    log = found.source.books.log(found.market(params).instrument.symbol)
    count = limit(params, default=1 if found.spot else 25, most=200 if found.spot else 500)
    now_ms = exchange.now_ms()
    ends = {"ts": now_ms, "u": log.last_id, "seq": log.last_id, "cts": now_ms}
    return {
        "s": log.market.instrument.symbol,
        "b": levels(log, Side.SELL, count),
        "a": levels(log, Side.BUY, count),
    } | ends


def levels(log: BookLog, of: Side, count: int) -> list[list[str]]:
    """[price, quantity] of the best levels that an order of a side can take."""
    return [[plain(price), plain(qty)] for price, qty in log.side(of, count)]


def trades(exchange: Exchange, params: Params) -> Any:
    """GET market/recent-trade: the latest, newest first."""
    found = board(exchange, category(params))
    symbol = found.market(params).instrument.symbol
    count = limit(params, default=60 if found.spot else 500, most=60 if found.spot else 1000)
    recent = list(found.source.tapes.by_symbol[symbol].trades)[-count:]
    rows = [_trade(symbol, one, spot=found.spot) for one in reversed(recent)]
    return {"category": found.category, "list": rows}


def _trade(symbol: str, one: Trade, *, spot: bool) -> Json:
    return {
        "execId": ids.exec_id(symbol, one.id, spot=spot),
        "symbol": symbol,
        "price": plain(one.price),
        "size": plain(one.qty),
        "side": "Buy" if one.buyer_is_taker else "Sell",
        "time": str(one.at_ms),
        "isBlockTrade": False,
        "isRPITrade": False,
        "seq": str(one.id),
    }


def candles(exchange: Exchange, params: Params) -> Any:
    """GET market/kline: the candles of a span or the latest, newest first."""
    rows = _candles(exchange, params)
    return rows | {"list": [[*_prices(bar), plain(bar.volume), plain(bar.quote_volume)] for bar in rows["list"]]}


def price_candles(exchange: Exchange, params: Params) -> Any:
    """GET market/mark-price-kline and index-price-kline: both follow the last price."""
    rows = _candles(exchange, params)
    return rows | {"list": [_prices(bar) for bar in rows["list"]]}


def _prices(bar: Bar) -> list[str]:
    return [str(bar.start_ms), *(plain(part) for part in (bar.open, bar.high, bar.low, bar.close))]


def _candles(exchange: Exchange, params: Params) -> Json:
    found = board(exchange, category(params))
    symbol, width = found.market(params).instrument.symbol, _width(params)
    interval, count = INTERVALS[maybe_text(params, "interval")], limit(params, default=200, most=1000)
    last = min(integer(params, "end") or exchange.now_ms(), exchange.now_ms())
    first = integer(params, "start") or last - last % width - (count - 1) * width
    first -= first % width
    bars = found.source.tapes.by_symbol[symbol].bars(interval, first_ms=first, last_ms=last, most=count)
    return {"symbol": symbol, "category": found.category, "list": bars[::-1]}


def _width(params: Params) -> int:
    return INTERVALS_MS[INTERVALS[one_of(params, "interval", tuple(INTERVALS))]]


def funding_history(exchange: Exchange, params: Params) -> Any:
    """GET market/funding/history: the settlements, newest first."""
    found, times = contract(exchange, params), span(params)
    rows = [one for one in tables(exchange).fundings if one.symbol == found.symbol and one.at_ms in times]
    shown = [
        {"symbol": one.symbol, "fundingRate": plain(one.rate), "fundingRateTimestamp": str(one.at_ms)}
        for one in reversed(rows)
    ]
    return {"category": LINEAR, "list": shown[: limit(params, default=200, most=200)]}


def open_interest(exchange: Exchange, params: Params) -> Any:
    """GET market/open-interest: that of now; the past is not kept."""
    one = contract(exchange, params)
    if not maybe_text(params, "intervalTime"):
        raise bad("intervalTime")
    row = {"openInterest": plain(open_contracts(exchange, one.symbol)), "timestamp": str(exchange.now_ms())}
    return {"symbol": one.symbol, "category": LINEAR, "list": [row], "nextPageCursor": ""}


def risk_limits(exchange: Exchange, params: Params) -> Any:
    """GET market/risk-limit, of one contract or of all."""
    if category(params) in NOT_HERE:
        return {"category": category(params), "list": [], "nextPageCursor": ""}
    wanted = maybe_text(params, "symbol")
    found = [contract(exchange, params)] if wanted else list(tables(exchange).contracts.values())
    return {"category": LINEAR, "list": [row for one in found for row in _limits(one)], "nextPageCursor": ""}


def _limits(one: Contract) -> list[Json]:
    return [
        {
            "id": level,
            "symbol": one.symbol,
            "riskLimitValue": plain(bracket.cap),
            "maintenanceMargin": plain(bracket.rate),
            "initialMargin": ratio(1, bracket.leverage),
            "isLowestRisk": int(level == 1),
            "maxLeverage": str(bracket.leverage),
            "mmDeduction": plain(bracket.offset),
        }
        for level, bracket in enumerate(one.brackets, start=1)
    ]
