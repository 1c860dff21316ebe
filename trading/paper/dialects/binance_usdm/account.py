"""Wallet, positions, income, fees and brackets."""

from typing import Any

from trading.paper.core.perps import margin
from trading.paper.core.perps.contract import Bracket, Contract
from trading.paper.core.perps.margin import Summary
from trading.paper.core.perps.orders import PositionSide
from trading.paper.core.perps.positions import Position
from trading.paper.core.perps.state import PerpAccount
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.dialects.binance_usdm.numbers import plain
from trading.paper.server.exchange import Exchange

Json = dict[str, Any]

ASSET = "USDT"

FEW_ROWS = 100


def _account(exchange: Exchange, name: str) -> PerpAccount:
    return exchange.state.perps.accounts[name]


def account_v3(exchange: Exchange, name: str, _params: Params) -> Any:
    """GET v3/account: only contracts with a position or an order."""
    holder = _account(exchange, name)
    found = margin.summary(exchange.state.perps, holder)
    positions = [_account_position(exchange, holder, one) for one in _shown(exchange, holder)]
    return _totals(found) | {"assets": [_asset(found, holder)], "positions": positions}


def account_v2(exchange: Exchange, name: str, _params: Params) -> Any:
    """GET v2/account: every contract."""
    holder = _account(exchange, name)
    found = margin.summary(exchange.state.perps, holder)
    positions = [_account_position(exchange, holder, one) for one in _every(exchange, holder)]
    asset = _asset(found, holder) | {"marginAvailable": True}
    standing = {"feeTier": 0, "canTrade": True, "canDeposit": True, "canWithdraw": False, "multiAssetsMargin": False}
    return standing | _totals(found) | {"updateTime": 0, "assets": [asset], "positions": positions}


def _totals(found: Summary) -> Json:
    return {
        "totalInitialMargin": plain(found.position_initial + found.order_initial),
        "totalMaintMargin": plain(found.maintenance),
        "totalWalletBalance": plain(found.wallet),
        "totalUnrealizedProfit": plain(found.unrealised),
        "totalMarginBalance": plain(found.equity),
        "totalPositionInitialMargin": plain(found.position_initial),
        "totalOpenOrderInitialMargin": plain(found.order_initial),
        "totalCrossWalletBalance": plain(found.cross_wallet),
        "totalCrossUnPnl": plain(found.cross_unrealised),
        "availableBalance": plain(max(0, found.available)),
        "maxWithdrawAmount": plain(max(0, min(found.available, found.cross_wallet))),
    }


def _asset(found: Summary, holder: PerpAccount) -> Json:
    return {
        "asset": ASSET,
        "walletBalance": plain(found.wallet),
        "unrealizedProfit": plain(found.unrealised),
        "marginBalance": plain(found.equity),
        "maintMargin": plain(found.maintenance),
        "initialMargin": plain(found.position_initial + found.order_initial),
        "positionInitialMargin": plain(found.position_initial),
        "openOrderInitialMargin": plain(found.order_initial),
        "crossWalletBalance": plain(found.cross_wallet),
        "crossUnPnl": plain(found.cross_unrealised),
        "availableBalance": plain(max(0, found.available)),
        "maxWithdrawAmount": plain(max(0, min(found.available, found.cross_wallet))),
        "updateTime": holder.updated_ms,
    }


def balance(exchange: Exchange, name: str, _params: Params) -> Any:
    """GET balance."""
    holder = _account(exchange, name)
    found = margin.summary(exchange.state.perps, holder)
    return [
        {
            "accountAlias": name,
            "asset": ASSET,
            "balance": plain(found.wallet),
            "crossWalletBalance": plain(found.cross_wallet),
            "crossUnPnl": plain(found.cross_unrealised),
            "availableBalance": plain(max(0, found.available)),
            "maxWithdrawAmount": plain(max(0, min(found.available, found.cross_wallet))),
            "marginAvailable": True,
            "updateTime": holder.updated_ms,
        }
    ]


def _sides(holder: PerpAccount) -> tuple[PositionSide, ...]:
    return (PositionSide.LONG, PositionSide.SHORT) if holder.dual else (PositionSide.BOTH,)


def _every(exchange: Exchange, holder: PerpAccount) -> list[Position]:
    symbols = exchange.state.perps.contracts
    return [holder.position(symbol, side) for symbol in symbols for side in _sides(holder)]


def _shown(exchange: Exchange, holder: PerpAccount) -> list[Position]:
    desk_open = exchange.state.perps.desk_open
    return [one for one in _every(exchange, holder) if one.qty or desk_open[(holder.name, one.symbol)]]


def _account_position(exchange: Exchange, holder: PerpAccount, one: Position) -> Json:
    perps = exchange.state.perps
    price = margin.mark(perps, one.symbol)
    bound = margin.position_initial(perps, holder, one)
    return {
        "symbol": one.symbol,
        "positionSide": one.side.value,
        "positionAmt": plain(one.qty),
        "entryPrice": plain(one.entry_price),
        "unrealizedProfit": plain(one.unrealised(price)),
        "isolated": one.symbol in holder.isolated,
        "isolatedMargin": plain(_isolated_margin(holder, one, price)),
        "isolatedWallet": plain(one.isolated_wallet),
        "notional": plain(one.qty * price // 10**8),
        "initialMargin": plain(bound),
        "positionInitialMargin": plain(bound),
        "openOrderInitialMargin": plain(margin.order_initial(perps, holder, one.symbol)),
        "maintMargin": plain(margin.position_maintenance(perps, one)),
        "leverage": str(holder.leverage(one.symbol)),
        "maxNotional": plain(perps.contracts[one.symbol].cap(holder.leverage(one.symbol))),
        "updateTime": one.updated_ms,
    }


def _isolated_margin(holder: PerpAccount, one: Position, price: int) -> int:
    return one.isolated_wallet + one.unrealised(price) if one.symbol in holder.isolated else 0


def position_risk_v3(exchange: Exchange, name: str, params: Params) -> Any:
    """GET v3/positionRisk: only contracts with a position or an order."""
    holder = _account(exchange, name)
    return [_risk(exchange, holder, one) for one in _wanted(exchange, _shown(exchange, holder), params)]


def position_risk_v2(exchange: Exchange, name: str, params: Params) -> Any:
    """GET v2/positionRisk: every contract, with its leverage and margin type."""
    holder = _account(exchange, name)
    return [
        _risk(exchange, holder, one)
        | {
            "leverage": str(holder.leverage(one.symbol)),
            "maxNotionalValue": plain(exchange.state.perps.contracts[one.symbol].cap(holder.leverage(one.symbol))),
            "marginType": "isolated" if one.symbol in holder.isolated else "cross",
            "isAutoAddMargin": "false",
        }
        for one in _wanted(exchange, _every(exchange, holder), params)
    ]


def _wanted(exchange: Exchange, positions: list[Position], params: Params) -> list[Position]:
    symbol = params.get("symbol", "")
    if symbol:
        exchange.state.perps.market(symbol)
    return [one for one in positions if symbol in ("", one.symbol)]


def _risk(exchange: Exchange, holder: PerpAccount, one: Position) -> Json:
    perps = exchange.state.perps
    price = margin.mark(perps, one.symbol)
    bound = margin.position_initial(perps, holder, one)
    ordered = margin.order_initial(perps, holder, one.symbol)
    return {
        "symbol": one.symbol,
        "positionSide": one.side.value,
        "positionAmt": plain(one.qty),
        "entryPrice": plain(one.entry_price),
        "breakEvenPrice": plain(_break_even(exchange, one)),
        "markPrice": plain(price),
        "unRealizedProfit": plain(one.unrealised(price)),
        "liquidationPrice": plain(margin.liquidation_price(perps, holder, one) if one.qty else 0),
        "isolatedMargin": plain(_isolated_margin(holder, one, price)),
        "isolatedWallet": plain(one.isolated_wallet),
        "notional": plain(one.qty * price // 10**8),
        "marginAsset": ASSET,
        "initialMargin": plain(bound + ordered),
        "maintMargin": plain(margin.position_maintenance(perps, one)),
        "positionInitialMargin": plain(bound),
        "openOrderInitialMargin": plain(ordered),
        "adl": 0,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": one.updated_ms,
    }


def _break_even(exchange: Exchange, one: Position) -> int:
    """The entry price with a taker's fee on the way out."""
    fee = exchange.state.perps.fees.fee(one.entry_price, maker=False)
    return one.entry_price + (fee if one.qty > 0 else -fee)


def income(exchange: Exchange, name: str, params: Params) -> Any:
    """GET income, oldest first."""
    kind, symbol, window = params.get("incomeType", ""), params.get("symbol", ""), read.window(params, default=FEW_ROWS)
    rows = _account(exchange, name).incomes.search(
        window, lambda one: kind in ("", one.kind) and symbol in ("", one.symbol)
    )
    return [
        {
            "symbol": one.symbol,
            "incomeType": one.kind,
            "income": plain(one.amount),
            "asset": ASSET,
            "info": one.kind,
            "time": one.at_ms,
            "tranId": one.id,
            "tradeId": str(one.trade_id or ""),
        }
        for one in rows
    ]


def commission_rate(exchange: Exchange, name: str, params: Params) -> Any:
    """GET commissionRate."""
    symbol = read.text(params, "symbol")
    exchange.state.perps.market(symbol)
    fees = exchange.state.perps.rates(_account(exchange, name), now_ms=exchange.now_ms())
    return {"symbol": symbol, "makerCommissionRate": plain(fees.maker), "takerCommissionRate": plain(fees.taker)}


def leverage_bracket(exchange: Exchange, _name: str, params: Params) -> Any:
    """GET leverageBracket, of one contract or of all."""
    wanted, contracts = params.get("symbol", ""), exchange.state.perps.contracts
    if wanted:
        exchange.state.perps.market(wanted)
    return [_brackets(contracts[symbol]) for symbol in ([wanted] if wanted else contracts)]


def _brackets(contract: Contract) -> Json:
    rows = [_bracket(number, one) for number, one in enumerate(contract.brackets, start=1)]
    return {"symbol": contract.symbol, "notionalCoef": "1.0", "brackets": rows}


def _bracket(number: int, one: Bracket) -> Json:
    return {
        "bracket": number,
        "initialLeverage": one.leverage,
        "notionalCap": one.cap // 10**8,
        "notionalFloor": one.floor // 10**8,
        "maintMarginRatio": one.rate / 10**8,
        "cum": one.offset / 10**8,
    }
