"""The user's own events: orders, executions, the wallet, positions."""

from collections.abc import Callable
from typing import Any

from trading.paper.core import events
from trading.paper.core.orders import Order
from trading.paper.core.perps import events as perps_events
from trading.paper.core.perps.orders import PerpOrder
from trading.paper.dialects.bybit import account, shapes
from trading.paper.dialects.bybit.linear import Found, LinearDesk
from trading.paper.dialects.bybit.params import Json
from trading.paper.dialects.bybit.spot import SpotDesk
from trading.paper.dialects.bybit.venue import VENUE, holder, tables
from trading.paper.server.exchange import Exchange

ORDER, EXECUTION, WALLET, POSITION = "order", "execution", "wallet", "position"

Tell = Callable[[str, str, str, Json], None]
# tell(account, kind, category, row) knows who wants it.


class UserEvents:
    """Turns the exchange's events into Bybit's, for the accounts that are kept here."""

    def __init__(self, exchange: Exchange, tell: Tell) -> None:
        self._exchange = exchange
        self._tell = tell
        self._spot: dict[type, Callable[[Any], None]] = {
            events.Accepted: lambda event: self._spot_order(event.order_id),
            events.Amended: lambda event: self._spot_order(event.order_id),
            events.Closed: lambda event: self._spot_order(event.order_id),
            events.Deposited: lambda event: self._wallet(event.account),
            events.Filled: self._spot_filled,
            events.Triggered: lambda event: self._spot_order(event.order_id),
        }
        self._linear: dict[type, Callable[[Any], None]] = {
            perps_events.AlgoAccepted: lambda event: self._algo(event.algo_id),
            perps_events.AlgoClosed: lambda event: self._algo(event.algo_id),
            perps_events.AlgoTriggered: lambda event: self._algo(event.algo_id),
            perps_events.Funded: self._funded,
            perps_events.Leveraged: lambda event: self._position(event.account, event.symbol),
            perps_events.Margined: lambda event: self._position(event.account, event.symbol),
            perps_events.PerpAccepted: lambda event: self._linear_order(event.order_id),
            perps_events.PerpAmended: lambda event: self._linear_order(event.order_id),
            perps_events.PerpClosed: lambda event: self._linear_order(event.order_id),
            perps_events.PerpFilled: self._linear_filled,
        }

    def hear_spot(self, event: Any) -> None:
        """One event of the coins, just applied."""
        report = self._spot.get(type(event))
        if report:
            report(event)

    def hear_linear(self, event: Any) -> None:
        """One event of the contracts, just applied."""
        report = self._linear.get(type(event))
        if report:
            report(event)

    def _spot_order(self, order_id: int) -> None:
        order = self._exchange.state.orders[order_id]
        if _kept(order):
            self._tell(order.account, ORDER, "spot", shapes.spot_order(order))
            self._wallet(order.account)

    def _spot_filled(self, event: events.Filled) -> None:
        order = self._exchange.state.orders[event.order_id]
        if _kept(order):
            desk = SpotDesk(self._exchange, order.account)
            row = shapes.execution(order.fills[-1], desk.shape(order), desk.rates)
            self._tell(order.account, EXECUTION, "spot", row)
        self._spot_order(event.order_id)

    def _algo(self, algo_id: int) -> None:
        self._linear_told(tables(self._exchange).algos[algo_id])

    def _linear_order(self, order_id: int) -> None:
        self._linear_told(self._shown(tables(self._exchange).orders[order_id]))

    def _linear_told(self, found: Found) -> None:
        row = LinearDesk(self._exchange, found.account).shape(found)
        self._tell(found.account, ORDER, "linear", row)
        self._wallet(found.account)

    def _shown(self, order: PerpOrder) -> Found:
        return LinearDesk(self._exchange, order.account).shown(order)

    def _linear_filled(self, event: perps_events.PerpFilled) -> None:
        order = tables(self._exchange).orders[event.order_id]
        desk = LinearDesk(self._exchange, order.account)
        row = shapes.execution(order.fills[-1], desk.shape(desk.shown(order)), desk.rates)
        self._tell(order.account, EXECUTION, "linear", row)
        self._linear_order(event.order_id)
        self._position(order.account, order.instrument.symbol)

    def _funded(self, event: perps_events.Funded) -> None:
        for one in tables(self._exchange).accounts.values():
            if one.held(event.symbol):
                self._position(one.name, event.symbol)
                self._wallet(one.name)

    def _position(self, name: str, symbol: str) -> None:
        perps, owner = tables(self._exchange), holder(self._exchange, name)
        for side in account.sides(owner):
            row = account.position(perps, owner, owner.position(symbol, side)) | {"category": "linear"}
            self._tell(name, POSITION, "linear", row)

    def _wallet(self, name: str) -> None:
        if name in tables(self._exchange).accounts:
            self._tell(name, WALLET, "", account.wallet(self._exchange, name))


def _kept(order: Order) -> bool:
    return order.account.startswith(f"{VENUE}:")
