"""The wire protocols the exchange speaks. A dialect is one folder and one line here."""

from trading.paper.dialects import binance_spot, binance_usdm, bybit, kucoin_futures
from trading.paper.dialects.base import Dialect

DIALECTS: tuple[Dialect, ...] = (binance_spot.DIALECT, binance_usdm.DIALECT, bybit.DIALECT, kucoin_futures.BESIDE)

BYBIT = bybit.VENUE
KUCOIN = kucoin_futures.VENUE
KUCOIN_DIALECTS: tuple[Dialect, ...] = (kucoin_futures.DIALECT,)
# These want a port of their own.
