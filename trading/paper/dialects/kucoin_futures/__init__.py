"""KuCoin futures: its paths overlap Binance's, so it has a port of its own, or answers beside the others under a prefix."""

from dataclasses import replace

from trading.paper.dialects.base import Dialect
from trading.paper.dialects.kucoin_futures.routes import answer
from trading.paper.dialects.kucoin_futures.sockets import KucoinHouse
from trading.paper.dialects.kucoin_futures.venue import VENUE
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request

__all__ = ["BESIDE", "DIALECT", "VENUE"]

PREFIX = "/kucoin"


def under_prefix(exchange: Exchange, request: Request) -> Reply:
    """The reply to a request on the first port; KuCoin signs the path behind the prefix."""
    path, raw_path = request.path.removeprefix(PREFIX), request.raw_path.removeprefix(PREFIX.encode())
    return answer(exchange, replace(request, path=path, raw_path=raw_path))


DIALECT = Dialect(name="kucoin_futures", prefixes=("/api/",), answer=answer, sockets=KucoinHouse)
BESIDE = Dialect(name="kucoin_futures", prefixes=(f"{PREFIX}/",), answer=under_prefix, sockets=KucoinHouse)
