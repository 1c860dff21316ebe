"""The futures venues that the engine trades on the paper exchange, and by what names that calls them."""

from dataclasses import dataclass
from typing import Any

from tests.support.paper import PaperExchange


@dataclass(frozen=True, slots=True)
class Side:
    """One venue at the paper exchange: its side's name, the prefix of its accounts, the paths of orders."""

    name: str
    prefix: str
    order: str
    cancel: str
    method: str = "POST"  # of a cancel

    @property
    def placing(self) -> dict[str, str]:
        """What a fault is planned for."""
        return {"method": "POST", "path": self.order}


SIDES = {
    "binanceusdm": Side("usdm", "", "/fapi/v1/order", "/fapi/v1/order", "DELETE"),
    "bybit": Side("bybit", "bybit:", "/v5/order/create", "/v5/order/cancel"),
    "kucoinfutures": Side("kucoin", "", "/kucoin/api/v1/orders", "/kucoin/api/v1/orders/*", "DELETE"),
}
FUTURES = tuple(SIDES)


def books(paper: PaperExchange, venue: str, account: str) -> dict[str, Any]:
    """What the exchange has of a futures account: wallet, orders, conditional orders, fills, positions."""
    side = SIDES[venue]
    found: dict[str, Any] = paper.read("ledger")[side.name]["accounts"].get(side.prefix + account, {})
    return found
