"""How a venue wants to be asked, where venues differ: these are Binance's ways; every other venue says what it does
otherwise, in a file of its own. Raises ccxt's errors: the gateway translates.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import ccxt

from signals.market.venues import Venue
from trading.domain.order_state import VenueStatus
from trading.gateways import reports
from trading.gateways.base import (
    BalanceReport,
    FillReport,
    FundingReport,
    OrderReport,
    OrderRequest,
    PositionReport,
    Terms,
)

FILLS_AT_ONCE = 1000
# What Binance gives at most; a full page is asked on from its last.

WEEK = timedelta(days=7)
# Futures venues tell of so long a stretch at once.
AHEAD = timedelta(minutes=1)
# A venue's clock may be so far ahead of ours.

TRIGGERED = frozenset({"TRIGGERING", "TRIGGERED", "FINISHED"})
# Binance's words for a conditional order whose price has come: on its way to the book, there, or done with.

Once = Callable[..., None]
# Calls and takes the venue's "no need to change" for success.
Raw = Mapping[str, Any]


class Manners:
    """Binance's ways, spot and USD-M; one object a gateway."""

    def __init__(self, client: ccxt.Exchange, venue: Venue, clock: Callable[[], datetime]) -> None:
        self.client = client
        self.venue = venue
        self.clock = clock

    # orders ---------------------------------------------------------------------------------

    def ready(self, request: OrderRequest) -> bool:
        """Whether all is known that the order's fields depend on."""
        return True

    def prepare(self, request: OrderRequest) -> None:
        """Ask for what is not."""

    def refused(self, request: OrderRequest) -> None:
        """The venue refused it: what was known of its market may hold no more."""

    def order_params(self, request: OrderRequest) -> dict[str, Any]:
        """What an order carries besides side, type, quantity and price."""
        params = self.plain_params(request)
        if request.trigger_price is not None:
            params |= {"stopLossPrice": reports.plain(request.trigger_price), "workingType": "MARK_PRICE"}
        if request.position_side:
            params["positionSide"] = request.position_side
        elif request.reduce_only and self.venue.derivative:
            params["reduceOnly"] = True  # hedge mode refuses it: there the position side says the same
        return params

    @staticmethod
    def plain_params(request: OrderRequest) -> dict[str, Any]:
        """What every venue takes by ccxt's own names."""
        params: dict[str, Any] = {"clientOrderId": request.client_order_id}
        if request.price is not None:
            params["timeInForce"] = request.time_in_force.value
        return params

    def amount(self, qty: Decimal) -> str | int:
        """A quantity as ccxt wants it."""
        return reports.plain(qty)

    def assert_terms(self, terms: Terms, once: Once) -> None:
        """Set position mode, margin mode and leverage of a market."""
        once(self.client.set_position_mode, terms.hedge)
        once(self.client.set_margin_mode, margin_word(terms), terms.symbol)
        once(self.client.set_leverage, terms.leverage, terms.symbol)

    def cancel(self, order_id: str, symbol: str, *, conditional: bool) -> None:
        """Cancel one order by the venue's id."""
        self.client.cancel_order(order_id, symbol, {"trigger": True} if conditional else {})

    def cancel_all(self, symbol: str, *, conditional: bool) -> None:
        """Cancel all plain orders of a market, or the conditional ones; where one call does both, both."""
        self.client.cancel_all_orders(symbol, {"trigger": True} if conditional else {})

    def dead_man(self, symbol: str, *, secs: int) -> None:
        """Set the venue's switch anew."""
        ask = getattr(self.client, self.venue.dead_man_call)
        ask({"symbol": self.client.market_id(symbol), "countdownTime": secs * 1000})

    def find(self, symbol: str, *, client_order_id: str, venue_order_id: str) -> OrderReport:
        """A plain order by the venue's id, else by ours. Raises OrderNotFound."""
        params = {} if venue_order_id else {"clientOrderId": client_order_id}
        return reports.order_report(self.client.fetch_order(venue_order_id, symbol, params))

    def find_conditional(self, symbol: str, client_order_id: str) -> OrderReport:
        """A conditional order; once it has triggered, the order that the venue made of it, under our id.

        Where that order has no number yet, it has fired: taken at its word it would have filled nothing, and have ended.
        """
        raw = self.client.fetch_order("", symbol, {"trigger": True, "clientAlgoId": client_order_id})
        waiting, made = reports.order_report(raw, conditional=True), str(raw["info"].get("actualOrderId") or "")
        if not made and str(raw["info"].get("algoStatus")) in TRIGGERED:
            return replace(waiting, status=VenueStatus.OPEN, filled_qty=Decimal(0), fired=True)
        if not made:
            return waiting
        order = reports.order_report(self.client.fetch_order(made, symbol))
        return replace(order, client_order_id=client_order_id, venue_algo_id=waiting.venue_algo_id)

    def open(self, symbol: str | None) -> Iterator[tuple[Raw, bool]]:
        """Ccxt's open orders, each with whether it is a conditional one; no symbol: of every market."""
        yield from ((raw, False) for raw in self.client.fetch_open_orders(symbol))
        if self.venue.derivative:
            waiting = self.client.fetch_open_orders(symbol, None, None, {"trigger": True})
            yield from ((raw, True) for raw in waiting)

    # fills ----------------------------------------------------------------------------------

    def fills_of(self, symbol: str, venue_order_id: str) -> Sequence[FillReport]:
        """All executions of one order; futures tell those of the last week, and older ones only by their time."""
        rows = self.client.fetch_my_trades(symbol, None, FILLS_AT_ONCE, {"orderId": venue_order_id})
        found = [reports.fill_report(raw) for raw in rows]
        if len(found) < FILLS_AT_ONCE:
            return found
        first = min(fill.at for fill in found)  # there are more: it does not page within an order, but does by time
        return [fill for fill in self.fills_since(symbol, first) if fill.venue_order_id == venue_order_id]

    def fills_since(self, symbol: str, since: datetime) -> Sequence[FillReport]:
        """All executions on a symbol from `since` on, oldest first; futures tell a week at a time."""
        if not self.venue.derivative:
            return in_time(self._paged(symbol, milliseconds(since), {}))
        weeks = spans(since, self.clock(), WEEK)
        return in_time([fill for first, last in weeks for fill in self._paged(symbol, first, {"endTime": last})])

    def _paged(self, symbol: str, start: int, more: dict[str, Any]) -> Sequence[FillReport]:
        """Executions from a millisecond on; pages until the venue has no more."""
        found: dict[str, FillReport] = {}
        while True:
            rows = self.client.fetch_my_trades(symbol, start, FILLS_AT_ONCE, more)
            page = [reports.fill_report(raw) for raw in rows]
            fresh = {f"{fill.venue_order_id}/{fill.venue_trade_id}": fill for fill in page}
            if len(page) < FILLS_AT_ONCE or fresh.keys() <= found.keys():
                return [*{**found, **fresh}.values()]
            found.update(fresh)
            start = milliseconds(max(fill.at for fill in page))

    # the account and the market -------------------------------------------------------------

    def markets(self) -> Sequence[Any]:
        """Ccxt's markets of the venue, asked anew."""
        found: Sequence[Any] = self.client.fetch_markets()
        return found

    def listed(self, market: Raw) -> bool:
        """Whether our books can follow a market."""
        return True

    def balances(self) -> Sequence[BalanceReport]:
        """Everything the account holds; on futures the wallet, without what open positions stand at."""
        raw = self.client.fetch_balance()
        totals, free = raw["total"], raw["free"]
        if self.venue.wallet_field:
            totals = {row["asset"]: row[self.venue.wallet_field] for row in raw["info"]["assets"]}
        return [BalanceReport(c, reports.decimal(totals[c]), reports.decimal(free.get(c))) for c in sorted(totals)]

    def positions(self) -> Sequence[PositionReport]:
        """Every position, flat ones too where the venue tells them."""
        return [reports.position_report(raw) for raw in self.client.fetch_positions()]

    def funding_since(self, since: datetime) -> Sequence[FundingReport]:
        """Funding paid and received on all markets."""
        rows = self.client.fetch_funding_history(None, milliseconds(since), 1000)
        return [reports.funding_report(raw) for raw in rows]

    def quotes(self, symbols: Sequence[str]) -> Mapping[str, Raw]:
        """Last, bid, ask and, on futures, mark by symbol; futures tickers carry no bid and ask: three lists are asked for."""
        tickers = self.client.fetch_tickers(list(symbols))
        if not self.venue.derivative:
            return dict(tickers)
        books = self.client.fetch_bids_asks(list(symbols))
        marks = self.client.fetch_mark_prices(list(symbols))
        return {symbol: {**row, **sides(books, symbol), **mark(marks, symbol)} for symbol, row in tickers.items()}

    # settings of the account ----------------------------------------------------------------

    def hedged(self) -> Any:
        """Whether both sides of a market may be held at once, in the venue's word."""
        return self.client.fetch_position_mode()["hedged"]

    def margin_modes(self, symbols: Sequence[str]) -> Mapping[str, str]:
        """Per symbol ccxt's word for how its margin is held: cross or isolated."""
        told = self.client.fetch_margin_modes(list(symbols))
        return {symbol: (told.get(symbol) or {}).get("marginMode", "") for symbol in symbols}

    def tiers(self, symbols: Sequence[str]) -> Mapping[str, Sequence[Raw]]:
        """Per symbol ccxt's leverage tiers, the smallest first."""
        found: Mapping[str, Sequence[Raw]] = self.client.fetch_leverage_tiers(list(symbols))
        return found


def margin_word(terms: Terms) -> str:
    """Ccxt's word for how margin is held."""
    return "isolated" if terms.isolated else "cross"


def milliseconds(at: datetime) -> int:
    """A time as venues take it."""
    return int(at.timestamp() * 1000)


def in_time(fills: Sequence[FillReport]) -> Sequence[FillReport]:
    """Oldest first, each once though pages may overlap; those of one millisecond by the venue's number."""
    found = {(fill.venue_order_id, fill.venue_trade_id): fill for fill in fills}
    return sorted(found.values(), key=lambda fill: (fill.at, len(fill.venue_trade_id), fill.venue_trade_id))


def spans(since: datetime, now: datetime, width: timedelta) -> Iterator[tuple[int, int]]:
    """First and last millisecond of stretches from then to now, without a gap or an overlap."""
    step = width // timedelta(milliseconds=1)
    for first in range(milliseconds(since), milliseconds(now + AHEAD), step):
        yield first, first + step - 1


def sides(books: Mapping[str, Raw], symbol: str) -> dict[str, Any]:
    """Bid and ask of a symbol, where the list has it."""
    return {"bid": books[symbol]["bid"], "ask": books[symbol]["ask"]} if symbol in books else {}


def mark(marks: Mapping[str, Raw], symbol: str) -> dict[str, Any]:
    """The mark price of a symbol, where the list has it."""
    return {"markPrice": marks[symbol].get("markPrice")} if symbol in marks else {}
