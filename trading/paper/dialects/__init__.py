"""The wire protocols the exchange speaks. A dialect is one folder and one line here."""

from trading.paper.dialects import binance_spot, binance_usdm
from trading.paper.dialects.base import Dialect

DIALECTS: tuple[Dialect, ...] = (binance_spot.DIALECT, binance_usdm.DIALECT)
