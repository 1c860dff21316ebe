"""The futures books as evidence: wallets, positions, orders, fills, funding, by account."""

from collections.abc import Iterable
from typing import Any

from trading.paper.control.owned import by_account
from trading.paper.core.atoms import show
from trading.paper.core.perps import margin
from trading.paper.core.perps.incomes import Income
from trading.paper.core.perps.orders import AlgoOrder, PerpFill, PerpOrder
from trading.paper.core.perps.positions import Position
from trading.paper.core.perps.state import Perps

Json = dict[str, Any]


def accounts(perps: Perps, names: Iterable[str]) -> Json:
    """Everything of these accounts."""
    orders, algos = by_account(perps.orders.values()), by_account(perps.algos.values())
    return {name: _account(perps, name, orders.get(name, ()), algos.get(name, ())) for name in names}


def _account(perps: Perps, name: str, orders: Iterable[PerpOrder], algos: Iterable[AlgoOrder]) -> Json:
    """Of one: its wallet is the sum of its incomes, its positions the sums of its fills."""
    found = perps.accounts[name]
    return {
        "wallet": show(found.wallet),
        "available": show(margin.summary(perps, found).available),
        "hedge": found.dual,
        "positions": [_position(one) for one in found.held()],
        "orders": [_order(order) for order in orders],
        "algoOrders": [_algo(algo) for algo in algos],
        "fills": [_fill(fill) for symbol in perps.contracts for fill in perps.fills((name, symbol))],
        "incomes": [_income(one) for one in found.incomes],
    }


def fundings(perps: Perps) -> list[Json]:
    """Every settlement of funding."""
    return [
        {"time": one.at_ms, "symbol": one.symbol, "rate": show(one.rate), "markPrice": show(one.mark)}
        for one in perps.fundings
    ]


def _position(one: Position) -> Json:
    return {
        "symbol": one.symbol,
        "positionSide": one.side.value,
        "qty": show(one.qty),
        "entryPrice": show(one.entry_price),
        "isolatedWallet": show(one.isolated_wallet),
    }


def _order(order: PerpOrder) -> Json:
    return {
        "orderId": order.id,
        "clientOrderId": order.client_id,
        "symbol": order.instrument.symbol,
        "side": order.side.value,
        "positionSide": order.position_side.value,
        "type": order.type.value,
        "origin": order.origin,
        "timeInForce": order.time_in_force.value,
        "reduceOnly": order.reduce_only,
        "price": show(order.price),
        "qty": show(order.qty),
        "filled": show(order.filled),
        "status": order.status.value,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
    }


def _algo(algo: AlgoOrder) -> Json:
    return {
        "algoId": algo.id,
        "clientAlgoId": algo.client_id,
        "symbol": algo.instrument.symbol,
        "side": algo.side.value,
        "positionSide": algo.position_side.value,
        "type": algo.type.value,
        "qty": show(algo.qty),
        "price": show(algo.price),
        "triggerPrice": show(algo.trigger_price),
        "extreme": show(algo.extreme),
        "status": algo.stage.value,
        "actualOrderId": algo.actual.id if algo.actual else None,
        "time": algo.created_ms,
        "updateTime": algo.updated_ms,
    }


def _fill(fill: PerpFill) -> Json:
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
        "realisedPnl": show(fill.realised),
        "maker": fill.maker,
        "time": fill.at_ms,
    }


def _income(one: Income) -> Json:
    return {
        "id": one.id,
        "time": one.at_ms,
        "type": one.kind,
        "symbol": one.symbol,
        "amount": show(one.amount),
        "tradeId": one.trade_id,
    }
