"""Ids as clients see them: numbers on spot, UUIDs on linear. Whoever mixes the two up finds nothing."""

import hashlib
import re

from trading.paper.core.commands import client_id_for
from trading.paper.core.orders import Fill, Order
from trading.paper.core.perps.orders import AlgoOrder

FIRST_SPOT_ID = 1_900_000_000_000_000_000

FIRST_SPOT_EXEC_ID = 2_290_000_000_000_000_000

_UUID = re.compile(r"b7b17000-0000-4000-8000-([0-9a-f]{12})")


def spot_id(order: Order) -> str:
    """The id of a spot order."""
    return str(FIRST_SPOT_ID + order.id)


def linear_id(number: int) -> str:
    """The id of a linear order, plain or conditional."""
    return f"b7b17000-0000-4000-8000-{number:012x}"


def inner_spot(shown: str) -> int:
    """The inner number of a shown spot id, 0 for none of ours."""
    return int(shown) - FIRST_SPOT_ID if shown.isdecimal() and len(shown) == 19 else 0


def inner_linear(shown: str) -> int:
    """The inner number of a shown linear id, 0 for none of ours."""
    found = _UUID.fullmatch(shown)
    return int(found[1], 16) if found else 0


def link_id(order: Order | AlgoOrder) -> str:
    """The client's own id, empty where it gave none and the exchange made one up."""
    return "" if order.client_id == client_id_for(order.id) else order.client_id


def exec_id(symbol: str, trade_id: int, *, spot: bool, maker: bool = False) -> str:
    """The id of one side of a trade; the public tape shows the taker's."""
    if spot:
        return str(FIRST_SPOT_EXEC_ID + 2 * trade_id + maker)
    told = hashlib.sha256(f"{symbol} {trade_id} {maker}".encode()).hexdigest()
    return f"{told[:8]}-{told[8:12]}-5{told[13:16]}-b{told[17:20]}-{told[20:32]}"


def fill_id(fill: Fill, *, spot: bool) -> str:
    """The id of one of the account's own executions."""
    return exec_id(fill.order.instrument.symbol, fill.trade_id, spot=spot, maker=fill.maker)
