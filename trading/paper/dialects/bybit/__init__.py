"""Bybit v5, spot and linear. Its paths begin with /v5/ and meet nobody else's, so it shares the first port."""

from trading.paper.dialects.base import Dialect
from trading.paper.dialects.bybit.routes import answer
from trading.paper.dialects.bybit.sockets import BybitHouse
from trading.paper.dialects.bybit.venue import VENUE

__all__ = ["DIALECT", "VENUE"]

DIALECT = Dialect(name="bybit", prefixes=("/v5/",), answer=answer, sockets=BybitHouse)
