"""Bybit's ways (v5, unified account, linear contracts): lists come in pages with cursors, newest first.

https://bybit-exchange.github.io/docs/v5/intro
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import ccxt

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
from trading.gateways.manners import WEEK, Manners, Once, Raw, in_time, spans

log = logging.getLogger(__name__)

ORDERS_PAGE, EXECUTIONS_PAGE = 50, 100
# What Bybit gives at most.
MOST_PAGES = 200
# A cursor that leads in circles must not hold a worker for ever.
LINEAR = {"category": "linear"}
SETTLED_IN = ("USDT", "USDC")
# Lists of all markets are asked for coin by coin.
SESSIONS_IN = "USDC"
# Contracts whose profit is paid out every eight hours: no book of ours knows of that, so they are not listed.
TRADES = frozenset({"Trade", "AdlTrade", "BustTrade", "Settle", "Delivery"})
# Executions that change a position; others pay something, or move nothing.
INDEX = {"": 0, "LONG": 1, "SHORT": 2}
# positionIdx: one-way, or the side in hedge mode.
MODE = {True: "ISOLATED_MARGIN", False: "REGULAR_MARGIN"}
NOT_TRIGGERED = frozenset({"Untriggered", "Deactivated"})


class BybitManners(Manners):
    """Where Bybit differs."""

    def order_params(self, request: OrderRequest) -> dict[str, Any]:
        """Hedge mode by positionIdx; a stop looks at the mark price."""
        params = self.plain_params(request)
        if request.trigger_price is not None:
            params |= {"stopLossPrice": reports.plain(request.trigger_price), "triggerBy": "MarkPrice"}
        if request.position_side:
            params["positionIdx"] = INDEX[request.position_side]
        elif request.reduce_only:
            params["reduceOnly"] = True
        return params

    def assert_terms(self, terms: Terms, once: Once) -> None:
        """The margin mode is the whole account's and may not be set while anything is open, not even to what it is."""
        once(self.client.set_position_mode, terms.hedge, terms.symbol)
        if self._margin_mode() != MODE[terms.isolated]:
            once(self.client.private_post_v5_account_set_margin_mode, {"setMarginMode": MODE[terms.isolated]})
        once(self.client.set_leverage, terms.leverage, terms.symbol)

    def _margin_mode(self) -> str:
        return str(self.client.private_get_v5_account_info()["result"]["marginMode"])

    def cancel(self, order_id: str, symbol: str, *, conditional: bool) -> None:
        """One call for both kinds: they have one kind of number."""
        self.client.cancel_order(order_id, symbol)

    # look-ups -------------------------------------------------------------------------------

    def find(self, symbol: str, *, client_order_id: str, venue_order_id: str) -> OrderReport:
        """Among open orders and the last closed ones, then in the history."""
        return self._report(self._order(symbol, client_order_id, venue_order_id))

    def find_conditional(self, symbol: str, client_order_id: str) -> OrderReport:
        """It keeps both ids when it triggers."""
        return self._report(self._order(symbol, client_order_id, ""))

    def _order(self, symbol: str, client_order_id: str, venue_order_id: str) -> Raw:
        named = {"orderId": venue_order_id} if venue_order_id else {"orderLinkId": client_order_id}
        wanted = LINEAR | {"symbol": self.client.market_id(symbol)} | named
        for ask in (self.client.private_get_v5_order_realtime, self.client.private_get_v5_order_history):
            if rows := ask(wanted)["result"]["list"]:
                found: Raw = self.client.parse_order(rows[0], self.client.market(symbol))
                return found
        raise ccxt.OrderNotFound(f"{self.venue.name} has no order {venue_order_id or client_order_id}")

    @staticmethod
    def _report(raw: Raw) -> OrderReport:
        return report(raw, waits=_waits(raw))

    def open(self, symbol: str | None) -> Iterator[tuple[Raw, bool]]:
        """Plain and conditional orders come in one list."""
        asked = [{"symbol": self.client.market_id(symbol)}] if symbol else [{"settleCoin": coin} for coin in SETTLED_IN]
        for of in asked:
            for row in self._pages(self.client.private_get_v5_order_realtime, LINEAR | of, ORDERS_PAGE):
                raw = self.client.parse_order(row, self.client.safe_market(row["symbol"], None, None, "contract"))
                yield raw, _waits(raw)

    def _pages(self, ask: Any, wanted: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
        """Rows of all pages, newest first."""
        cursor: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            result = ask({**wanted, **cursor, "limit": size})["result"]
            yield from result["list"]
            if not result.get("nextPageCursor") or not result["list"]:
                return
            cursor = {"cursor": result["nextPageCursor"]}
        raise ccxt.BadResponse(f"more than {MOST_PAGES} pages of a list")

    # executions -----------------------------------------------------------------------------

    def fills_of(self, symbol: str, venue_order_id: str) -> Sequence[FillReport]:
        """All executions of one order."""
        return self._fills(symbol, {"orderId": venue_order_id})

    def fills_since(self, symbol: str, since: datetime) -> Sequence[FillReport]:
        """All executions on a symbol, week by week."""
        return in_time([fill for span in self._spans(since) for fill in self._fills(symbol, span)])

    def _fills(self, symbol: str, more: dict[str, Any]) -> Sequence[FillReport]:
        wanted = LINEAR | {"symbol": self.client.market_id(symbol)} | more
        rows = self._pages(self.client.private_get_v5_execution_list, wanted, EXECUTIONS_PAGE)
        trades = (row for row in rows if _is_trade(row))
        market = self.client.market(symbol)
        return in_time([reports.fill_report(self.client.parse_trade(row, market)) for row in trades])

    def _spans(self, since: datetime) -> Iterator[dict[str, int]]:
        """Weeks from then to now."""
        for first, last in spans(since, self.clock(), WEEK):
            yield {"startTime": first, "endTime": last}

    def funding_since(self, since: datetime) -> Sequence[FundingReport]:
        """Funding is an execution here; its fee is what was paid."""
        rows = [
            row
            for span in self._spans(since)
            for row in self._pages(
                self.client.private_get_v5_execution_list, LINEAR | {"execType": "Funding"} | span, EXECUTIONS_PAGE
            )
        ]
        return [
            FundingReport(
                self.client.safe_symbol(row["symbol"], None, None, "contract"),
                str(row["execId"]),
                -reports.decimal(row["execFee"]),
                reports.when(row["execTime"]),
            )
            for row in rows
        ]

    # the account ----------------------------------------------------------------------------

    def balances(self) -> Sequence[BalanceReport]:
        """The unified wallet; free is what neither orders nor positions bind, less what positions have lost."""
        told = self.client.private_get_v5_account_wallet_balance({"accountType": "UNIFIED"})["result"]["list"]
        return [_balance(row) for account in told for row in sorted(account["coin"], key=lambda row: str(row["coin"]))]

    def positions(self) -> Sequence[PositionReport]:
        """Every position, whatever it is settled in."""
        rows = (row for coin in SETTLED_IN for row in self.client.fetch_positions(None, {"settleCoin": coin}))
        return [reports.position_report(row) for row in rows]

    def listed(self, market: Raw) -> bool:
        """Not those that are settled by session."""
        return bool(market["settle"] != SESSIONS_IN)

    def quotes(self, symbols: Sequence[str]) -> Mapping[str, Raw]:
        """One list tells everything."""
        return dict(self.client.fetch_tickers(list(symbols)))

    def hedged(self) -> Any:
        """The mode shows in the rows of a market, flat ones too."""
        markets = (market for market in self.client.markets.values() if market["linear"] and market["swap"])
        wanted = LINEAR | {"symbol": next(markets)["id"]}
        rows = self.client.private_get_v5_position_list(wanted)["result"]["list"]
        return any(int(row["positionIdx"]) for row in rows) if rows else None

    def margin_modes(self, symbols: Sequence[str]) -> Mapping[str, str]:
        """One mode for the whole account."""
        word = {MODE[True]: "isolated", MODE[False]: "cross"}.get(self._margin_mode(), "")
        return dict.fromkeys(symbols, word)


def report(raw: Raw, *, waits: bool) -> OrderReport:
    """An order whose number stays when it triggers: a waiting one has it as algo id, a triggered one as both."""
    found = reports.order_report(raw, conditional=waits)
    if waits or not raw.get("triggerPrice"):
        return found
    return OrderReport(
        found.client_order_id,
        found.venue_order_id,
        found.status,
        found.filled_qty,
        found.at,
        venue_algo_id=found.venue_order_id,
        qty=found.qty,
        side=found.side,
    )


def _is_trade(row: Raw) -> bool:
    """Whether an execution is one of an order; what else it is, but for funding, is worth a line."""
    found = row["execType"] in TRADES and bool(row.get("orderId"))
    if not found and row["execType"] != "Funding":
        log.warning("bybit: execution %s (%s) is of no order, and is left out", row.get("execId"), row["execType"])
    return found


def _waits(raw: Raw) -> bool:
    return raw["info"].get("orderStatus") in NOT_TRIGGERED


def _balance(row: Mapping[str, Any]) -> BalanceReport:
    held = _number(row, "walletBalance")
    bound = sum((_number(row, name) for name in ("locked", "totalOrderIM", "totalPositionIM")), Decimal(0))
    lost = min(Decimal(0), _number(row, "unrealisedPnl"))
    return BalanceReport(str(row["coin"]), held, max(Decimal(0), held - bound + lost))


def _number(row: Mapping[str, Any], name: str) -> Decimal:
    """A number; Bybit leaves some empty."""
    return reports.decimal(row.get(name) or None)
