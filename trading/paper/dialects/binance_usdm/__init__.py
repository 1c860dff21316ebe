"""Binance USD-M futures, REST. Signatures, parameters and candles are those of spot."""

from trading.paper.dialects.base import Dialect
from trading.paper.dialects.binance_usdm.routes import answer

DIALECT = Dialect(name="binance_usdm", prefixes=("/fapi/",), answer=answer)
