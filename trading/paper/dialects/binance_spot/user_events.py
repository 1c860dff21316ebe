"""The user's own events on spot: order reports, balances, deposits."""

from collections.abc import Callable
from typing import Any

from trading.paper.core import events
from trading.paper.core.atoms import show
from trading.paper.core.orders import Fill, Order, Status
from trading.paper.dialects.binance_spot.shapes import NO_LIST
from trading.paper.server.exchange import Exchange

Json = dict[str, Any]

_ENDINGS = {
    Status.CANCELED: "CANCELED",
    Status.EXPIRED: "EXPIRED",
    Status.EXPIRED_IN_MATCH: "TRADE_PREVENTION",
}


class UserEvents:
    """Turns the exchange's events into Binance's, for the account they concern."""

    def __init__(self, exchange: Exchange, tell: Callable[[str, Json], None]) -> None:
        self._exchange = exchange
        self._tell = tell
        self._reports: dict[type, Callable[[Any], None]] = {
            events.Accepted: lambda event: self._report(event.order_id, "NEW", event.at_ms),
            events.Amended: lambda event: self._report(event.order_id, "REPLACED", event.at_ms),
            events.Closed: self._closed,
            events.Deposited: self._deposited,
            events.Filled: self._filled,
            events.Released: lambda event: self._report(event.order_id, "NEW", event.at_ms),
            events.Triggered: lambda event: self._report(event.order_id, "NEW", event.at_ms),
        }

    def hear(self, event: Any) -> None:
        """One event, just applied."""
        report = self._reports.get(type(event))
        if report:
            report(event)

    def _filled(self, event: events.Filled) -> None:
        order = self._exchange.state.orders[event.order_id]
        self._report(order.id, "TRADE", event.at_ms, fill=order.fills[-1])

    def _closed(self, event: events.Closed) -> None:
        self._report(event.order_id, _ENDINGS[Status(event.status)], event.at_ms)

    def _report(self, order_id: int, kind: str, at_ms: int, *, fill: Fill | None = None) -> None:
        order = self._exchange.state.orders[order_id]
        self._tell(order.account, report(order, kind, at_ms, fill=fill))
        self._tell(order.account, self._position(order, at_ms))

    def _position(self, order: Order, at_ms: int) -> Json:
        held = self._exchange.state.accounts[order.account]
        assets = {order.instrument.base, order.instrument.quote}
        rows = [(asset, held.balance(asset)) for asset in sorted(assets)]
        return {
            "e": "outboundAccountPosition",
            "E": at_ms,
            "u": at_ms,
            "B": [{"a": asset, "f": show(one.free), "l": show(one.locked)} for asset, one in rows],
        }

    def _deposited(self, event: events.Deposited) -> None:
        told = {"e": "balanceUpdate", "E": event.at_ms, "a": event.asset, "d": show(event.amount), "T": event.at_ms}
        self._tell(event.account, told)


def report(order: Order, kind: str, at_ms: int, *, fill: Fill | None = None) -> Json:
    """An executionReport."""
    terms = order.terms
    told: Json = {
        "e": "executionReport",
        "E": at_ms,
        "s": order.instrument.symbol,
        "c": order.client_id,
        "S": order.side.value,
        "o": order.type.value,
        "f": order.time_in_force.value,
        "q": show(order.qty),
        "p": show(order.price),
        "P": show(terms.stop_price if terms else 0),
        "F": show(order.iceberg_qty),
        "g": order.list_id or NO_LIST,
        "C": order.client_id if kind == "CANCELED" else "",
        "x": kind,
        "X": order.status.value,
        "r": "NONE",
        "i": order.id,
        "z": show(order.filled),
        "T": at_ms,
        "w": order.open and not (order.waits or order.pends),
        "O": order.created_ms,
        "Z": show(order.filled_quote),
        "Q": show(order.quote_qty),
        "W": order.working_ms or -1,
        "V": terms.self_trade if terms else "NONE",
    }
    return told | _execution(fill) | ({"d": terms.trailing_bps} if terms and terms.trailing_bps else {})


def _execution(fill: Fill | None) -> Json:
    if fill is None:
        zero = show(0)
        return {"l": zero, "L": zero, "Y": zero, "n": "0", "N": None, "t": -1, "m": False}
    return {
        "l": show(fill.qty),
        "L": show(fill.price),
        "Y": show(fill.notional),
        "n": show(fill.fee),
        "N": fill.fee_asset,
        "t": fill.trade_id,
        "m": fill.maker,
    }
