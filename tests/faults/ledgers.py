"""An account's books at the paper exchange, in the numbers and quantities that its venue tells clients."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.faults.oracle import Execution, TheirOrder
from trading.kill.desk import PREFIX as KILL_PREFIX
from trading.paper.dialects.bybit import ids
from trading.paper.dialects.kucoin_futures.shapes import FIRST_ORDER_ID

Json = Mapping[str, Any]

ALIVE = ("NEW", "PARTIALLY_FILLED")


@dataclass(frozen=True, slots=True)
class Words:
    """Where a venue's books are, and how it calls an order and a trade.

    keeps_number: what a triggered conditional order becomes goes on under its number.
    """

    side: str
    prefix: str = ""
    order: Callable[[int], str] = str
    trade: Callable[[Json], str] = lambda fill: str(fill["tradeId"])
    keeps_number: bool = False

    def account(self, told: Json, account_id: int) -> Json:
        """The account's part of the ledger; empty before its first request."""
        side = told[self.side] if self.side else told
        found: Json = side["accounts"].get(f"{self.prefix}account-{account_id}", {})
        return found


def _bybit_trade(fill: Json) -> str:
    return ids.exec_id(str(fill["symbol"]), int(fill["tradeId"]), spot=False, maker=bool(fill["maker"]))


WORDS: Mapping[str, Words] = {
    "binance": Words(""),
    "binanceusdm": Words("usdm"),
    "bybit": Words("bybit", "bybit:", ids.linear_id, _bybit_trade, keeps_number=True),
    "kucoinfutures": Words("kucoin", "", lambda number: str(FIRST_ORDER_ID + number), keeps_number=True),
}


def orders(venue: str, told: Json, booked: Mapping[str, str]) -> Iterator[TheirOrder]:
    """Plain orders and conditional ones; what a conditional one became carries its name, and is the same one.

    What the kill process sold has a name of its own there; once it is booked it is an order of ours, by the venue's number.
    """
    words, numbers = WORDS[venue], _numbers(venue, told)
    for row in told.get("orders", ()):
        name, number = row["clientOrderId"], numbers[row["orderId"]]
        name = booked.get(number, name) if name.startswith(KILL_PREFIX) else name
        yield TheirOrder(name, number, row["status"] in ALIVE)
    for row in told.get("algoOrders", ()):
        if row["actualOrderId"] is None:
            yield TheirOrder(row["clientAlgoId"], words.order(row["algoId"]), row["status"] in ALIVE)


def fills(venue: str, told: Json, sizes: Mapping[str, Decimal]) -> Iterator[Execution]:
    """Executions; sizes: what one contract is of the coin, by the venue's symbol, where it counts in contracts."""
    words, numbers = WORDS[venue], _numbers(venue, told)
    for row in told.get("fills", ()):
        qty = Decimal(row["qty"]) / sizes.get(row["symbol"], Decimal(1))
        price, fee = Decimal(row["price"]), Decimal(row["fee"])
        yield Execution(numbers[row["orderId"]], words.trade(row), qty.normalize(), price.normalize(), fee.normalize())


def _numbers(venue: str, told: Json) -> dict[int, str]:
    """The number that clients see of each plain order."""
    words = WORDS[venue]
    found = {row["orderId"]: words.order(row["orderId"]) for row in told.get("orders", ())}
    if words.keeps_number:
        became = (row for row in told.get("algoOrders", ()) if row["actualOrderId"] is not None)
        found |= {row["actualOrderId"]: words.order(row["algoId"]) for row in became}
    return found
