"""Which path is answered by whom. A path may hold a name: {symbol}, {orderId}, {clientOid}."""

import re
from collections.abc import Callable
from typing import Any

from trading.paper.core.perps.state import PerpAccount
from trading.paper.core.refusals import Refused
from trading.paper.dialects.kucoin_futures import account, bullets, market, orders, signing
from trading.paper.dialects.kucoin_futures.errors import KuError, done, refusal, translated
from trading.paper.dialects.kucoin_futures.params import Params, read
from trading.paper.dialects.kucoin_futures.venue import opened
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request

Public = Callable[[Exchange, Params], Any]
Private = Callable[[Exchange, PerpAccount, Params], Any]

PUBLIC: dict[str, Public] = {
    "GET /api/v1/allTickers": market.all_tickers,
    "GET /api/v1/contract/funding-rates": market.funding_rates,
    "GET /api/v1/contracts/active": market.contracts,
    "GET /api/v1/contracts/risk-limit/{symbol}": market.risk_limits,
    "GET /api/v1/contracts/{symbol}": market.one_contract,
    "GET /api/v1/funding-rate/{symbol}/current": market.funding_rate,
    "GET /api/v1/isolated/symbols": market.nothing,
    "GET /api/v1/kline/query": market.klines,
    "GET /api/v1/level2/depth{depth}": market.part_book,
    "GET /api/v1/level2/snapshot": market.full_book,
    "GET /api/v1/mark-price/{symbol}/current": market.mark_price,
    "GET /api/v1/status": market.status,
    "GET /api/v1/ticker": market.ticker,
    "GET /api/v1/timestamp": market.now,
    "GET /api/v1/trade/history": market.trades,
    "GET /api/v3/currencies": market.currencies,
    "GET /api/v3/margin/symbols": market.nothing,
}

PRIVATE: dict[str, Private] = {
    "DELETE /api/v1/orders": orders.cancel_all,
    "DELETE /api/v1/orders/client-order/{clientOid}": orders.cancel_named,
    "DELETE /api/v1/orders/multi-cancel": orders.cancel_many,
    "DELETE /api/v1/orders/{orderId}": orders.cancel,
    "DELETE /api/v1/stopOrders": orders.cancel_stops,
    "DELETE /api/v3/orders": orders.cancel_all,
    "GET /api/ua/v1/account/mode": account.mode,
    "GET /api/v1/account-overview": account.overview,
    "GET /api/v1/fills": orders.fills,
    "GET /api/v1/funding-history": account.funding_history,
    "GET /api/v1/hf/accounts/opened": account.high_frequency,
    "GET /api/v1/openOrderStatistics": account.open_orders,
    "GET /api/v1/orders": orders.listed,
    "GET /api/v1/orders/byClientOid": orders.get_named,
    "GET /api/v1/orders/{orderId}": orders.get,
    "GET /api/v1/position": account.position,
    "GET /api/v1/positions": account.positions,
    "GET /api/v1/recentDoneOrders": orders.recent_done,
    "GET /api/v1/recentFills": orders.recent_fills,
    "GET /api/v1/stopOrders": orders.listed_stops,
    "GET /api/v1/trade-fees": account.trade_fees,
    "GET /api/v1/user/api-key": account.api_key,
    "GET /api/v2/getCrossUserLeverage": account.leverage,
    "GET /api/v2/getMaxOpenSize": account.most_open,
    "GET /api/v2/position/getMarginMode": account.margin_mode,
    "GET /api/v2/position/getPositionMode": account.position_mode,
    "POST /api/v1/margin/withdrawMargin": account.take_margin,
    "POST /api/v1/orders": orders.place,
    "POST /api/v1/orders/multi": orders.place_many,
    "POST /api/v1/orders/test": orders.dry_run,
    "POST /api/v1/position/margin/deposit-margin": account.add_margin,
    "POST /api/v1/st-orders": orders.place_with_exits,
    "POST /api/v2/changeCrossUserLeverage": account.set_leverage,
    "POST /api/v2/position/changeMarginMode": account.set_margin_mode,
    "POST /api/v2/position/switchPositionMode": account.set_position_mode,
}

_BULLETS = re.compile(r"/api/v[12]/bullet-(public|private)")


def _pattern(route: str) -> "re.Pattern[str]":
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route))


_PATTERNS: list[tuple["re.Pattern[str]", Public | None, Private | None]] = [
    (_pattern(route), PUBLIC.get(route), PRIVATE.get(route)) for route in [*PUBLIC, *PRIVATE] if "{" in route
]


def answer(exchange: Exchange, request: Request) -> Reply:
    """The reply to any request on KuCoin's port."""
    try:
        return done(_answer(exchange, request))
    except KuError as error:
        return refusal(error)
    except Refused as error:
        return refusal(translated(error))


def _answer(exchange: Exchange, request: Request) -> Any:
    bullet = _BULLETS.fullmatch(request.path)
    if bullet and request.method == "POST":
        name = signing.account_of(exchange, request) if bullet[1] == "private" else ""
        return bullets.give(exchange, name, request.header(b"host"))
    public, private, in_path = _route(f"{request.method} {request.path}")
    if private is not None:
        name = signing.account_of(exchange, request)
        return private(exchange, opened(exchange, name), read(request) | in_path)
    if public is not None:
        return public(exchange, read(request) | in_path)
    raise KuError("404", "Not Found", status=404)


def _route(asked: str) -> tuple[Public | None, Private | None, Params]:
    if asked in PUBLIC or asked in PRIVATE:
        return PUBLIC.get(asked), PRIVATE.get(asked), {}
    for pattern, public, private in _PATTERNS:
        found = pattern.fullmatch(asked)
        if found:
            return public, private, dict(found.groupdict())
    return None, None, {}
