"""The exchange's books as evidence: every accepted order, fill, cancel and deposit, by account."""

from collections.abc import Iterable, Sequence
from typing import Any

from trading.paper.control import futures_views
from trading.paper.control.owned import by_account
from trading.paper.core.atoms import show
from trading.paper.core.events import Deposited
from trading.paper.core.orders import Fill, Order
from trading.paper.core.perps.state import Perps
from trading.paper.drivers.base import Driver, Standing
from trading.paper.server.exchange import Exchange

Json = dict[str, Any]


def ledger(exchange: Exchange, *, account: str = "") -> Json:
    """Everything by account: orders with their client order ids, fills, deposits, balances. account: of this one only."""
    sides = {"usdm": exchange.state.perps} | exchange.state.venues
    orders = by_account(exchange.state.orders.values())
    names = _asked(exchange.state.accounts, account)
    return {
        "accounts": {name: _account(exchange, name, orders.get(name, ())) for name in names},
    } | {side: _futures(perps, account) for side, perps in sides.items()}


def _asked(names: Iterable[str], account: str) -> list[str]:
    return sorted(name for name in names if account in ("", name))


def _futures(perps: Perps, account: str) -> Json:
    return {
        "accounts": futures_views.accounts(perps, _asked(perps.accounts, account)),
        "fundings": futures_views.fundings(perps),
    }


def _account(exchange: Exchange, name: str, orders: Sequence[Order]) -> Json:
    return {
        "balances": balances(exchange, name),
        "deposits": [_deposit(event) for event in exchange.state.deposits[name]],
        "fills": [_fill(fill) for order in orders for fill in order.fills],
        "orders": [_order(order) for order in orders],
    }


def balances(exchange: Exchange, name: str) -> dict[str, dict[str, str]]:
    """What an account holds, by asset."""
    held = exchange.state.accounts[name].balances
    return {asset: {"free": show(one.free), "locked": show(one.locked)} for asset, one in sorted(held.items())}


def _deposit(event: Deposited) -> Json:
    return {"asset": event.asset, "amount": show(event.amount), "time": event.at_ms}


def _order(order: Order) -> Json:
    return {
        "orderId": order.id,
        "clientOrderId": order.client_id,
        "symbol": order.instrument.symbol,
        "side": order.side.value,
        "type": order.type.value,
        "timeInForce": order.time_in_force.value,
        "price": show(order.price),
        "qty": show(order.qty),
        "stopPrice": show(order.terms.stop_price if order.terms else 0),
        "orderListId": order.list_id,
        "filled": show(order.filled),
        "filledQuote": show(order.filled_quote),
        "status": order.status.value,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
    }


def _fill(fill: Fill) -> Json:
    return {
        "orderId": fill.order.id,
        "clientOrderId": fill.order.client_id,
        "symbol": fill.order.instrument.symbol,
        "side": fill.order.side.value,
        "tradeId": fill.trade_id,
        "qty": show(fill.qty),
        "price": show(fill.price),
        "notional": show(fill.notional),
        "fee": show(fill.fee),
        "feeAsset": fill.fee_asset,
        "maker": fill.maker,
        "time": fill.at_ms,
    }


def state(exchange: Exchange) -> Json:
    """A short summary: prices, counts, replay position."""
    markets, perps = exchange.state.markets.values(), exchange.state.perps
    return {
        "time": exchange.now_ms(),
        "accounts": sorted(exchange.state.accounts),
        "orders": len(exchange.state.orders),
        "openOrders": sum(map(len, exchange.state.desk_open.values())),
        "prices": {one.instrument.symbol: show(one.price) for one in markets if one.price},
        "usdmPrices": {one.instrument.symbol: show(one.price) for one in perps.markets.values() if one.price},
        "replayStep": exchange.state.replay_step,
        "ownMs": {"p50": round(exchange.pace.ms(50), 3), "p99": round(exchange.pace.ms(99), 3)},
    }


def replay(exchange: Exchange, driver: Driver | None) -> Json:
    """Where the market stands: held or not, when it first started, when its first bar began; zeros without one."""
    found = driver.standing() if driver else Standing("manual")
    return {
        "held": found.held,
        "startedMs": exchange.state.replay_started_ms,
        "anchorMs": found.anchor_ms,
        "stepMs": found.step_ms,
    }


def market(driver: Driver | None) -> Json:
    """What moves the prices: which market, whether it is paused, source seconds a wall second (0 = no such thing)."""
    found = driver.standing() if driver else Standing("manual")
    return {"mode": found.mode, "paused": found.paused, "speed": found.speed, "note": found.note}
