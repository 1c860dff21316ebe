"""What the contract tests of all dialects share: a noted client, orders for it to act upon, and how a call is played."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, ClassVar

from tests.trading.paper.contract import Recorder, Sent

Act = Callable[[Any, Any], Any]
# What is asked of a ccxt client, given what was prepared.

_ids = count(1)


class Stage:
    """A client that is noted, and another that prepares what the calls need."""

    symbol: ClassVar[str]
    amount: ClassVar[str | int]
    low: ClassVar[str | int]
    # The price at which a buy rests.
    name_field: ClassVar[str] = "clientOrderId"

    def __init__(self, client: Any, other: Any) -> None:
        self.recorder = Recorder(client)
        self.other = other

    def order(self, **params: Any) -> str:
        """The id of a fresh order that rests."""
        return str(self.other.create_order(self.symbol, "limit", "buy", self.amount, self.low, params)["id"])

    def two(self) -> list[str]:
        """Two of them."""
        return [self.order(), self.order()]

    def named(self) -> str:
        """The client order id of a fresh order that rests."""
        name = f"named-{next(_ids)}"
        self.order(**{self.name_field: name})
        return name

    def stop(self) -> str:
        """The id of a fresh conditional order."""
        stop = {"stopLossPrice": 25000}
        return str(self.other.create_order(self.symbol, "market", "sell", self.amount, None, stop)["id"])

    def traded(self) -> str:
        """The id of a fresh order that is filled; on futures it has opened a position."""
        return str(self.other.create_order(self.symbol, "market", "buy", self.amount)["id"])

    def hedged(self) -> None:
        """Longs and shorts apart."""
        self.other.set_position_mode(True)


Calls = Mapping[str, tuple[Callable[[Any], Any], Act]]
# By the recording's name of a call: what is prepared, and the call.


def nothing(_stage: Stage) -> None:
    """No preparation."""


def buy(stage: type[Stage], kind: str, **params: Any) -> Act:
    """A buy that rests, or one at the market."""
    price = stage.low if kind == "limit" else None
    return lambda client, _: client.create_order(stage.symbol, kind, "buy", stage.amount, price, params)


def sell(stage: type[Stage], kind: str, **params: Any) -> Act:
    """A sell at the market, or a conditional one with a limit below its trigger of 25,000."""
    price = 24900 if kind == "limit" else None
    return lambda client, _: client.create_order(stage.symbol, kind, "sell", stage.amount, price, params)


def two_buys(stage: type[Stage]) -> list[dict[str, Any]]:
    """Orders for a batch."""
    order = {"symbol": stage.symbol, "type": "limit", "side": "buy", "amount": stage.amount}
    return [order | {"price": 29000}, order | {"price": 28000}]


def played(
    stage: Stage, calls: Calls, label: str, recording: Mapping[str, Any], *, told: Callable[[Any], Sent] = tuple
) -> Any:
    """The result of a recorded call, once ccxt has sent at least what the recording says."""
    prepare, act = calls[label]
    given = prepare(stage)
    stage.recorder.client.load_markets()
    stage.recorder.sent.clear()
    result = act(stage.recorder.client, given)
    assert {told(one) for one in recording.get(label, [])} <= {told(one) for one in stage.recorder.sent}
    return result
