"""Binance spot, REST."""

from trading.paper.dialects.base import Dialect
from trading.paper.dialects.binance_spot.routes import answer

DIALECT = Dialect(name="binance_spot", prefixes=("/api/", "/sapi/"), answer=answer)
