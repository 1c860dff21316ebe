"""KuCoin's futures ways (classic account): the order brings leverage and margin mode, lists come in numbered pages.

https://www.kucoin.com/docs-new/rest/futures-trading/introduction
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import ccxt

from trading.gateways import reports
from trading.gateways.base import BalanceReport, FillReport, FundingReport, OrderReport, OrderRequest, Terms
from trading.gateways.manners import WEEK, Manners, Once, Raw, in_time, margin_word, milliseconds, spans
from trading.gateways.manners_bybit import report

log = logging.getLogger(__name__)

PAGE = 1000
FUNDINGS_PAGE = 100
# What KuCoin gives at most.
MOST_PAGES = 100
CURRENCY = "USDT"


class KucoinManners(Manners):
    """Where KuCoin differs."""

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self._modes: dict[str, str] = {}  # the margin mode of a market, as it was set or told last
        self._leverage: dict[str, int] = {}
        self._gone: set[str] = set()  # markets that are listed no more, each told of once

    # orders ---------------------------------------------------------------------------------

    def ready(self, request: OrderRequest) -> bool:
        """An order that names another margin mode than its market has is refused, so the mode is known first."""
        return request.symbol in self._modes

    def prepare(self, request: OrderRequest) -> None:
        """Ask for the mode."""
        self._modes[request.symbol] = self._margin_mode(request.symbol)

    def refused(self, request: OrderRequest) -> None:
        """Somebody may have set another mode since: the next order asks anew."""
        self._modes.pop(request.symbol, None)

    def order_params(self, request: OrderRequest) -> dict[str, Any]:
        """Ccxt would send leverage 1 with each order."""
        params = self.plain_params(request) | {"marginMode": self._modes[request.symbol]}
        params["leverage"] = self._leverage.get(request.symbol, 1)
        if request.trigger_price is not None:
            params["stopLossPrice"] = reports.plain(request.trigger_price)  # ccxt looks at the mark price by itself
        if request.position_side:
            params["positionSide"] = request.position_side
        elif request.reduce_only:
            params["reduceOnly"] = True
        return params

    def amount(self, qty: Decimal) -> str | int:
        """Whole contracts, which ccxt compares as a number."""
        if qty != int(qty):
            raise ccxt.InvalidOrder(f"{qty} contracts: KuCoin counts whole ones")
        return int(qty)

    def assert_terms(self, terms: Terms, once: Once) -> None:
        """Modes are set only where they differ; the leverage of an isolated market comes with its orders."""
        if self.hedged() is not terms.hedge:
            once(self.client.set_position_mode, terms.hedge)
        if self._margin_mode(terms.symbol) != margin_word(terms):
            once(self.client.set_margin_mode, margin_word(terms), terms.symbol)
        if not terms.isolated:
            once(self.client.set_leverage, terms.leverage, terms.symbol)
        self._modes[terms.symbol], self._leverage[terms.symbol] = margin_word(terms), terms.leverage

    def _margin_mode(self, symbol: str) -> str:
        return str(self.client.fetch_margin_mode(symbol)["marginMode"]).lower()

    def cancel(self, order_id: str, symbol: str, *, conditional: bool) -> None:
        """One call for both kinds: they have one kind of number."""
        self.client.cancel_order(order_id, symbol)

    def find(self, symbol: str, *, client_order_id: str, venue_order_id: str) -> OrderReport:
        """Plain or conditional, by either id."""
        params = {} if venue_order_id else {"clientOrderId": client_order_id}
        raw = _stands(self.client.fetch_order(venue_order_id, symbol, params))
        return report(raw, waits=_waits(raw))

    def find_conditional(self, symbol: str, client_order_id: str) -> OrderReport:
        """It keeps both ids when it triggers."""
        return self.find(symbol, client_order_id=client_order_id, venue_order_id="")

    def open(self, symbol: str | None) -> Iterator[tuple[Raw, bool]]:
        """Plain orders, then those that wait; every page of both."""
        for trigger in (False, True):
            ask = self.client.futuresprivate_get_stoporders if trigger else self.client.futuresprivate_get_orders
            wanted = {"symbol": self.client.market_id(symbol)} if symbol else {}
            for row in self._pages(ask, wanted if trigger else wanted | {"status": "active"}):
                yield _stands(self.client.parse_order(row)), trigger

    def _pages(self, ask: Any, wanted: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Rows of all pages, newest first."""
        for number in range(1, MOST_PAGES + 1):
            told = ask({**wanted, "currentPage": number, "pageSize": PAGE})["data"]
            yield from told["items"]
            if number >= int(told["totalPage"]):
                return
        raise ccxt.BadResponse(f"more than {MOST_PAGES} pages of a list")

    # executions -----------------------------------------------------------------------------

    def fills_of(self, symbol: str, venue_order_id: str) -> Sequence[FillReport]:
        """All executions of one order."""
        return self._fills({"symbol": self.client.market_id(symbol), "orderId": venue_order_id})

    def fills_since(self, symbol: str, since: datetime) -> Sequence[FillReport]:
        """All executions on a symbol, week by week."""
        of = {"symbol": self.client.market_id(symbol)}
        return in_time([fill for span in self._spans(since) for fill in self._fills(of | span)])

    def _fills(self, wanted: Mapping[str, Any]) -> Sequence[FillReport]:
        rows = self._pages(self.client.futuresprivate_get_fills, wanted)
        return in_time([reports.fill_report(self.client.parse_trade(row)) for row in rows])

    def _spans(self, since: datetime) -> Iterator[dict[str, int]]:
        """Weeks from then to now."""
        for first, last in spans(since, self.clock(), WEEK):
            yield {"startAt": first, "endAt": last}

    def funding_since(self, since: datetime) -> Sequence[FundingReport]:
        """Asked for market by market: those that are held, and those that were traded since."""
        held = {report.symbol for report in self.positions()}
        rows = (row for span in self._spans(since) for row in self._pages(self.client.futuresprivate_get_fills, span))
        traded = {self.client.safe_symbol(row["symbol"]) for row in rows}
        asked = sorted(symbol for symbol in held | traded if self._still_listed(symbol))
        return [report for symbol in asked for report in self._fundings(symbol, since)]

    def _still_listed(self, symbol: str) -> bool:
        """KuCoin is asked by a market's number, and forgets the market."""
        found = symbol in self.client.markets
        if not found and symbol not in self._gone:
            self._gone.add(symbol)
            log.warning("kucoinfutures lists %s no more: its funding cannot be asked for", symbol)
        return found

    def _fundings(self, symbol: str, since: datetime) -> Iterator[FundingReport]:
        """All pages of one market: each is asked for from the last row of the one before."""
        asked = {"symbol": self.client.market_id(symbol), "startAt": milliseconds(since), "maxCount": FUNDINGS_PAGE}
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            told = self.client.futuresprivate_get_funding_history(asked)["data"]
            fresh = [row for row in told["dataList"] if str(row["id"]) not in seen]
            yield from (_funding(symbol, row) for row in fresh)
            if not told.get("hasMore") or not fresh:
                return
            seen.update(str(row["id"]) for row in fresh)
            asked["offset"] = fresh[-1]["id"]
        raise ccxt.BadResponse(f"more than {MOST_PAGES} pages of funding")

    # the account and the market -------------------------------------------------------------

    def markets(self) -> Sequence[Any]:
        """Futures alone: the key needs no right to ask for margin trading's."""
        found: Sequence[Any] = self.client.fetch_markets({"marginables": False})
        return found

    def balances(self) -> Sequence[BalanceReport]:
        """The futures wallet in dollars, without what open positions stand at."""
        told = self.client.futuresprivate_get_account_overview({"currency": CURRENCY})["data"]
        wallet, free = (_number(told[name]) for name in ("marginBalance", "availableBalance"))
        return [BalanceReport(CURRENCY, wallet, free)]

    def quotes(self, symbols: Sequence[str]) -> Mapping[str, Raw]:
        """The list of contracts has last and mark, that of tickers bid and ask."""
        contracts = self.client.fetch_tickers(list(symbols))
        books = self.client.fetch_bids_asks(list(symbols))
        return {
            symbol: {**row, "bid": books[symbol]["bid"], "ask": books[symbol]["ask"]}
            for symbol, row in contracts.items()
            if symbol in books
        }

    def margin_modes(self, symbols: Sequence[str]) -> Mapping[str, str]:
        """Asked for market by market."""
        return {symbol: self._margin_mode(symbol) for symbol in symbols}

    def tiers(self, symbols: Sequence[str]) -> Mapping[str, Sequence[Raw]]:
        """Asked for market by market."""
        return {symbol: self.client.fetch_market_leverage_tiers(symbol) for symbol in symbols}


def _stands(raw: Raw) -> Raw:
    """An active order is open whatever part of it was taken back; one that is not and has not filled was cancelled."""
    active = raw["info"].get("isActive")
    if active is None:
        return raw
    filled, asked = (reports.decimal(raw.get(name)) for name in ("filled", "amount"))
    ended = "closed" if filled >= asked else "canceled"
    return {**raw, "status": "open" if active in (True, "true") else ended}


def _funding(symbol: str, row: Raw) -> FundingReport:
    return FundingReport(symbol, str(row["id"]), _number(row["funding"]), reports.when(row["timePoint"]))


def _waits(raw: Raw) -> bool:
    """A stop that has not triggered; once it has, the venue says so under the same number."""
    return bool(raw["info"].get("stop")) and not raw["info"].get("stopTriggered")


def _number(told: Any) -> Decimal:
    """KuCoin writes these as JSON numbers; their shortest text is the amount."""
    return Decimal(str(told))
