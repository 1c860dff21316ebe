"""The user's own events: orders, conditional orders, wallet, positions."""

from collections.abc import Callable
from typing import Any

from trading.paper.core.orders import OrderType, Status
from trading.paper.core.perps import events, margin
from trading.paper.core.perps.orders import AlgoOrder, AlgoStatus, PerpFill, PerpOrder
from trading.paper.dialects.kucoin_futures import shapes
from trading.paper.dialects.kucoin_futures.params import lots, plain
from trading.paper.dialects.kucoin_futures.shapes import NANOS
from trading.paper.dialects.kucoin_futures.topics import message
from trading.paper.dialects.kucoin_futures.venue import tables
from trading.paper.server.exchange import Exchange

Json = dict[str, Any]

ORDERS, STOPS = "/contractMarket/tradeOrders", "/contractMarket/advancedOrders"
WALLET, POSITION = "/contractAccount/wallet", "/contract/position"


class UserEvents:
    """Turns the exchange's events into KuCoin's; `tell(account, topic, symbol, message)` knows who wants them."""

    def __init__(self, exchange: Exchange, tell: Callable[[str, str, str, Json], None]) -> None:
        self._exchange = exchange
        self._tell = tell
        self._version = exchange.now_ms()
        self._reports: dict[type, Callable[[Any], None]] = {
            events.AlgoAccepted: lambda event: self._stop(event.algo_id, "open", event.at_ms),
            events.AlgoClosed: self._stop_closed,
            events.AlgoTriggered: lambda event: self._stop(event.algo_id, "triggered", event.at_ms),
            events.Funded: self._funded,
            events.Margined: lambda event: self._holdings(event.account, event.symbol, event.at_ms),
            events.PerpAccepted: lambda event: self._order(event.order_id, "open", event.at_ms),
            events.PerpAmended: lambda event: self._order(event.order_id, "update", event.at_ms),
            events.PerpClosed: self._closed,
            events.PerpDeposited: lambda event: self._wallet(event.account, event.at_ms),
            events.PerpFilled: self._filled,
        }

    def hear(self, event: Any) -> None:
        """One event, just applied."""
        report = self._reports.get(type(event))
        if report:
            report(event)

    def _order(self, order_id: int, kind: str, at_ms: int, *, fill: PerpFill | None = None) -> None:
        perps = tables(self._exchange)
        order = perps.orders[order_id]
        symbol = order.instrument.symbol
        data = self._order_data(order, kind, at_ms) | (self._match(order, fill) if fill else {})
        told = message(f"{ORDERS}:{symbol}", "symbolOrderChange", data, channelType="private")
        self._tell(order.account, ORDERS, symbol, told)

    def _order_data(self, order: PerpOrder, kind: str, at_ms: int) -> Json:
        perps = tables(self._exchange)
        contract = shapes.contract_of(perps, order)
        ended = order.status in (Status.CANCELED, Status.EXPIRED)
        return {
            "symbol": contract.symbol,
            "side": order.side.lower(),
            "orderType": "market" if order.type is OrderType.MARKET else "limit",
            "canceledSize": str(lots(order.leaves, contract) if ended else 0),
            "orderId": shapes.order_id_of(perps, order),
            "clientOid": order.client_id,
            "liquidity": "taker",
            "marginMode": shapes.margin_mode(perps.accounts[order.account], contract.symbol),
            "type": kind,
            "orderTime": order.created_ms * NANOS,
            "size": str(lots(order.qty, contract)),
            "filledSize": str(lots(order.filled, contract)),
            "price": plain(order.price),
            "remainSize": str(0 if ended else lots(order.leaves, contract)),
            "status": "match" if kind == "match" else "open" if order.open else "done",
            "ts": at_ms * NANOS,
        }

    def _match(self, order: PerpOrder, fill: PerpFill) -> Json:
        contract = shapes.contract_of(tables(self._exchange), order)
        return {
            "matchPrice": plain(fill.price),
            "matchSize": str(lots(fill.qty, contract)),
            "tradeId": str(fill.trade_id),
            "liquidity": "maker" if fill.maker else "taker",
            "feeType": "makerFee" if fill.maker else "takerFee",
        }

    def _filled(self, event: events.PerpFilled) -> None:
        order = tables(self._exchange).orders[event.order_id]
        fill = order.fills[-1]
        self._order(order.id, "match", event.at_ms, fill=fill if isinstance(fill, PerpFill) else None)
        if not order.open:
            self._order(order.id, "filled", event.at_ms)
        self._holdings(order.account, order.instrument.symbol, event.at_ms)

    def _closed(self, event: events.PerpClosed) -> None:
        self._order(event.order_id, "canceled", event.at_ms)
        self._wallet(tables(self._exchange).orders[event.order_id].account, event.at_ms)

    def _stop_closed(self, event: events.AlgoClosed) -> None:
        kind = "triggered" if event.status == AlgoStatus.REJECTED else "cancel"
        self._stop(event.algo_id, kind, event.at_ms, failed=event.status == AlgoStatus.REJECTED)

    def _stop(self, algo_id: int, kind: str, at_ms: int, *, failed: bool = False) -> None:
        algo = tables(self._exchange).algos[algo_id]
        data = self._stop_data(algo, kind, at_ms)
        outcome = {"triggerSuccess": not failed} if kind == "triggered" else {}
        told = message(STOPS, "stopOrder", data | outcome, channelType="private")
        self._tell(algo.account, STOPS, algo.instrument.symbol, told)

    def _stop_data(self, algo: AlgoOrder, kind: str, at_ms: int) -> Json:
        perps = tables(self._exchange)
        contract = shapes.contract_of(perps, algo)
        return {
            "createdAt": algo.created_ms,
            "marginMode": shapes.margin_mode(perps.accounts[algo.account], contract.symbol),
            "orderId": shapes.shown_id(algo),
            "clientOid": algo.client_id,
            "orderPrice": plain(algo.price),
            "orderType": "stop",
            "side": algo.side.lower(),
            "size": lots(algo.qty, contract),
            "stop": shapes.direction(algo),
            "stopPrice": plain(algo.trigger_price),
            "stopPriceType": algo.working_type,
            "symbol": contract.symbol,
            "ts": at_ms * NANOS,
            "type": kind,
        }

    def _funded(self, event: events.Funded) -> None:
        for account in tables(self._exchange).accounts.values():
            if account.held(event.symbol):
                self._holdings(account.name, event.symbol, event.at_ms)

    def _holdings(self, name: str, symbol: str, at_ms: int) -> None:
        perps = tables(self._exchange)
        account = perps.accounts[name]
        for one in (position for (of, _), position in account.positions.items() if of == symbol):
            data = shapes.position(perps, account, one, at_ms) | {"changeReason": "positionChange"}
            told = message(f"{POSITION}:{symbol}", "position.change", data, channelType="private")
            self._tell(name, POSITION, symbol, told)
        self._wallet(name, at_ms)

    def _wallet(self, name: str, at_ms: int) -> None:
        perps = tables(self._exchange)
        found = margin.summary(perps, perps.accounts[name])
        self._version += 1
        data = {
            "currency": "USDT",
            "walletBalance": plain(found.wallet),
            "availableBalance": plain(max(0, found.available)),
            "holdBalance": plain(max(0, found.order_initial)),
            "equity": plain(found.wallet + found.unrealised),
            "isolatedOrderMargin": plain(found.order_initial),
            "isolatedPosMargin": plain(max(0, found.wallet - found.cross_wallet)),
            "crossOrderMargin": "0",
            "crossPosMargin": plain(found.cross_maintenance),
            "totalCrossMargin": plain(max(0, found.cross_wallet)),
            "crossUnPnl": plain(found.cross_unrealised),
            "isolatedUnPnl": plain(found.unrealised - found.cross_unrealised),
            "version": str(self._version),
            "timestamp": str(at_ms),
        }
        self._tell(name, WALLET, "", message(WALLET, "walletBalance.change", data, channelType="private"))
