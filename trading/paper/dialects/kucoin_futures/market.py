"""Public data: contracts, tickers, books, candles, trades, funding."""

from typing import Any

from trading.paper.core import atoms
from trading.paper.core.market import Market
from trading.paper.core.orders import Side
from trading.paper.core.perps.contract import Contract
from trading.paper.dialects.kucoin_futures.errors import bad
from trading.paper.dialects.kucoin_futures.params import Params, integer, loose, lots, plain, span, text
from trading.paper.dialects.kucoin_futures.shapes import NANOS
from trading.paper.dialects.kucoin_futures.venue import contract, side, tables
from trading.paper.market.tape import Day
from trading.paper.server.books import BookLog
from trading.paper.server.exchange import Exchange
from trading.paper.server.futures import FUNDING_MS, FUNDING_RATE

Json = dict[str, Any]

OPENED_MS = 1_585_555_200_000

INTERVALS = {1: "1m", 3: "3m", 5: "5m", 15: "15m", 30: "30m", 60: "1h", 240: "4h", 1440: "1d"}
# Minutes to the interval of the tape; KuCoin's 2, 8 and 12 hours and its week are not kept here.

MOST_BARS = 200


def now(exchange: Exchange, _params: Params) -> Any:
    """GET timestamp."""
    return exchange.told_ms()


def status(exchange: Exchange, _params: Params) -> Any:
    """GET status."""
    return {"status": "close" if exchange.in_maintenance else "open", "msg": ""}


def currencies(exchange: Exchange, _params: Params) -> Any:
    """GET currencies: what contracts are made of; nothing can be moved in or out."""
    found = tables(exchange).contracts.values()
    names = sorted({"USDT", *(one.base for one in found), *("BTC" for one in found if one.base == "XBT")})
    return [_currency(name) for name in names]


def _currency(name: str) -> Json:
    return {
        "currency": name,
        "name": name,
        "fullName": name,
        "precision": 8,
        "confirms": None,
        "isMarginEnabled": False,
        "isDebitEnabled": False,
        "chains": [_chain(name)],
    }


def _chain(name: str) -> Json:
    return {
        "chainName": name,
        "chainId": name.lower(),
        "isWithdrawEnabled": False,
        "isDepositEnabled": False,
        "withdrawalMinSize": "0",
        "depositMinSize": "0",
        "withdrawalMinFee": "0",
        "withdrawFeeRate": "0",
        "withdrawPrecision": 8,
        "confirms": 1,
        "preConfirms": 1,
        "contractAddress": "",
        "needTag": False,
    }


def nothing(_exchange: Exchange, _params: Params) -> Any:
    """An empty list: margin symbols, which futures have none of."""
    return []


def _day(exchange: Exchange, symbol: str) -> Day:
    return side(exchange).tapes.by_symbol[symbol].day(now_ms=exchange.now_ms())


def contracts(exchange: Exchange, _params: Params) -> Any:
    """GET contracts/active."""
    return [_contract(exchange, one) for one in tables(exchange).contracts.values()]


def one_contract(exchange: Exchange, params: Params) -> Any:
    """GET contracts/{symbol}."""
    return _contract(exchange, contract(exchange, params))


def _contract(exchange: Exchange, one: Contract) -> Json:
    day, market = _day(exchange, one.symbol), tables(exchange).markets[one.symbol]
    rates = tables(exchange).fees
    best = one.brackets[0]
    return _terms(one) | {
        "initialMargin": round(1 / best.leverage, 6),
        "maintainMargin": loose(best.rate),
        "maxRiskLimit": best.cap // atoms.SCALE,
        "minRiskLimit": best.cap // atoms.SCALE,
        "riskStep": best.cap // atoms.SCALE // 2,
        "makerFeeRate": loose(rates.maker),
        "takerFeeRate": loose(rates.taker),
        "status": "Open" if one.trading else "Paused",
        "fundingFeeRate": loose(FUNDING_RATE),
        "predictedFundingFeeRate": loose(FUNDING_RATE),
        "openInterest": str(_open_interest(exchange, one)),
        "turnoverOf24h": loose(day.quote_volume),
        "volumeOf24h": loose(day.volume),
        "markPrice": loose(market.price),
        "indexPrice": loose(market.price),
        "lastTradePrice": loose(day.last or market.price),
        "nextFundingRateTime": side(exchange).next_funding_ms() - exchange.now_ms(),
        "lowPrice": loose(day.low),
        "highPrice": loose(day.high),
        "priceChgPct": loose(day.change_pct // 100),
        "priceChg": loose(day.last - day.open) if day.open else 0.0,
    }


def _terms(one: Contract) -> Json:
    return {
        "symbol": one.symbol,
        "rootSymbol": one.quote,
        "type": "FFWCSX",
        "firstOpenDate": OPENED_MS,
        "expireDate": None,
        "settleDate": None,
        "baseCurrency": one.base,
        "quoteCurrency": one.quote,
        "settleCurrency": one.quote,
        "maxOrderQty": lots(one.max_qty, one),
        "maxPrice": loose(one.max_price),
        "lotSize": 1,
        "tickSize": loose(one.tick_size),
        "indexPriceTickSize": loose(one.tick_size),
        "multiplier": loose(one.multiplier),
        "takerFixFee": 0,
        "makerFixFee": 0,
        "settlementFee": None,
        "isDeleverage": False,
        "isQuanto": True,
        "isInverse": False,
        "markMethod": "FairPrice",
        "fairMethod": "FundingRate",
        "fundingRateSymbol": f".{one.symbol}FPI8H",
        "indexSymbol": f".K{one.base}USDT",
        "settlementSymbol": "",
        "fundingRateGranularity": FUNDING_MS,
        "maxLeverage": one.max_leverage,
        "supportCross": True,
    }


def _open_interest(exchange: Exchange, one: Contract) -> int:
    held = (position for account in tables(exchange).accounts.values() for position in account.held(one.symbol))
    return lots(sum(max(0, position.qty) for position in held), one)


def ticker(exchange: Exchange, params: Params) -> Any:
    """GET ticker."""
    return ticker_of(exchange, tables(exchange).markets[contract(exchange, params).symbol])


def all_tickers(exchange: Exchange, _params: Params) -> Any:
    """GET allTickers."""
    return [ticker_of(exchange, market) for market in tables(exchange).markets.values() if market.price]


def ticker_of(exchange: Exchange, market: Market) -> Json:
    """The last trade and the best prices of a contract."""
    symbol = market.instrument.symbol
    one, log = tables(exchange).contracts[symbol], side(exchange).books.log(symbol)
    trades = side(exchange).tapes.by_symbol[symbol].trades
    bid, ask = (next(iter(log.side(of, 1)), (0, 0)) for of in (Side.SELL, Side.BUY))
    last = trades[-1] if trades else None
    return {
        "sequence": log.last_id,
        "symbol": symbol,
        "side": "buy" if last and last.buyer_is_taker else "sell",
        "size": lots(last.qty, one) if last else 0,
        "tradeId": str(last.id) if last else "0",
        "price": plain(last.price if last else market.price),
        "bestBidPrice": plain(bid[0]),
        "bestBidSize": lots(bid[1], one),
        "bestAskPrice": plain(ask[0]),
        "bestAskSize": lots(ask[1], one),
        "ts": exchange.now_ms() * NANOS,
    }


def part_book(exchange: Exchange, params: Params) -> Any:
    """GET level2/depth20 and depth100."""
    return _book(exchange, params, integer(params, "depth"))


def full_book(exchange: Exchange, params: Params) -> Any:
    """GET level2/snapshot."""
    return _book(exchange, params, 10_000)


def _book(exchange: Exchange, params: Params, most: int) -> Json:
    one = contract(exchange, params)
    log = side(exchange).books.log(one.symbol)
    return {
        "sequence": log.last_id,
        "symbol": one.symbol,
        "bids": levels(log, Side.SELL, one, most),
        "asks": levels(log, Side.BUY, one, most),
        "ts": exchange.now_ms() * NANOS,
    }


def levels(log: BookLog, of: Side, one: Contract, most: int) -> list[list[Any]]:
    """[price, contracts] of the best levels."""
    return [[loose(price), lots(qty, one)] for price, qty in log.side(of, most)]


def klines(exchange: Exchange, params: Params) -> Any:
    """GET kline/query: the candles of a span, or the latest."""
    one, minutes = contract(exchange, params), integer(params, "granularity")
    if minutes not in INTERVALS:
        raise bad("granularity")
    width = minutes * 60_000
    last = min(integer(params, "to") or exchange.now_ms(), exchange.now_ms())
    first = integer(params, "from") or last - last % width - (MOST_BARS - 1) * width
    tape = side(exchange).tapes.by_symbol[one.symbol]
    bars = tape.bars(INTERVALS[minutes], first_ms=first, last_ms=last, most=MOST_BARS)
    return [
        [bar.start_ms, *(loose(part) for part in (bar.open, bar.high, bar.low, bar.close)), lots(bar.volume, one)]
        for bar in bars
    ]


def trades(exchange: Exchange, params: Params) -> Any:
    """GET trade/history: the latest hundred, newest first."""
    one = contract(exchange, params)
    found = list(side(exchange).tapes.by_symbol[one.symbol].trades)[-100:]
    return [
        {
            "sequence": trade.id,
            "contractId": 1,
            "tradeId": str(trade.id),
            "makerOrderId": "0",
            "takerOrderId": "0",
            "ts": trade.at_ms * NANOS,
            "size": max(1, lots(trade.qty, one)),
            "price": plain(trade.price),
            "side": "buy" if trade.buyer_is_taker else "sell",
        }
        for trade in reversed(found)
    ]


def mark_price(exchange: Exchange, params: Params) -> Any:
    """GET mark-price/{symbol}/current: mark and index price are the last price."""
    one = contract(exchange, params)
    price = loose(tables(exchange).markets[one.symbol].price)
    return {
        "symbol": one.symbol,
        "granularity": 1000,
        "timePoint": exchange.now_ms(),
        "value": price,
        "indexPrice": price,
    }


def funding_rate(exchange: Exchange, params: Params) -> Any:
    """GET funding-rate/{symbol}/current."""
    one = contract(exchange, params)
    due = side(exchange).next_funding_ms()
    return {
        "symbol": f".{one.symbol}FPI8H",
        "granularity": FUNDING_MS,
        "timePoint": due - FUNDING_MS,
        "value": loose(FUNDING_RATE),
        "predictedValue": loose(FUNDING_RATE),
        "fundingRateCap": 0.003,
        "fundingRateFloor": -0.003,
        "period": 0,
        "fundingTime": due,
    }


def funding_rates(exchange: Exchange, params: Params) -> Any:
    """GET contract/funding-rates: the settlements of a span, newest first."""
    symbol, times = text(params, "symbol"), span(params, "from", "to")
    rows = [one for one in tables(exchange).fundings if one.symbol == symbol and one.at_ms in times]
    return [{"symbol": one.symbol, "fundingRate": loose(one.rate), "timepoint": one.at_ms} for one in reversed(rows)]


def risk_limits(exchange: Exchange, params: Params) -> Any:
    """GET contracts/risk-limit/{symbol}."""
    one = contract(exchange, params)
    return [
        {
            "symbol": one.symbol,
            "level": level,
            "maxRiskLimit": bracket.cap // atoms.SCALE,
            "minRiskLimit": bracket.floor // atoms.SCALE,
            "maxLeverage": bracket.leverage,
            "initialMargin": round(1 / bracket.leverage, 4),
            "maintainMargin": loose(bracket.rate),
        }
        for level, bracket in enumerate(one.brackets, start=1)
    ]
