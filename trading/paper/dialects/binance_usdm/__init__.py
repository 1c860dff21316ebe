"""Binance USD-M futures: REST, streams, and the WebSocket API. Signatures, parameters and candles are those of spot."""

from trading.paper.dialects.base import Dialect
from trading.paper.dialects.binance_spot.sockets import ApiHouse
from trading.paper.dialects.binance_usdm.errors import translated
from trading.paper.dialects.binance_usdm.routes import PRIVATE, PUBLIC, answer
from trading.paper.dialects.binance_usdm.sockets import UsdmHouse
from trading.paper.server.exchange import Exchange

METHODS = {
    "account.balance": ("GET", "/fapi/v2/balance"),
    "account.position": ("GET", "/fapi/v2/positionRisk"),
    "account.status": ("GET", "/fapi/v2/account"),
    "algoOrder.cancel": ("DELETE", "/fapi/v1/algoOrder"),
    "algoOrder.place": ("POST", "/fapi/v1/algoOrder"),
    "depth": ("GET", "/fapi/v1/depth"),
    "order.cancel": ("DELETE", "/fapi/v1/order"),
    "order.modify": ("PUT", "/fapi/v1/order"),
    "order.place": ("POST", "/fapi/v1/order"),
    "order.status": ("GET", "/fapi/v1/order"),
    "ping": ("GET", "/fapi/v1/ping"),
    "ticker.book": ("GET", "/fapi/v1/ticker/bookTicker"),
    "ticker.price": ("GET", "/fapi/v1/ticker/price"),
    "time": ("GET", "/fapi/v1/time"),
    "v2/account.balance": ("GET", "/fapi/v3/balance"),
    "v2/account.position": ("GET", "/fapi/v3/positionRisk"),
    "v2/account.status": ("GET", "/fapi/v3/account"),
}
# Methods of the WebSocket API by the REST endpoint of the same meaning.


def sockets(exchange: Exchange) -> UsdmHouse:
    """The sockets over an exchange."""
    api = ApiHouse(exchange, methods=METHODS, public=PUBLIC, private=PRIVATE, translated=translated)
    return UsdmHouse(exchange, api, exchange.futures.listen_keys)


DIALECT = Dialect(name="binance_usdm", prefixes=("/fapi/",), answer=answer, sockets=sockets)
