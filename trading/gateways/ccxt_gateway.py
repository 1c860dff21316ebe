"""The gateway for every venue ccxt knows: our requests in, our reports out, and the last check at the socket."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import ccxt

from signals.market.bars import Bar, Span
from trading.domain.vocabulary import OrderType
from trading.errors import NoDeadMan, OrderNotOpen, Rejected, Unknown, VenueError
from trading.gateways import base, error_map, reports
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
from trading.gateways.manners import Manners
from trading.gateways.manners_bybit import BybitManners
from trading.gateways.manners_kucoin import KucoinManners
from trading.gateways.shelf import Shelf
from trading.gateways.wire import Wire

CCXT_TYPE = {
    OrderType.LIMIT: "limit",
    OrderType.MARKET: "market",
    OrderType.STOP_LIMIT: "limit",
    OrderType.STOP_MARKET: "market",
}
BOOK_LEVELS = 100
# KuCoin's futures know 20 and 100 and nothing else; Binance's futures answer for 5 of 2,400 a minute.
MANNERS: Mapping[str, type[Manners]] = {"bybit": BybitManners, "kucoinfutures": KucoinManners}
# By ccxt's names; every other venue is asked like Binance.


class CcxtGateway(Wire):
    """One account's view of one venue. Not for sharing between threads or across a fork."""

    def __init__(self, *words: Any, shelf: Shelf | None = None, **named: Any) -> None:
        super().__init__(*words, **named)
        self._shelf = shelf or Shelf()
        self._market_at_hand, self._client.market = self._client.market, self._market
        self._asserted: dict[str, Terms] = {}  # the last ones per symbol: the venue keeps one of each
        self._manners = MANNERS.get(self._venue.ccxt_id, Manners)(self._client, self._venue, self._clock)

    # orders ---------------------------------------------------------------------------------

    def place(self, request: OrderRequest) -> OrderReport:
        """Place one order, once. Raises Rejected, NotSent or Unknown."""
        self._prepare(request)
        try:
            return self._place(request)
        except Rejected as refused:
            self._asserted.pop(request.symbol, None)  # what is remembered of how its market is held may be why
            self._manners.refused(request)
            standing = self._standing(request, refused)
            if standing is None:
                raise
            return standing

    def _standing(self, request: OrderRequest, refused: Rejected) -> OrderReport | None:
        """What stands there under our id although it was refused; None: it was. Raises Unknown when nobody says.

        A request that arrives twice is refused the second time ("no position to close"), and only that is heard.
        """
        if isinstance(refused.__cause__, error_map.SAYS_NOTHING):  # not even looked at, and asking makes it worse
            return None
        conditional = request.trigger_price is not None
        try:
            return self.find_order(
                symbol=request.symbol, client_order_id=request.client_order_id, conditional=conditional
            )
        except VenueError as error:
            raise Unknown(**{**refused.fields, "detail": f"refused, and its look-up failed: {error}"}) from error

    def _place(self, request: OrderRequest) -> OrderReport:
        with self._marked(request), self._translated(error_map.for_order):
            raw = self._client.create_order(
                request.symbol,
                CCXT_TYPE[request.type],
                request.side.value.lower(),
                self._manners.amount(request.qty),
                None if request.price is None else reports.plain(request.price),
                self._order_params(request),
            )
            return reports.order_report(raw, conditional=request.trigger_price is not None)

    def _prepare(self, request: OrderRequest) -> None:
        """Know what the order's fields depend on. A failure means that nothing was placed: NotSent."""
        if self._fits(request) and self._manners.ready(request):
            return
        try:
            with self._translated(error_map.for_question):
                if not self._fits(request) and not (self._shelf.lend(self._client) and self._fits(request)):
                    self._ask_again()
                if not self._manners.ready(request):
                    self._manners.prepare(request)
        except VenueError as error:
            self._stop("TERMS", f"the market, or how it is held, could not be asked for: {error}")

    def _fits(self, request: OrderRequest) -> bool:
        """Whether our client knows the market, and its steps as they were when the order was sized."""
        market = (self._client.markets or {}).get(request.symbol)
        return market is not None and reports.fits(
            market, prices=(request.price, request.trigger_price), qty=request.qty
        )

    def _market(self, symbol: str) -> Any:
        """Ccxt's market; what was listed since our client was told is borrowed from the shelf, or asked for."""
        if self._lacks(symbol) and not self._placing:
            self._shelf.lend(self._client)
            if self._lacks(symbol):
                self._ask_again()
        return self._market_at_hand(symbol)

    def _lacks(self, symbol: str) -> bool:
        known = (self._client.markets, self._client.markets_by_id)
        return bool(symbol) and not any(symbol in names for names in known if names)

    def _ask_again(self) -> None:
        if self._shelf.is_old:
            self._ask_markets()

    def _order_params(self, request: OrderRequest) -> dict[str, Any]:
        return self._manners.order_params(request)

    def assert_terms(self, terms: Terms) -> None:
        """Set leverage, margin and position mode, once per gateway and group. A failure means: nothing was placed, NotSent."""
        if self._asserted.get(terms.symbol) == terms:
            return
        try:
            self._assert(terms)
        except VenueError as error:
            self._stop("TERMS", f"leverage, margin or position mode could not be set: {error}")
        self._asserted[terms.symbol] = terms

    def _assert(self, terms: Terms) -> None:
        with self._translated(error_map.for_order):
            self._manners.assert_terms(terms, self._unless_set)

    def cancel(self, *, symbol: str, venue_order_id: str, venue_algo_id: str = "") -> None:
        """Ask to cancel. Raises OrderNotOpen or Unknown."""
        with self._translated(error_map.for_cancel):
            self._manners.cancel(venue_order_id or venue_algo_id, symbol, conditional=not venue_order_id)

    def cancel_all(self, symbol: str) -> None:
        """Cancel everything that rests on a market. Raises Unknown: then look, and ask again."""
        for conditional in (False, True)[: self._venue.cancel_all_calls]:
            try:
                with self._translated(error_map.for_cancel):
                    self._manners.cancel_all(symbol, conditional=conditional)
            except OrderNotOpen:  # there was nothing to cancel
                continue

    def dead_man(self, symbol: str, *, secs: int) -> None:
        """The venue's own switch (docs/kill-switch.md). Raises NotReached, or NoDeadMan where it has none."""
        if not self._venue.dead_man_call:
            raise NoDeadMan(venue=self._venue.name)
        with self._translated(error_map.for_question):
            self._manners.dead_man(symbol, secs=secs)

    def find_order(
        self, *, symbol: str, client_order_id: str, venue_order_id: str = "", conditional: bool = False
    ) -> OrderReport | None:
        """The order by the venue's id where known, else by ours; None when the venue says it has none."""
        with self._translated(error_map.for_question):
            try:
                if conditional and not venue_order_id:
                    return self._manners.find_conditional(symbol, client_order_id)
                return self._manners.find(symbol, client_order_id=client_order_id, venue_order_id=venue_order_id)
            except ccxt.OrderNotFound:
                return None

    def open_orders(self, symbol: str) -> Sequence[OrderReport]:
        """All orders resting on a symbol, conditional ones too (futures keep them apart), ours and foreign."""
        with self._translated(error_map.for_question):
            return [reports.order_report(raw, conditional=waits) for raw, waits in self._manners.open(symbol)]

    def resting(self) -> Sequence[RestingReport]:
        """Everything that rests on any market, conditional ones too, ours and foreign."""
        with self._translated(error_map.for_question):
            return [reports.resting_report(raw, conditional=waits) for raw, waits in self._manners.open(None)]

    # fills ----------------------------------------------------------------------------------

    def fills_of(self, *, symbol: str, venue_order_id: str) -> Sequence[FillReport]:
        """All executions of one order."""
        with self._translated(error_map.for_question):
            return self._manners.fills_of(symbol, venue_order_id)

    def fills_since(self, *, symbol: str, since: datetime) -> Sequence[FillReport]:
        """All executions on a symbol from `since` on, oldest first."""
        with self._translated(error_map.for_question):
            return self._manners.fills_since(symbol, since)

    # the account and the market -------------------------------------------------------------

    def balances(self) -> Sequence[BalanceReport]:
        """Everything the account holds; on futures the wallet, without what open positions stand at."""
        with self._translated(error_map.for_question):
            return self._manners.balances()

    def positions(self) -> Sequence[PositionReport]:
        """Every futures position that is not flat; nothing on spot."""
        if not self._venue.derivative:
            return []
        with self._translated(error_map.for_question):
            return [report for report in self._manners.positions() if report.qty]

    def funding_since(self, *, since: datetime) -> Sequence[FundingReport]:
        """Funding paid and received from `since` on, oldest first; nothing on spot."""
        if not self._venue.derivative:
            return []
        with self._translated(error_map.for_question):
            return sorted(self._manners.funding_since(since), key=lambda report: report.at)

    def tickers(self, symbols: Sequence[str]) -> Mapping[str, TickerReport]:
        """Prices of the symbols that the venue quotes; one without bid, ask and last is left out."""
        with self._translated(error_map.for_question):
            rows = self._manners.quotes(symbols)
            found = [reports.ticker_report(row, row) for row in rows.values()]
        return {report.symbol: report for report in found if report}

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

    def trades(self, symbol: str) -> Sequence[base.TradeReport]:
        """The last hundred executions on a symbol, by anybody."""
        with self._translated(error_map.for_question):
            return [reports.trade_report(raw) for raw in self._client.fetch_trades(symbol, None, BOOK_LEVELS)]

    def instruments(self) -> Sequence[InstrumentReport]:
        """Every market of the venue's kind; asked anew, and kept so that ccxt never loads markets by itself."""
        with self._translated(error_map.for_question):
            self._ask_markets()
            wanted = "linear" if self._venue.derivative else "spot"
            listed = (m for m in self._client.markets.values() if m[wanted] and (wanted == "spot" or m["swap"]))
            return [reports.instrument_report(market, self._venue) for market in listed if self._manners.listed(market)]

    def _ask_markets(self) -> None:
        self._client.set_markets(self._manners.markets())
        self._shelf.keep(self._client)

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
