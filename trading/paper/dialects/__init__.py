"""The wire protocols the exchange speaks. A dialect is one folder and one line here."""

from trading.paper.dialects import binance_spot
from trading.paper.dialects.base import Dialect

DIALECTS: tuple[Dialect, ...] = (binance_spot.DIALECT,)
