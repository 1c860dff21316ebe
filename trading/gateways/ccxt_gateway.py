"""The gateway for every venue ccxt knows: our requests in, our reports out, and the last check at the socket."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

import ccxt

from project import failpoints
from signals.market.bars import Bar, Span
from signals.market.venues import Venue
from trading.domain.budget import Call
from trading.domain.vocabulary import OrderType
from trading.errors import TOO_LATE, NoDeadMan, NotSent, OrderNotOpen, VenueError
from trading.gateways import error_map, reports
from trading.gateways.base import (
    BalanceReport,
    BookReport,
    FillReport,
    FundingReport,
    InstrumentReport,
    OrderReport,
    OrderRequest,
    PositionReport,
    RestingReport,
    Terms,
    TickerReport,
)
from trading.gateways.metering import SLOW_DOWN, Meter, Unmetered, pause_secs

Translator = Callable[..., VenueError]

# What ccxt's parsers and ours raise on an answer of another shape than the venue documents.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

PURPOSE: Mapping[Translator, Call] = {
    error_map.for_order: Call.ENTRY,
    error_map.for_cancel: Call.CANCEL,
    error_map.for_question: Call.READ,
}
CCXT_TYPE = {
    OrderType.LIMIT: "limit",
    OrderType.MARKET: "market",
    OrderType.STOP_LIMIT: "limit",
    OrderType.STOP_MARKET: "market",
}
FILLS_AT_ONCE = 1000
# What venues give at most; a full page is asked on from its last.
BOOK_LEVELS = 100
# KuCoin's futures know 20 and 100 and nothing else; Binance's futures answer for 5 of 2,400 a minute.
SIGNED_AT = re.compile(r"(?:^|[?&])timestamp=(\d+)")


class SocketGuard(Protocol):
    """Asked at the last moment whether an order may be written to the wire."""

    def refusal(self, *, opens_position: bool) -> str:
        """Why not; empty when it may go."""


class CcxtGateway:
    """One account's view of one venue. Not for sharing between threads or across a fork."""

    def __init__(
        self,
        client: ccxt.Exchange,
        *,
        venue: Venue,
        guard: SocketGuard,
        clock: Callable[[], datetime],
        meter: Meter | None = None,
    ) -> None:
        self._client = client
        self._venue = venue
        self._guard = guard
        self._clock = clock
        self._meter = meter or Unmetered()
        self._call = Call.READ
        self._placing: OrderRequest | None = None
        self._asserted: dict[str, Terms] = {}  # the last ones per symbol: the venue keeps one of each
        self._status = 0
        self._body = ""
        self._written = False
        self._write = client.fetch
        client.fetch = self._fetch
        self._slow_down, client.throttle = client.throttle, self._throttle
        client.on_rest_response = self._remember
        client.parse_order_book_bid_ask = reports.exact_level(client.safe_string)

    # the socket -----------------------------------------------------------------------------

    def _fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        """Ccxt's last step before the socket, after throttling and signing: what is stale or forbidden stops here."""
        failpoints.here("signed")
        if self._placing is not None:
            self._check_at_socket(self._placing, signed_at(url, body))
        self._written = True
        with failpoints.wire():
            answer = self._write(url, method, headers, body)
        if not isinstance(answer, dict | list):  # ccxt would read "nothing" out of it: no balances, no orders
            raise ccxt.BadResponse("the venue's answer is no JSON")
        return answer

    def _throttle(self, cost: float | None = None) -> None:
        """Ccxt's step before signing, on real venues: the budget that all processes share, then ccxt's own limiter."""
        until = self._placing.valid_until if self._placing else None
        weight = (1 if cost is None else cost) * self._venue.weight_unit
        self._meter.spend(self._call, weight, until=until)
        self._slow_down(cost)

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
        if code in SLOW_DOWN:
            self._meter.banned(pause_secs(code, response_headers))
        return response_body.strip()

    @contextmanager
    def _translated(self, translate: Translator, *, proves_it_works: bool = True) -> Iterator[None]:
        """Foreign errors end here and nowhere else; how each call went is told to the meter."""
        self._status, self._body, self._written = 0, "", False
        self._call = PURPOSE[translate]
        if self._placing is not None and not self._placing.opens_position:
            self._call = Call.EXIT
        try:
            yield
        except ccxt.BaseError as error:
            raise self._told(error, translate, self._body) from error
        except UNREADABLE as error:
            unclear = ccxt.BadResponse(f"the answer cannot be read: {type(error).__name__}: {error}")
            raise self._told(unclear, translate, "") from error
        else:
            if proves_it_works:  # a status page answers while nothing else does
                self._meter.ended(self._call, ok=True)

    def _told(self, error: ccxt.BaseError, translate: Translator, body: str) -> VenueError:
        """The error in our words, once the meter knows whether it was the venue's failure."""
        ok = error_map.answered(error, status=self._status)
        if ok is not None:
            self._meter.ended(self._call, ok=ok)
        return translate(error, venue=self._venue.name, answer=error_map.Answer(self._status, body, self._written))

    # orders ---------------------------------------------------------------------------------

    def place(self, request: OrderRequest) -> OrderReport:
        """Place one order, once. Raises Rejected, NotSent or Unknown."""
        with self._marked(request), self._translated(error_map.for_order):
            raw = self._client.create_order(
                request.symbol,
                CCXT_TYPE[request.type],
                request.side.value.lower(),
                reports.plain(request.qty),
                None if request.price is None else reports.plain(request.price),
                self._order_params(request),
            )
            return reports.order_report(raw, conditional=request.trigger_price is not None)

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
        if CCXT_TYPE[request.type] == "limit":
            params["timeInForce"] = request.time_in_force.value
        if request.trigger_price is not None:
            params |= {"stopLossPrice": reports.plain(request.trigger_price), "workingType": "MARK_PRICE"}
        if request.position_side:
            params["positionSide"] = request.position_side
        elif request.reduce_only and self._venue.derivative:
            params["reduceOnly"] = True  # hedge mode refuses it: there the position side says the same
        return params

    def assert_terms(self, terms: Terms) -> None:
        """Set leverage, margin and position mode, once per gateway. A failure means that nothing was placed: NotSent."""
        if self._asserted.get(terms.symbol) == terms:
            return
        try:
            self._assert(terms)
        except VenueError as error:
            self._stop("TERMS", f"leverage, margin or position mode could not be set: {error}")
        self._asserted[terms.symbol] = terms

    def _assert(self, terms: Terms) -> None:
        with self._translated(error_map.for_order):
            self._unless_set(self._client.set_position_mode, terms.hedge)
            self._unless_set(self._client.set_margin_mode, "isolated" if terms.isolated else "cross", terms.symbol)
            self._unless_set(self._client.set_leverage, terms.leverage, terms.symbol)

    def _unless_set(self, call: Callable[..., Any], *words: Any) -> None:
        """Call; the venue's "no need to change" is success."""
        try:
            call(*words)
        except ccxt.ExchangeError:
            if error_map.venue_code(self._body) not in self._venue.no_change_codes:
                raise

    def cancel(self, *, symbol: str, venue_order_id: str, venue_algo_id: str = "") -> None:
        """Ask to cancel. Raises OrderNotOpen or Unknown."""
        with self._translated(error_map.for_cancel):
            if venue_order_id:
                self._client.cancel_order(venue_order_id, symbol)
            else:
                self._client.cancel_order(venue_algo_id, symbol, {"trigger": True})

    def cancel_all(self, symbol: str) -> None:
        """Cancel everything that rests on a market. Raises Unknown: then look, and ask again."""
        for params in ({}, {"trigger": True})[: self._venue.cancel_all_calls]:
            try:
                with self._translated(error_map.for_cancel):
                    self._client.cancel_all_orders(symbol, params)
            except OrderNotOpen:  # there was nothing to cancel
                continue

    def dead_man(self, symbol: str, *, secs: int) -> None:
        """The venue's own switch (docs/kill-switch.md). Raises NotReached, or NoDeadMan where it has none."""
        if not self._venue.dead_man_call:
            raise NoDeadMan(venue=self._venue.name)
        with self._translated(error_map.for_question):
            ask = getattr(self._client, self._venue.dead_man_call)
            ask({"symbol": self._client.market_id(symbol), "countdownTime": secs * 1000})

    def find_order(
        self, *, symbol: str, client_order_id: str, venue_order_id: str = "", conditional: bool = False
    ) -> OrderReport | None:
        """The order by the venue's id where known, else by ours; None when the venue says it has none."""
        with self._translated(error_map.for_question):
            try:
                if conditional and not venue_order_id:
                    return self._conditional(symbol, client_order_id)
                params = {} if venue_order_id else {"clientOrderId": client_order_id}
                return reports.order_report(self._client.fetch_order(venue_order_id, symbol, params))
            except ccxt.OrderNotFound:
                return None

    def _conditional(self, symbol: str, client_order_id: str) -> OrderReport:
        """A conditional order; once it has triggered, the order that the venue made of it, under our id."""
        raw = self._client.fetch_order("", symbol, {"trigger": True, "clientAlgoId": client_order_id})
        waiting, made = reports.order_report(raw, conditional=True), str(raw["info"].get("actualOrderId") or "")
        if not made:
            return waiting
        order = reports.order_report(self._client.fetch_order(made, symbol))
        return replace(order, client_order_id=client_order_id, venue_algo_id=waiting.venue_algo_id)

    def open_orders(self, symbol: str) -> Sequence[OrderReport]:
        """All orders resting on a symbol, conditional ones too (futures keep them apart), ours and foreign."""
        with self._translated(error_map.for_question):
            return [reports.order_report(raw, conditional=waits) for raw, waits in self._open(symbol)]

    def resting(self) -> Sequence[RestingReport]:
        """Everything that rests on any market, conditional ones too, ours and foreign."""
        with self._translated(error_map.for_question):
            return [reports.resting_report(raw, conditional=waits) for raw, waits in self._open(None)]

    def _open(self, symbol: str | None) -> Iterator[tuple[Mapping[str, Any], bool]]:
        """Ccxt's open orders, each with whether it is a conditional one; no symbol: of every market."""
        yield from ((raw, False) for raw in self._client.fetch_open_orders(symbol))
        if self._venue.derivative:
            waiting = self._client.fetch_open_orders(symbol, None, None, {"trigger": True})
            yield from ((raw, True) for raw in waiting)

    # fills ----------------------------------------------------------------------------------

    def fills_of(self, *, symbol: str, venue_order_id: str) -> Sequence[FillReport]:
        """All executions of one order."""
        with self._translated(error_map.for_question):
            rows = self._client.fetch_my_trades(symbol, None, FILLS_AT_ONCE, {"orderId": venue_order_id})
            found = [reports.fill_report(raw) for raw in rows]
        if len(found) < FILLS_AT_ONCE:
            return found
        first = min(fill.at for fill in found)  # there are more: no venue pages within an order, all do by time
        return [f for f in self.fills_since(symbol=symbol, since=first) if f.venue_order_id == venue_order_id]

    def fills_since(self, *, symbol: str, since: datetime) -> Sequence[FillReport]:
        """All executions on a symbol from `since` on, oldest first; pages until the venue has no more."""
        found: dict[str, FillReport] = {}
        start = int(since.timestamp() * 1000)
        while True:
            with self._translated(error_map.for_question):
                page = [reports.fill_report(raw) for raw in self._client.fetch_my_trades(symbol, start, FILLS_AT_ONCE)]
            fresh = {f"{f.venue_order_id}/{f.venue_trade_id}": f for f in page}
            if len(page) < FILLS_AT_ONCE or fresh.keys() <= found.keys():
                return sorted({**found, **fresh}.values(), key=lambda fill: fill.at)
            found.update(fresh)
            start = int(max(fill.at for fill in page).timestamp() * 1000)

    # the account and the market -------------------------------------------------------------

    def balances(self) -> Sequence[BalanceReport]:
        """Everything the account holds; on futures the wallet, without what open positions stand at."""
        with self._translated(error_map.for_question):
            raw = self._client.fetch_balance()
            totals, free = raw["total"], raw["free"]
            if self._venue.wallet_field:
                totals = {row["asset"]: row[self._venue.wallet_field] for row in raw["info"]["assets"]}
            return [BalanceReport(c, reports.decimal(totals[c]), reports.decimal(free.get(c))) for c in sorted(totals)]

    def positions(self) -> Sequence[PositionReport]:
        """Every futures position that is not flat; nothing on spot."""
        if not self._venue.derivative:
            return []
        with self._translated(error_map.for_question):
            found = [reports.position_report(raw) for raw in self._client.fetch_positions()]
        return [report for report in found if report.qty]

    def funding_since(self, *, since: datetime) -> Sequence[FundingReport]:
        """Funding paid and received from `since` on, oldest first; nothing on spot."""
        if not self._venue.derivative:
            return []
        with self._translated(error_map.for_question):
            rows = self._client.fetch_funding_history(None, int(since.timestamp() * 1000), 1000)
            return [reports.funding_report(raw) for raw in sorted(rows, key=lambda raw: int(raw["timestamp"]))]

    def tickers(self, symbols: Sequence[str]) -> Mapping[str, TickerReport]:
        """Prices of the symbols that the venue quotes; one without bid, ask and last is left out."""
        with self._translated(error_map.for_question):
            rows = self._quotes(list(symbols))
            marks = self._client.fetch_mark_prices(list(symbols)) if self._venue.derivative else {}
            found = [reports.ticker_report(row, marks.get(symbol)) for symbol, row in rows.items()]
        return {report.symbol: report for report in found if report}

    def _quotes(self, symbols: list[str]) -> Mapping[str, Mapping[str, Any]]:
        """Last, bid and ask by symbol; futures tickers carry no bid and ask, so both lists are asked for."""
        tickers = self._client.fetch_tickers(symbols)
        if not self._venue.derivative:
            return dict(tickers)
        books = self._client.fetch_bids_asks(symbols)
        sides = {s: {"bid": book["bid"], "ask": book["ask"]} for s, book in books.items()}
        return {symbol: {**row, **sides.get(symbol, {})} for symbol, row in tickers.items()}

    def candles(self, symbol: str, span: Span) -> Sequence[Bar]:
        """Bars that open within a span, oldest first; fewer where the venue gives no more at once."""
        with self._translated(error_map.for_question):
            since, width = int(span.first.timestamp() * 1000), self._client_timeframe(span.timeframe_secs)
            return [reports.bar(row) for row in self._client.fetch_ohlcv(symbol, width, since, span.count)]

    def _client_timeframe(self, timeframe_secs: int) -> str:
        """Ccxt's word for a timeframe. Raises NotSupported where the venue has no such candles."""
        words = {self._client.parse_timeframe(word): str(word) for word in self._client.timeframes or ()}
        if timeframe_secs not in words:
            raise ccxt.NotSupported(f"no candles of {timeframe_secs} s")
        return words[timeframe_secs]

    def order_book(self, symbol: str) -> BookReport:
        """The best hundred levels of either side."""
        with self._translated(error_map.for_question):
            return reports.book_report(self._client.fetch_order_book(symbol, BOOK_LEVELS))

    def instruments(self) -> Sequence[InstrumentReport]:
        """Every market of the venue's kind; asked anew, and kept so that ccxt never loads markets by itself."""
        with self._translated(error_map.for_question):
            markets = self._client.fetch_markets()
            self._client.set_markets(markets)
            wanted = "linear" if self._venue.derivative else "spot"
            listed = (m for m in self._client.markets.values() if m[wanted] and (wanted == "spot" or m["swap"]))
            return [reports.instrument_report(market, self._venue) for market in listed]

    def server_time(self) -> datetime:
        """The venue's clock."""
        with self._translated(error_map.for_question):
            return reports.when(self._client.fetch_time())

    def in_maintenance(self) -> bool:
        """Whether the venue's own status says that it is closed for maintenance; a venue without a status says no."""
        if not self._client.has.get("fetchStatus"):
            return False
        with self._translated(error_map.for_question, proves_it_works=False):
            return bool(self._client.fetch_status()["status"] == "maintenance")


def signed_at(url: str, body: Any) -> datetime | None:
    """The timestamp inside a signed request, from query or body; None where the venue signs otherwise."""
    found = SIGNED_AT.search(url) or SIGNED_AT.search(body if isinstance(body, str) else "")
    return reports.when(found.group(1)) if found else None
