"""Orders of either category: one by one, in batches, and the look-ups."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from trading.paper.core.fees import FeeRates
from trading.paper.core.orders import Fill
from trading.paper.core.perps.orders import AlgoOrder
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.shelves import ALL_TIMES, Window
from trading.paper.dialects.bybit import shapes
from trading.paper.dialects.bybit.errors import ByError, bad, missing, translated
from trading.paper.dialects.bybit.linear import LinearDesk
from trading.paper.dialects.bybit.params import Json, Params, Told, integer, maybe_text, page, plain, span
from trading.paper.dialects.bybit.spot import SpotDesk
from trading.paper.dialects.bybit.venue import LINEAR, NOT_HERE, SPOT, category, holder, tables
from trading.paper.server.exchange import Exchange

MOST_IN_BATCH = {SPOT: 10, LINEAR: 20}

MOST_CLOSED = 500
# How many of the latest closed orders a symbol tells in the times asked for.

MOST_FILLS = 20_000
# And how many executions: they come in pages, and a client may want all of a week.


class Desk(Protocol):
    """An account's orders in one category."""

    category: str

    def place(self, params: Params) -> Json:
        """Place an order."""

    def amend(self, params: Params) -> Json:
        """Change an order."""

    def cancel(self, params: Params) -> Json:
        """Cancel an order."""

    def find(self, params: Params, unknown: Reason) -> Any:
        """The order that is named, or Refused."""

    def end(self, found: Any) -> None:
        """Cancel what was found."""

    def acknowledged(self, found: Any) -> Json:
        """Its ids."""

    def open_orders(self, params: Params) -> Sequence[Any]:
        """The open orders asked for, oldest first."""

    def closed_orders(self, params: Params, window: Window) -> Sequence[Any]:
        """The latest closed orders asked for, oldest first."""

    def to_cancel(self, params: Params) -> Sequence[Any]:
        """What a cancel-all ends."""

    def is_open(self, found: Any) -> bool:
        """Whether it is open."""

    def shape(self, found: Any) -> Json:
        """It as JSON."""

    def fills(self, params: Params, window: Window) -> Sequence[Fill]:
        """The latest executions asked for, oldest first."""

    def order_of(self, fill: Fill) -> Any:
        """What an execution belongs to."""

    @property
    def rates(self) -> FeeRates:
        """The fees."""


def desk(exchange: Exchange, name: str, params: Params) -> Desk:
    """The account's desk of the category asked for."""
    wanted = category(params)
    if wanted in NOT_HERE:
        raise bad("category")
    return desk_of(exchange, name, wanted)


def desk_of(exchange: Exchange, name: str, wanted: str) -> Desk:
    """The account's desk of a category."""
    return SpotDesk(exchange, name) if wanted == SPOT else LinearDesk(exchange, name)


def create(exchange: Exchange, name: str, params: Params) -> Any:
    """POST order/create."""
    return desk(exchange, name, params).place(params)


def amend(exchange: Exchange, name: str, params: Params) -> Any:
    """POST order/amend."""
    return desk(exchange, name, _named(params)).amend(params)


def cancel(exchange: Exchange, name: str, params: Params) -> Any:
    """POST order/cancel."""
    return desk(exchange, name, _named(params)).cancel(params)


def _named(params: Params) -> Params:
    if not maybe_text(params, "orderId") and not maybe_text(params, "orderLinkId"):
        raise missing("orderId")
    return params


def cancel_all(exchange: Exchange, name: str, params: Params) -> Any:
    """POST order/cancel-all."""
    if category(params) in NOT_HERE:
        return {"list": [], "success": "1"}
    found = desk(exchange, name, _narrowed(params))
    told = []
    for one in found.to_cancel(params):
        if found.is_open(one):  # the others of an order list go with its first
            found.end(one)
        told.append(found.acknowledged(one))
    return {"list": told, "success": "1"}


def _narrowed(params: Params) -> Params:
    """Linear wants to know at least the coin."""
    names = ("symbol", "baseCoin", "settleCoin", "orderId", "orderLinkId")
    if category(params) == LINEAR and not any(maybe_text(params, name) for name in names):
        raise missing("symbol or settleCoin or baseCoin")
    return params


def _each(act: Callable[[Exchange, str, Params], Any]) -> Callable[[Exchange, str, Params], Any]:
    """The same for a list of orders; each succeeds or fails by itself."""

    def batch(exchange: Exchange, name: str, params: Params) -> Any:
        wanted, rows = category(params), params.get("request")
        known = isinstance(rows, list) and 0 < len(rows) <= MOST_IN_BATCH.get(wanted, 0)
        if not known or not all(isinstance(row, dict) for row in rows or []):
            raise bad("request")
        outcomes = [_one(exchange, name, act, row | {"category": wanted}) for row in rows or []]
        return Told({"list": [told for told, _ in outcomes]}, {"list": [code for _, code in outcomes]})

    return batch


def _one(exchange: Exchange, name: str, act: Callable[[Exchange, str, Params], Any], row: Params) -> tuple[Json, Json]:
    known = {"category": row["category"], "symbol": row.get("symbol", ""), "orderId": "", "createAt": ""}
    known["orderLinkId"] = row.get("orderLinkId", "")
    try:
        told = act(exchange, name, row)
    except (ByError, Refused) as error:
        refused = translated(error, spot=row["category"] == SPOT) if isinstance(error, Refused) else error
        return known, {"code": refused.code, "msg": refused.msg}
    return known | told | {"createAt": str(exchange.now_ms())}, {"code": 0, "msg": "OK"}


create_batch = _each(create)
amend_batch = _each(amend)
cancel_batch = _each(cancel)


def realtime(exchange: Exchange, name: str, params: Params) -> Any:
    """GET order/realtime: open orders, or the latest closed ones; a named order in any state."""
    if category(params) in NOT_HERE:
        return _empty(params)
    found = desk(exchange, name, _narrowed(params))
    if maybe_text(params, "orderId") or maybe_text(params, "orderLinkId"):
        return _single(found, params)
    wants_open = integer(params, "openOnly") == 0
    return _listed(found, found.open_orders(params) if wants_open else found.closed_orders(params, _latest()), params)


def _latest(times: range = ALL_TIMES, most: int = MOST_CLOSED) -> Window:
    return Window(times=times, most=most, last=True)


def history(exchange: Exchange, name: str, params: Params) -> Any:
    """GET order/history: closed orders, newest first; a named order in any state."""
    if category(params) in NOT_HERE:
        return _empty(params)
    found, window = desk(exchange, name, params), _latest(span(params))
    if maybe_text(params, "orderId") or maybe_text(params, "orderLinkId"):
        return _single(found, params)
    return _listed(found, found.closed_orders(params, window), params)


def _empty(params: Params) -> Json:
    return {"category": category(params), "list": [], "nextPageCursor": ""}


def _single(found: Desk, params: Params) -> Json:
    try:
        rows = [found.shape(found.find(params, Reason.ORDER_UNKNOWN))]
    except Refused:
        rows = []
    return {"category": found.category, "list": rows, "nextPageCursor": ""}


def _listed(found: Desk, rows: Sequence[Any], params: Params) -> Json:
    shown = [found.shape(one) for one in reversed(rows)]
    return {"category": found.category} | page(shown, params, key="orderId", default=20, most=50)


def executions(exchange: Exchange, name: str, params: Params) -> Any:
    """GET execution/list: trades, and on linear the funding that was paid and got."""
    if category(params) in NOT_HERE:
        return _empty(params)
    found, times, kind = desk(exchange, name, params), span(params), maybe_text(params, "execType")
    fills = reversed(_fills(found, params, times))
    rows = [shapes.execution(fill, found.shape(found.order_of(fill)), found.rates) for fill in fills]
    if found.category == LINEAR and kind in ("", "Funding"):
        rows = sorted([*rows, *_fundings(exchange, name, params, times)], key=_time, reverse=True)
    wanted = {key: maybe_text(params, key) for key in ("execType", "orderId", "orderLinkId")}
    rows = [row for row in rows if all(not value or row[key] == value for key, value in wanted.items())]
    return {"category": found.category} | page(rows, params, key="execId", default=50, most=100)


def _fills(found: Desk, params: Params, times: range) -> Sequence[Fill]:
    """Of one order where it is named, else of a symbol or of all."""
    if not (maybe_text(params, "orderId") or maybe_text(params, "orderLinkId")):
        return found.fills(params, _latest(times, MOST_FILLS))
    try:
        one = found.find(params, Reason.ORDER_UNKNOWN)
    except Refused:
        return []
    working = one.actual if isinstance(one, AlgoOrder) else one
    return [fill for fill in working.fills if fill.at_ms in times] if working else []


def _time(row: Json) -> int:
    return int(row["execTime"])


def _fundings(exchange: Exchange, name: str, params: Params, times: range) -> list[Json]:
    symbol, settled = maybe_text(params, "symbol"), {(one.symbol, one.at_ms): one for one in tables(exchange).fundings}
    rows = holder(exchange, name).incomes.search(
        _latest(times), lambda one: one.kind == "FUNDING_FEE" and symbol in ("", one.symbol)
    )
    return [
        {
            "symbol": one.symbol,
            "category": LINEAR,
            "execType": "Funding",
            "execId": f"funding-{one.symbol}-{one.id}",
            "execFee": plain(-one.amount),
            "feeRate": plain(settled[(one.symbol, one.at_ms)].rate),
            "execPrice": plain(settled[(one.symbol, one.at_ms)].mark),
            "feeCurrency": "USDT",
            "execTime": str(one.at_ms),
            "isMaker": False,
            **dict.fromkeys(("orderId", "orderLinkId", "orderType", "side", "execQty", "execValue"), ""),
        }
        for one in reversed(rows)
    ]
