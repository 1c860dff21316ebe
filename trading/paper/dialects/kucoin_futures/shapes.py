"""Orders, fills and positions as KuCoin writes them."""

from typing import Any

from trading.paper.core.orders import OrderType, Side
from trading.paper.core.perps import margin
from trading.paper.core.perps.contract import Contract
from trading.paper.core.perps.orders import AlgoOrder, PerpFill, PerpOrder
from trading.paper.core.perps.positions import Position
from trading.paper.core.perps.state import PerpAccount, Perps
from trading.paper.dialects.kucoin_futures.params import loose, lots, plain

Json = dict[str, Any]

NANOS = 1_000_000
# Nanoseconds a millisecond.

FIRST_ORDER_ID = 300_000_000_000_000_000
# Ids look like KuCoin's; conditional orders have theirs far above.


def shown_id(order: PerpOrder | AlgoOrder) -> str:
    """The id that clients see."""
    return str(FIRST_ORDER_ID + order.id)


def contract_of(perps: Perps, order: PerpOrder | AlgoOrder) -> Contract:
    """The contract of an order."""
    return perps.contracts[order.instrument.symbol]


def order(perps: Perps, found: PerpOrder) -> Json:
    """An order as the look-ups report it."""
    contract = contract_of(perps, found)
    account = perps.accounts[found.account]
    average = sum(fill.price * fill.qty for fill in found.fills) // found.filled if found.filled else 0
    return _common(contract, account, found) | {
        "id": order_id_of(perps, found),
        "type": "market" if found.type is OrderType.MARKET else "limit",
        "value": plain(found.price * found.qty // 10**8 or found.filled_quote),
        "dealValue": plain(found.filled_quote),
        "dealSize": lots(found.filled, contract),
        "stop": "",
        "stopPriceType": "",
        "stopTriggered": bool(found.origin),
        "stopPrice": plain(found.stop_price) if found.stop_price else None,
        "timeInForce": found.time_in_force.value,
        "postOnly": found.type is OrderType.LIMIT_MAKER,
        "isActive": found.open,
        "cancelExist": not found.open and bool(found.leaves),
        "endAt": None if found.open else found.updated_ms,
        "avgDealPrice": plain(average),
        "filledSize": lots(found.filled, contract),
        "filledValue": plain(found.filled_quote),
        "status": "open" if found.open else "done",
    }


def _common(contract: Contract, account: PerpAccount, found: PerpOrder | AlgoOrder) -> Json:
    return {
        "id": shown_id(found),
        "symbol": contract.symbol,
        "side": found.side.lower(),
        "price": plain(found.price),
        "size": lots(found.qty, contract),
        "stp": "",
        "hidden": False,
        "iceberg": False,
        "leverage": str(account.leverage(contract.symbol)),
        "forceHold": False,
        "closeOrder": found.close_position,
        "visibleSize": 0,
        "clientOid": found.client_id,
        "remark": None,
        "tags": "",
        "createdAt": found.created_ms,
        "updatedAt": found.updated_ms,
        "orderTime": found.created_ms * NANOS,
        "settleCurrency": contract.quote,
        "marginMode": margin_mode(account, contract.symbol),
        "positionSide": found.position_side.value,
        "reduceOnly": found.reduce_only,
    }


def margin_mode(account: PerpAccount, symbol: str) -> str:
    """ISOLATED or CROSS."""
    return "ISOLATED" if symbol in account.isolated else "CROSS"


def stop_order(perps: Perps, found: AlgoOrder) -> Json:
    """A conditional order; once triggered it reports the order it became, under its own id."""
    if found.actual is not None:
        return order(perps, found.actual) | {"id": shown_id(found), "clientOid": found.client_id}
    contract = contract_of(perps, found)
    return _common(contract, perps.accounts[found.account], found) | {
        "type": "limit" if found.price else "market",
        "value": plain(found.price * found.qty // 10**8),
        "dealValue": "0",
        "dealSize": 0,
        "stop": direction(found),
        "stopPriceType": found.working_type,
        "stopTriggered": False,
        "stopPrice": plain(found.trigger_price),
        "timeInForce": found.time_in_force,
        "postOnly": False,
        "isActive": found.open,
        "cancelExist": not found.open,
        "endAt": None if found.open else found.updated_ms,
        "avgDealPrice": "0",
        "filledSize": 0,
        "filledValue": "0",
        "status": "open" if found.open else "done",
    }


def direction(found: AlgoOrder) -> str:
    """Whether a conditional order waits for the price to come "up" or "down" to it."""
    rising = (found.side is Side.BUY) is found.type.startswith("STOP")
    return "up" if rising else "down"


def fill(perps: Perps, one: PerpFill) -> Json:
    """One execution of the account's own."""
    contract = perps.contracts[one.order.instrument.symbol]
    closing = one.realised != 0
    return {
        "symbol": contract.symbol,
        "tradeId": str(one.trade_id),
        "orderId": order_id_of(perps, one.order),
        "side": one.order.side.lower(),
        "liquidity": "maker" if one.maker else "taker",
        "forceTaker": False,
        "price": plain(one.price),
        "size": lots(one.qty, contract),
        "value": plain(one.notional),
        "openFeePay": plain(0 if closing else one.fee),
        "closeFeePay": plain(one.fee if closing else 0),
        "stop": "",
        "feeRate": plain(perps.fees.maker if one.maker else perps.fees.taker),
        "fixFee": "0",
        "feeCurrency": one.fee_asset,
        "marginMode": margin_mode(perps.accounts[one.order.account], contract.symbol),
        "fee": plain(one.fee),
        "settleCurrency": contract.quote,
        "orderType": "market" if one.order.type is OrderType.MARKET else "limit",
        "displayType": "market" if one.order.type is OrderType.MARKET else "limit",
        "tradeType": "trade",
        "subTradeType": None,
        "tradeTime": one.at_ms * NANOS,
        "createdAt": one.at_ms,
    }


def order_id_of(perps: Perps, found: Any) -> str:
    """The id under which clients know an order: that of the conditional order it came from, if any."""
    order_ = perps.orders[found.id]
    return shown_id(perps.algos[order_.algo_id] if order_.algo_id else order_)


def position(perps: Perps, account: PerpAccount, one: Position, now_ms: int) -> Json:
    """A position."""
    contract = perps.contracts[one.symbol]
    isolated = one.symbol in account.isolated
    bracket = contract.bracket(one.notional(margin.mark(perps, one.symbol)))
    times = {"openingTimestamp": one.updated_ms, "currentTimestamp": now_ms}
    return (
        times
        | _worth(perps, account, one)
        | {
            "id": f"5000000000{sum(map(ord, one.symbol + account.name)):08d}",
            "symbol": one.symbol,
            "autoDeposit": False,
            "crossMode": not isolated,
            "maintMarginReq": loose(bracket.rate),
            "riskLimit": bracket.cap // 10**8,
            "delevPercentage": 0.0,
            "currentQty": lots(one.qty, contract),
            "isOpen": one.qty != 0,
            "settleCurrency": contract.quote,
            "maintainMargin": loose(bracket.rate),
            "marginMode": "ISOLATED" if isolated else "CROSS",
            "positionSide": one.side.value,
            "leverage": account.leverage(one.symbol),
            "realLeverage": account.leverage(one.symbol),
        }
    )


def _worth(perps: Perps, account: PerpAccount, one: Position) -> Json:
    """What a position has cost, binds, and is worth at the mark price of now."""
    mark, sign = margin.mark(perps, one.symbol), 1 if one.qty >= 0 else -1
    initial, open_profit = margin.position_initial(perps, account, one), one.unrealised(mark)
    bound = one.isolated_wallet if one.symbol in account.isolated else initial
    booked = account.incomes
    cost, ends_at = sign * one.cost // 10**8, margin.liquidation_price(perps, account, one) if one.qty else 0
    return {
        "currentCost": loose(cost),
        "currentComm": loose(-booked.total(one.symbol, "COMMISSION")),
        "unrealisedCost": loose(cost),
        "markPrice": loose(mark),
        "markValue": loose(sign * one.notional(mark)),
        "posCost": loose(cost),
        "posInit": loose(initial),
        "posMargin": loose(bound),
        "posMaint": loose(margin.position_maintenance(perps, one)),
        "maintMargin": loose(bound + open_profit),
        "realisedPnl": loose(booked.total(one.symbol)),
        "unrealisedPnl": loose(open_profit),
        "unrealisedPnlPcnt": round(open_profit * 10**8 / one.cost, 4) if one.cost else 0.0,
        "unrealisedRoePcnt": round(open_profit / initial, 4) if initial else 0.0,
        "avgEntryPrice": loose(one.entry_price),
        "liquidationPrice": loose(ends_at),
        "bankruptPrice": loose(ends_at),
    }
