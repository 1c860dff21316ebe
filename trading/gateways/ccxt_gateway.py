"""The gateway for every venue ccxt knows: our requests in, our reports out, and the last check at the socket."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

import ccxt

from signals.market.venues import Venue
from trading.domain.order_state import VenueStatus
from trading.domain.vocabulary import OrderType, Side
from trading.errors import TOO_LATE, NotSent, VenueError
from trading.gateways import error_map
from trading.gateways.base import (
    BalanceReport,
    FillReport,
    InstrumentReport,
    OrderReport,
    OrderRequest,
    TickerReport,
)

Translator = Callable[..., VenueError]

# What ccxt's parsers and ours raise on an answer of another shape than the venue documents.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

STATUS = {
    "open": VenueStatus.OPEN,
    "closed": VenueStatus.FILLED,
    "canceled": VenueStatus.CANCELED,
    "canceling": VenueStatus.OPEN,
    "expired": VenueStatus.EXPIRED,
    "rejected": VenueStatus.REJECTED,
}
CCXT_TYPE = {OrderType.MARKET: "market", OrderType.LIMIT: "limit"}
SIGNED_AT = re.compile(r"(?:^|[?&])timestamp=(\d+)")


class SocketGuard(Protocol):
    """Asked at the last moment whether an order may be written to the wire."""

    def refusal(self, *, opens_position: bool) -> str:
        """Why not; empty when it may go."""


def when(milliseconds: Any) -> datetime:
    """A venue's time in ms as an aware datetime; ccxt gives text or int."""
    return datetime.fromtimestamp(int(milliseconds) / 1000, tz=UTC)


def decimal(value: Any) -> Decimal:
    """A number from ccxt, exact. Raises TypeError for a float: it has already lost something."""
    if isinstance(value, float):
        raise TypeError(f"float {value!r} in a report: client.number must be str")
    return Decimal(0) if value is None else Decimal(value)


def rate(value: Any) -> Decimal:
    """A fee ratio; ccxt keeps its static fee tables as floats, whose shortest text is the rate itself."""
    return Decimal(str(value or 0))


class CcxtGateway:
    """One account's view of one venue. Not for sharing between threads or across a fork."""

    def __init__(
        self, client: ccxt.Exchange, *, venue: Venue, guard: SocketGuard, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._venue = venue
        self._guard = guard
        self._clock = clock
        self._placing: OrderRequest | None = None
        self._status = 0
        self._body = ""
        self._write = client.fetch
        client.fetch = self._fetch
        client.on_rest_response = self._remember

    # the socket -----------------------------------------------------------------------------

    def _fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        """Ccxt's last step before the socket, after throttling and signing: what is stale or forbidden stops here."""
        if self._placing is not None:
            self._check_at_socket(self._placing, signed_at(url, body))
        answer = self._write(url, method, headers, body)
        if not isinstance(answer, dict | list):  # ccxt would read "nothing" out of it: no balances, no orders
            raise ccxt.BadResponse("the venue's answer is no JSON")
        return answer

    def _check_at_socket(self, request: OrderRequest, signed: datetime | None) -> None:
        """Raise NotSent when the signature would outlive the order's validity or the mode forbids it."""
        now = self._clock()
        if max(now, signed or now) > request.valid_until:
            self._stop(TOO_LATE, f"valid until {request.valid_until:%H:%M:%S.%f}, it is {now:%H:%M:%S.%f}")
        if refusal := self._guard.refusal(opens_position=request.opens_position):
            self._stop("MODE", refusal)

    def _stop(self, error: str, detail: str) -> None:
        raise NotSent(venue=self._venue.name, error=error, detail=detail)

    def _remember(
        self, code: int, reason: str, url: str, method: str, response_headers: Any, response_body: str, *_: Any
    ) -> str:
        """Ccxt's hook on every answer: keep status and body, the proof that a rejection needs."""
        self._status, self._body = code, response_body
        return response_body.strip()

    @contextmanager
    def _translated(self, translate: Translator) -> Iterator[None]:
        """Foreign errors end here and nowhere else."""
        self._status, self._body = 0, ""
        try:
            yield
        except ccxt.BaseError as error:
            answer = error_map.Answer(self._status, self._body)
            raise translate(error, venue=self._venue.name, answer=answer) from error
        except UNREADABLE as error:
            answer = error_map.Answer(self._status, "")
            unclear = ccxt.BadResponse(f"the answer cannot be read: {type(error).__name__}: {error}")
            raise translate(unclear, venue=self._venue.name, answer=answer) from error

    # orders ---------------------------------------------------------------------------------

    def place(self, request: OrderRequest) -> OrderReport:
        """Place one order, once. Raises Rejected, NotSent or Unknown."""
        with self._translated(error_map.for_order), self._marked(request):
            raw = self._client.create_order(
                request.symbol,
                CCXT_TYPE[request.type],
                request.side.value.lower(),
                format(request.qty.normalize(), "f"),
                None if request.price is None else format(request.price.normalize(), "f"),
                self._order_params(request),
            )
            return order_report(raw)

    @contextmanager
    def _marked(self, request: OrderRequest) -> Iterator[None]:
        """While an order is being placed, the socket check knows which."""
        self._placing = request
        try:
            yield
        finally:
            self._placing = None

    def _order_params(self, request: OrderRequest) -> dict[str, Any]:
        params: dict[str, Any] = {"clientOrderId": request.client_order_id}
        if request.type is not OrderType.MARKET:
            params["timeInForce"] = request.time_in_force.value
        if request.reduce_only and "spot" not in self._venue.market_types:
            params["reduceOnly"] = True
        return params

    def cancel(self, *, symbol: str, venue_order_id: str) -> None:
        """Ask to cancel. Raises OrderNotOpen or Unknown."""
        with self._translated(error_map.for_cancel):
            self._client.cancel_order(venue_order_id, symbol)

    def find_order(self, *, symbol: str, client_order_id: str, venue_order_id: str = "") -> OrderReport | None:
        """The order by the venue's id where known, else by ours; None when the venue says it has none."""
        params = {} if venue_order_id else {"clientOrderId": client_order_id}
        with self._translated(error_map.for_question):
            try:
                return order_report(self._client.fetch_order(venue_order_id, symbol, params))
            except ccxt.OrderNotFound:
                return None

    def open_orders(self, symbol: str) -> Sequence[OrderReport]:
        """All orders resting on a symbol, ours and foreign."""
        with self._translated(error_map.for_question):
            return [order_report(raw) for raw in self._client.fetch_open_orders(symbol)]

    # fills ----------------------------------------------------------------------------------

    def fills_of(self, *, symbol: str, venue_order_id: str) -> Sequence[FillReport]:
        """All executions of one order."""
        with self._translated(error_map.for_question):
            rows = self._client.fetch_my_trades(symbol, None, 1000, {"orderId": venue_order_id})
            return [fill_report(raw) for raw in rows]

    def fills_since(self, *, symbol: str, since: datetime) -> Sequence[FillReport]:
        """All executions on a symbol from `since` on, oldest first; pages until the venue has no more."""
        found: dict[str, FillReport] = {}
        start = int(since.timestamp() * 1000)
        while True:
            with self._translated(error_map.for_question):
                page = [fill_report(raw) for raw in self._client.fetch_my_trades(symbol, start, 1000)]
            fresh = {f"{f.venue_order_id}/{f.venue_trade_id}": f for f in page}
            if len(page) < 1000 or fresh.keys() <= found.keys():
                return sorted({**found, **fresh}.values(), key=lambda fill: fill.at)
            found.update(fresh)
            start = int(max(fill.at for fill in page).timestamp() * 1000)

    # the account and the market -------------------------------------------------------------

    def balances(self) -> Sequence[BalanceReport]:
        """Everything the account holds."""
        with self._translated(error_map.for_question):
            raw = self._client.fetch_balance()
            totals, free = raw["total"], raw["free"]
            return [BalanceReport(currency, decimal(totals[currency]), decimal(free[currency])) for currency in totals]

    def tickers(self, symbols: Sequence[str]) -> Mapping[str, TickerReport]:
        """Prices of the symbols that the venue quotes; one without bid, ask and last is left out."""
        with self._translated(error_map.for_question):
            raw = self._client.fetch_tickers(list(symbols))
            reports = [ticker_report(row) for row in raw.values()]
        return {report.symbol: report for report in reports if report}

    def instruments(self) -> Sequence[InstrumentReport]:
        """Every spot market the venue lists; asked anew, and kept so that ccxt never loads markets by itself."""
        with self._translated(error_map.for_question):
            self._client.set_markets(self._client.fetch_markets())
            return [instrument_report(m, self._venue) for m in self._client.markets.values() if m["spot"]]

    def server_time(self) -> datetime:
        """The venue's clock."""
        with self._translated(error_map.for_question):
            return when(self._client.fetch_time())


def signed_at(url: str, body: Any) -> datetime | None:
    """The timestamp inside a signed request, from query or body; None where the venue signs otherwise."""
    found = SIGNED_AT.search(url) or SIGNED_AT.search(body if isinstance(body, str) else "")
    return when(found.group(1)) if found else None


def order_report(raw: Mapping[str, Any]) -> OrderReport:
    """Ccxt's order as ours. Raises BadResponse without the venue's id: what cannot be named is not found either."""
    if not raw.get("id"):
        raise ccxt.BadResponse("the venue's answer carries no order id")
    return OrderReport(
        client_order_id=raw.get("clientOrderId") or "",
        venue_order_id=str(raw["id"]),
        status=STATUS[raw.get("status") or "open"],
        filled_qty=decimal(raw.get("filled")),
        at=when(raw["timestamp"]) if raw.get("timestamp") else None,
    )


def fill_report(raw: Mapping[str, Any]) -> FillReport:
    """Ccxt's trade as ours."""
    fee = raw.get("fee") or {}
    price, qty = decimal(raw["price"]), decimal(raw["amount"])
    return FillReport(
        venue_order_id=str(raw["order"]),
        venue_trade_id=str(raw["id"]),
        side=Side(raw["side"].upper()),
        price=price,
        qty=qty,
        cost=price * qty,
        fee=decimal(fee.get("cost")),
        fee_currency=fee.get("currency") or "",
        maker={"maker": True, "taker": False}.get(raw.get("takerOrMaker") or ""),
        at=when(raw["timestamp"]),
    )


def ticker_report(raw: Mapping[str, Any]) -> TickerReport | None:
    """Ccxt's ticker as ours; None when a price is missing."""
    prices = [raw.get(field) for field in ("bid", "ask", "last")]
    if not all(prices):
        return None
    bid, ask, last = (decimal(price) for price in prices)
    return TickerReport(raw["symbol"], bid, ask, last)


def instrument_report(market: Mapping[str, Any], venue: Venue) -> InstrumentReport:
    """Ccxt's market as ours; precision comes as tick size (ccxt's TICK_SIZE mode)."""
    limits, precision = market["limits"], market["precision"]
    max_qty = limits["amount"].get("max")
    return InstrumentReport(
        symbol=market["symbol"],
        venue_symbol=market["id"],
        kind="SPOT" if market["spot"] else "LINEAR",
        base=market["base"],
        quote=market["quote"],
        active=bool(market["active"]),
        tick_size=decimal(precision["price"]),
        lot_step=decimal(precision["amount"]),
        min_qty=decimal(limits["amount"].get("min")),
        max_qty=decimal(max_qty) if max_qty else None,
        min_notional=decimal((limits.get("cost") or {}).get("min")),
        contract_size=decimal(market.get("contractSize")) or Decimal(1),
        maker_fee=rate(market.get("maker")),
        taker_fee=rate(market.get("taker")),
        max_open_orders=venue.max_open_orders,
    )
