"""Which path is answered by whom."""

from collections.abc import Callable
from typing import Any

from trading.paper.core.refusals import Refused
from trading.paper.dialects.bybit import account, market, orders, signing
from trading.paper.dialects.bybit.errors import ByError, translated
from trading.paper.dialects.bybit.params import Json, Params, Told, read
from trading.paper.dialects.bybit.venue import SPOT, opened
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request, json_reply

Public = Callable[[Exchange, Params], Any]
Private = Callable[[Exchange, str, Params], Any]

PUBLIC: dict[str, Public] = {
    "GET /v5/market/funding/history": market.funding_history,
    "GET /v5/market/index-price-kline": market.price_candles,
    "GET /v5/market/instruments-info": market.instruments,
    "GET /v5/market/kline": market.candles,
    "GET /v5/market/mark-price-kline": market.price_candles,
    "GET /v5/market/open-interest": market.open_interest,
    "GET /v5/market/orderbook": market.order_book,
    "GET /v5/market/recent-trade": market.trades,
    "GET /v5/market/risk-limit": market.risk_limits,
    "GET /v5/market/tickers": market.tickers,
    "GET /v5/market/time": market.time,
    "GET /v5/system/status": market.status,
}

PRIVATE: dict[str, Private] = {
    "GET /v5/account/fee-rate": account.fee_rate,
    "GET /v5/account/info": account.info,
    "GET /v5/account/wallet-balance": account.wallet_balance,
    "GET /v5/asset/coin/query-info": account.coins,
    "GET /v5/asset/deposit/query-record": account.nothing,
    "GET /v5/asset/transfer/query-inter-transfer-list": account.nothing,
    "GET /v5/asset/withdraw/query-record": account.nothing,
    "GET /v5/execution/list": orders.executions,
    "GET /v5/order/history": orders.history,
    "GET /v5/order/realtime": orders.realtime,
    "GET /v5/position/list": account.positions,
    "GET /v5/user/query-api": account.api_key,
    "POST /v5/account/set-margin-mode": account.set_margin_mode,
    "POST /v5/order/amend": orders.amend,
    "POST /v5/order/amend-batch": orders.amend_batch,
    "POST /v5/order/cancel": orders.cancel,
    "POST /v5/order/cancel-all": orders.cancel_all,
    "POST /v5/order/cancel-batch": orders.cancel_batch,
    "POST /v5/order/create": orders.create,
    "POST /v5/order/create-batch": orders.create_batch,
    "POST /v5/position/add-margin": account.add_margin,
    "POST /v5/position/set-leverage": account.set_leverage,
    "POST /v5/position/switch-mode": account.switch_mode,
}

_NOT_FOUND = Reply(status=404, body=b"404 page not found", content_type=b"text/plain")


def answer(exchange: Exchange, request: Request) -> Reply:
    """The reply to any request under /v5/."""
    route = f"{request.method} {request.path}"
    if route not in PRIVATE and route not in PUBLIC:
        return _NOT_FOUND
    try:
        return json_reply(done(exchange, _answer(exchange, request, route)))
    except ByError as error:
        return json_reply(refused(exchange, error), status=error.status)


def _answer(exchange: Exchange, request: Request, route: str) -> Any:
    params = read(request)
    name = opened(exchange, signing.account_of(exchange, request)) if route in PRIVATE else ""
    try:
        return PRIVATE[route](exchange, name, params) if name else PUBLIC[route](exchange, params)
    except Refused as error:
        raise translated(error, spot=params.get("category") == SPOT) from error


def done(exchange: Exchange, told: Any) -> Json:
    """The reply to a request that succeeded."""
    result, ext = (told.result, told.ext) if isinstance(told, Told) else (told, {})
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": ext, "time": exchange.told_ms()}


def refused(exchange: Exchange, error: ByError) -> Json:
    """The reply to a refused request."""
    return {"retCode": error.code, "retMsg": error.msg, "result": {}, "retExtInfo": {}, "time": exchange.told_ms()}
