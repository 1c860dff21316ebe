"""Which path is answered by whom."""

from collections.abc import Callable
from typing import Any

from trading.paper.core.refusals import Refused
from trading.paper.dialects.binance_spot import account, info, market, order_lists, orders, params, replace, signing
from trading.paper.dialects.binance_spot.errors import WireError, translated, wire_error
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request, json_reply

PUBLIC: dict[tuple[str, str], Callable[[Exchange, Params], Any]] = {
    ("GET", "/api/v3/aggTrades"): market.agg_trades,
    ("GET", "/api/v3/avgPrice"): market.average_price,
    ("GET", "/api/v3/depth"): market.depth,
    ("GET", "/api/v3/exchangeInfo"): info.exchange_info,
    ("GET", "/api/v3/historicalTrades"): market.trades,
    ("GET", "/api/v3/klines"): market.klines,
    ("GET", "/api/v3/ping"): market.ping,
    ("GET", "/api/v3/ticker/24hr"): market.ticker_day,
    ("GET", "/api/v3/ticker/bookTicker"): market.ticker_book,
    ("GET", "/api/v3/ticker/price"): market.ticker_price,
    ("GET", "/api/v3/time"): market.time,
    ("GET", "/api/v3/trades"): market.trades,
    ("GET", "/dapi/v1/exchangeInfo"): info.no_coin_futures,
    ("GET", "/sapi/v1/system/status"): market.system_status,
}

PRIVATE: dict[tuple[str, str], Callable[[Exchange, str, Params], Any]] = {
    ("DELETE", "/api/v3/openOrders"): orders.cancel_all,
    ("DELETE", "/api/v3/order"): orders.cancel,
    ("DELETE", "/api/v3/orderList"): order_lists.cancel,
    ("GET", "/api/v3/account"): account.account,
    ("GET", "/api/v3/account/commission"): account.commission,
    ("GET", "/api/v3/allOrderList"): order_lists.all_lists,
    ("GET", "/api/v3/allOrders"): orders.all_orders,
    ("GET", "/api/v3/myTrades"): orders.my_trades,
    ("GET", "/api/v3/openOrderList"): order_lists.open_lists,
    ("GET", "/api/v3/openOrders"): orders.open_orders,
    ("GET", "/api/v3/order"): orders.get,
    ("GET", "/api/v3/orderList"): order_lists.get,
    ("GET", "/sapi/v1/account/apiRestrictions"): account.restrictions,
    ("GET", "/sapi/v1/asset/tradeFee"): account.trade_fee,
    ("GET", "/sapi/v1/asset/transfer"): account.no_transfers,
    ("GET", "/sapi/v1/bnbBurn"): account.burning,
    ("GET", "/sapi/v1/capital/config/getall"): account.coins,
    ("GET", "/sapi/v1/capital/deposit/hisrec"): account.nothing,
    ("GET", "/sapi/v1/capital/withdraw/history"): account.nothing,
    ("GET", "/sapi/v1/margin/allPairs"): account.nothing,
    ("GET", "/sapi/v1/margin/isolated/allPairs"): account.nothing,
    ("POST", "/api/v3/order"): orders.place,
    ("POST", "/api/v3/order/cancelReplace"): replace.cancel_replace,
    ("POST", "/api/v3/order/oco"): order_lists.place_old_oco,
    ("POST", "/api/v3/order/test"): orders.dry_run,
    ("POST", "/api/v3/orderList/oco"): order_lists.place_oco,
    ("POST", "/api/v3/orderList/oto"): order_lists.place_oto,
    ("POST", "/api/v3/orderList/otoco"): order_lists.place_otoco,
    ("POST", "/sapi/v1/bnbBurn"): account.burn,
    ("PUT", "/api/v3/order/amend/keepPriority"): replace.amend,
}

UNKNOWN_PATH = Reply(status=404, body=b"<html><body><h2>404 Not found</h2></body></html>", content_type=b"text/html")


def answer(exchange: Exchange, request: Request) -> Reply:
    """The reply to any request under this dialect's paths."""
    try:
        return _answer(exchange, request)
    except WireError as error:
        return wire_error(error)
    except Refused as error:
        return wire_error(translated(error))


def _answer(exchange: Exchange, request: Request) -> Reply:
    route = (request.method, request.path)
    private = PRIVATE.get(route)
    if private is not None:
        given = params.read(request)
        return json_reply(private(exchange, signing.account_of(exchange, request, given), given))
    public = PUBLIC.get(route)
    if public is not None:
        return json_reply(public(exchange, params.read(request)))
    return UNKNOWN_PATH
