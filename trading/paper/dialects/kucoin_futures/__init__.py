"""KuCoin futures, on a port of its own: its paths overlap Binance's."""

from trading.paper.dialects.base import Dialect
from trading.paper.dialects.kucoin_futures.routes import answer
from trading.paper.dialects.kucoin_futures.sockets import KucoinHouse
from trading.paper.dialects.kucoin_futures.venue import VENUE

__all__ = ["DIALECT", "VENUE"]

DIALECT = Dialect(name="kucoin_futures", prefixes=("/api/",), answer=answer, sockets=KucoinHouse)
