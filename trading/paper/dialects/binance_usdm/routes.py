"""Which path is answered by whom."""

from collections.abc import Callable
from typing import Any

from trading.paper.core.refusals import Refused
from trading.paper.dialects.binance_spot import params, signing
from trading.paper.dialects.binance_spot.errors import WireError, wire_error
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.dialects.binance_spot.routes import UNKNOWN_PATH
from trading.paper.dialects.binance_usdm import account, algo_orders, info, market, orders, settings, user_stream
from trading.paper.dialects.binance_usdm.errors import translated
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request, json_reply

PUBLIC: dict[tuple[str, str], Callable[[Exchange, Params], Any]] = {
    ("GET", "/fapi/v1/aggTrades"): market.agg_trades,
    ("GET", "/fapi/v1/depth"): market.depth,
    ("GET", "/fapi/v1/exchangeInfo"): info.exchange_info,
    ("GET", "/fapi/v1/fundingInfo"): market.funding_info,
    ("GET", "/fapi/v1/fundingRate"): market.funding_rate,
    ("GET", "/fapi/v1/klines"): market.klines,
    ("GET", "/fapi/v1/markPriceKlines"): market.klines,
    ("GET", "/fapi/v1/openInterest"): market.open_interest,
    ("GET", "/fapi/v1/ping"): market.ping,
    ("GET", "/fapi/v1/premiumIndex"): market.premium_index,
    ("GET", "/fapi/v1/ticker/24hr"): market.ticker_day,
    ("GET", "/fapi/v1/ticker/bookTicker"): market.ticker_book,
    ("GET", "/fapi/v1/ticker/price"): market.ticker_price,
    ("GET", "/fapi/v1/time"): market.time,
    ("GET", "/fapi/v1/trades"): market.trades,
    ("GET", "/fapi/v2/ticker/price"): market.ticker_price,
}

PRIVATE: dict[tuple[str, str], Callable[[Exchange, str, Params], Any]] = {
    ("DELETE", "/fapi/v1/algoOpenOrders"): algo_orders.cancel_all,
    ("DELETE", "/fapi/v1/algoOrder"): algo_orders.cancel,
    ("DELETE", "/fapi/v1/allOpenOrders"): orders.cancel_all,
    ("DELETE", "/fapi/v1/batchOrders"): orders.batch_cancel,
    ("DELETE", "/fapi/v1/order"): orders.cancel,
    ("GET", "/fapi/v1/accountConfig"): settings.account_config,
    ("GET", "/fapi/v1/algoOrder"): algo_orders.get,
    ("GET", "/fapi/v1/allAlgoOrders"): algo_orders.all_orders,
    ("GET", "/fapi/v1/allOrders"): orders.all_orders,
    ("GET", "/fapi/v1/commissionRate"): account.commission_rate,
    ("GET", "/fapi/v1/forceOrders"): orders.forced_orders,
    ("GET", "/fapi/v1/income"): account.income,
    ("GET", "/fapi/v1/leverageBracket"): account.leverage_bracket,
    ("GET", "/fapi/v1/multiAssetsMargin"): settings.multi_assets,
    ("GET", "/fapi/v1/openAlgoOrders"): algo_orders.open_orders,
    ("GET", "/fapi/v1/openOrder"): orders.get_open,
    ("GET", "/fapi/v1/openOrders"): orders.open_orders,
    ("GET", "/fapi/v1/order"): orders.get,
    ("GET", "/fapi/v1/positionSide/dual"): settings.dual,
    ("GET", "/fapi/v1/symbolConfig"): settings.symbol_config,
    ("GET", "/fapi/v1/userTrades"): orders.user_trades,
    ("GET", "/fapi/v2/account"): account.account_v2,
    ("GET", "/fapi/v2/balance"): account.balance,
    ("GET", "/fapi/v2/positionRisk"): account.position_risk_v2,
    ("GET", "/fapi/v3/account"): account.account_v3,
    ("GET", "/fapi/v3/balance"): account.balance,
    ("GET", "/fapi/v3/positionRisk"): account.position_risk_v3,
    ("POST", "/fapi/v1/algoOrder"): algo_orders.place,
    ("POST", "/fapi/v1/batchOrders"): orders.batch_place,
    ("POST", "/fapi/v1/countdownCancelAll"): orders.countdown,
    ("POST", "/fapi/v1/leverage"): settings.leverage,
    ("POST", "/fapi/v1/marginType"): settings.margin_type,
    ("POST", "/fapi/v1/order"): orders.place,
    ("POST", "/fapi/v1/order/test"): orders.dry_run,
    ("POST", "/fapi/v1/positionMargin"): settings.position_margin,
    ("POST", "/fapi/v1/positionSide/dual"): settings.set_dual,
    ("PUT", "/fapi/v1/batchOrders"): orders.batch_amend,
    ("PUT", "/fapi/v1/order"): orders.amend,
}


KEYED: dict[tuple[str, str], Callable[[Exchange, str], Any]] = {
    ("DELETE", "/fapi/v1/listenKey"): user_stream.close,
    ("POST", "/fapi/v1/listenKey"): user_stream.start,
    ("PUT", "/fapi/v1/listenKey"): user_stream.keep,
}
# A key is enough for these, without a signature.


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
        name = signing.account_of(exchange, request, given)
        exchange.futures.open_account(name)
        return json_reply(private(exchange, name, given))
    keyed = KEYED.get(route)
    if keyed is not None:
        return json_reply(keyed(exchange, signing.credential(exchange, request.header(b"x-mbx-apikey")).account))
    public = PUBLIC.get(route)
    if public is not None:
        return json_reply(public(exchange, params.read(request)))
    return UNKNOWN_PATH
