"""Binance spot: REST, market streams, and the WebSocket API."""

from trading.paper.dialects.base import Dialect
from trading.paper.dialects.binance_spot.errors import translated
from trading.paper.dialects.binance_spot.routes import PRIVATE, PUBLIC, answer
from trading.paper.dialects.binance_spot.sockets import ApiHouse, SpotHouse
from trading.paper.server.exchange import Exchange

METHODS = {
    "account.commission": ("GET", "/api/v3/account/commission"),
    "account.status": ("GET", "/api/v3/account"),
    "allOrders": ("GET", "/api/v3/allOrders"),
    "depth": ("GET", "/api/v3/depth"),
    "exchangeInfo": ("GET", "/api/v3/exchangeInfo"),
    "klines": ("GET", "/api/v3/klines"),
    "myTrades": ("GET", "/api/v3/myTrades"),
    "openOrders.cancelAll": ("DELETE", "/api/v3/openOrders"),
    "openOrders.status": ("GET", "/api/v3/openOrders"),
    "order.amend.keepPriority": ("PUT", "/api/v3/order/amend/keepPriority"),
    "order.cancel": ("DELETE", "/api/v3/order"),
    "order.cancelReplace": ("POST", "/api/v3/order/cancelReplace"),
    "order.place": ("POST", "/api/v3/order"),
    "order.status": ("GET", "/api/v3/order"),
    "order.test": ("POST", "/api/v3/order/test"),
    "orderList.cancel": ("DELETE", "/api/v3/orderList"),
    "orderList.place.oco": ("POST", "/api/v3/orderList/oco"),
    "orderList.place.oto": ("POST", "/api/v3/orderList/oto"),
    "orderList.place.otoco": ("POST", "/api/v3/orderList/otoco"),
    "orderList.status": ("GET", "/api/v3/orderList"),
    "ping": ("GET", "/api/v3/ping"),
    "ticker.24hr": ("GET", "/api/v3/ticker/24hr"),
    "ticker.book": ("GET", "/api/v3/ticker/bookTicker"),
    "ticker.price": ("GET", "/api/v3/ticker/price"),
    "time": ("GET", "/api/v3/time"),
    "trades.recent": ("GET", "/api/v3/trades"),
}
# Methods of the WebSocket API by the REST endpoint of the same meaning.


def sockets(exchange: Exchange) -> SpotHouse:
    """The sockets over an exchange."""
    api = ApiHouse(exchange, methods=METHODS, public=PUBLIC, private=PRIVATE, translated=translated)
    return SpotHouse(exchange, api)


DIALECT = Dialect(name="binance_spot", prefixes=("/api/", "/sapi/", "/dapi/"), answer=answer, sockets=sockets)
