"""The unified wallet, fees, positions, and the settings of margin, leverage and sides."""

from typing import Any

from trading.paper.core import atoms
from trading.paper.core.fees import FeeRates
from trading.paper.core.perps import margin
from trading.paper.core.perps.margin import Summary
from trading.paper.core.perps.orders import PositionSide
from trading.paper.core.perps.positions import Position
from trading.paper.core.perps.state import PerpAccount, Perps
from trading.paper.core.refusals import Reason, Refused
from trading.paper.dialects.bybit.errors import ByError, bad, missing
from trading.paper.dialects.bybit.params import Json, Params, integer, maybe_text, one_of, page, plain, ratio, text
from trading.paper.dialects.bybit.shapes import POSITION_IDX
from trading.paper.dialects.bybit.venue import (
    LINEAR,
    NOT_HERE,
    QUOTE,
    SPOT,
    VENUE,
    board,
    category,
    contract,
    fund_linear,
    holder,
    settles,
    side,
    tables,
)
from trading.paper.server.exchange import Exchange

ONE_WAY, HEDGED = 0, 3

CROSS, ISOLATED = "REGULAR_MARGIN", "ISOLATED_MARGIN"


def api_key(exchange: Exchange, name: str, _params: Params) -> Any:
    """GET user/query-api: a unified account, allowed to trade and nothing else unless its key's row says more."""
    rights = exchange.keys.rights(name.removeprefix(f"{VENUE}:"))
    wallet = ["Withdraw"] if "withdraw" in rights else []
    return {
        "id": "1",
        "note": name,
        "readOnly": int("trade" not in rights),
        "permissions": {"ContractTrade": ["Order", "Position"], "Spot": ["SpotTrade"], "Wallet": wallet},
        "ips": ["127.0.0.1"] if "bound" in rights else ["*"],
        "type": 1,
        "unified": 0,
        "uta": 1,
        "userID": sum(map(ord, name)),
        "vipLevel": "No VIP",
        "isMaster": True,
    }


def info(exchange: Exchange, name: str, _params: Params) -> Any:
    """GET account/info."""
    account = holder(exchange, name)
    return {
        "unifiedMarginStatus": 5,
        "marginMode": ISOLATED if account.isolated else CROSS,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
        "updatedTime": str(account.updated_ms),
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
    }


def wallet_balance(exchange: Exchange, name: str, params: Params) -> Any:
    """GET account/wallet-balance."""
    one_of(params, "accountType", ("UNIFIED",))
    wanted = [coin for coin in maybe_text(params, "coin").split(",") if coin]
    told = wallet(exchange, name)
    return {"list": [told | {"coin": [row for row in told["coin"] if not wanted or row["coin"] in wanted]}]}


def wallet(exchange: Exchange, name: str) -> Json:
    """Coins and contracts together at the prices of now."""
    found = margin.summary(tables(exchange), holder(exchange, name))
    rows = [_coin(exchange, name, coin, found) for coin in _coins(exchange, name)]
    worth = sum(_worth(exchange, coin, _held(exchange, name, coin, found)) for coin in _coins(exchange, name))
    bound = found.position_initial + found.order_initial
    return {
        "accountType": "UNIFIED",
        "accountLTV": "",
        "accountIMRate": ratio(bound, worth),
        "accountMMRate": ratio(found.maintenance, worth),
        "totalEquity": plain(worth + found.unrealised),
        "totalWalletBalance": plain(worth),
        "totalMarginBalance": plain(worth + found.unrealised),
        "totalAvailableBalance": plain(max(0, worth + found.cross_unrealised - bound)),
        "totalPerpUPL": plain(found.unrealised),
        "totalInitialMargin": plain(bound),
        "totalMaintenanceMargin": plain(found.maintenance),
        "coin": rows,
    }


def _coins(exchange: Exchange, name: str) -> list[str]:
    held = exchange.state.accounts[name].balances
    return [QUOTE, *(coin for coin, one in sorted(held.items()) if coin != QUOTE and (one.free or one.locked))]


def _held(exchange: Exchange, name: str, coin: str, found: Summary) -> int:
    balance = exchange.state.accounts[name].balance(coin)
    return balance.free + balance.locked + (found.wallet if coin == QUOTE else 0)


def _worth(exchange: Exchange, coin: str, amount: int) -> int:
    """An amount in dollars; nothing where no pair says what it is worth."""
    market = exchange.state.markets.get(coin + QUOTE)
    return amount if coin == QUOTE else atoms.times(market.price, amount) if market else 0


def _coin(exchange: Exchange, name: str, coin: str, found: Summary) -> Json:
    held, quote = _held(exchange, name, coin, found), coin == QUOTE
    profit = found.unrealised if quote else 0
    incomes, contracts = holder(exchange, name).incomes, tables(exchange).contracts
    realised = sum(incomes.total(symbol, "REALIZED_PNL") for symbol in contracts) if quote else 0
    return {
        "coin": coin,
        "equity": plain(held + profit),
        "usdValue": plain(_worth(exchange, coin, held + profit)),
        "walletBalance": plain(held),
        "locked": plain(exchange.state.accounts[name].balance(coin).locked),
        "totalOrderIM": plain(found.order_initial if quote else 0),
        "totalPositionIM": plain(found.position_initial if quote else 0),
        "totalPositionMM": plain(found.maintenance if quote else 0),
        "unrealisedPnl": plain(profit),
        "cumRealisedPnl": plain(realised),
        "availableToWithdraw": "",
        "availableToBorrow": "",
        "borrowAmount": "0",
        "accruedInterest": "0",
        "spotHedgingQty": "0",
        "bonus": "0",
        "marginCollateral": quote,
        "collateralSwitch": quote,
    }


def coins(exchange: Exchange, _name: str, params: Params) -> Any:
    """GET asset/coin/query-info: every coin, with no network to move it over."""
    markets = exchange.state.markets.values()
    names = sorted({coin for one in markets for coin in (one.instrument.base, one.instrument.quote)})
    wanted = maybe_text(params, "coin")
    return {
        "rows": [{"name": one, "coin": one, "remainAmount": "0", "chains": []} for one in names if wanted in ("", one)]
    }


def nothing(_exchange: Exchange, _name: str, _params: Params) -> Any:
    """GET asset/deposit, withdraw and transfer records: nothing moves in or out of here."""
    return {"rows": [], "list": [], "nextPageCursor": ""}


def fee_rate(exchange: Exchange, name: str, params: Params) -> Any:
    """GET account/fee-rate, of one symbol or of all."""
    found = board(exchange, one_of(params, "category", (SPOT, LINEAR, *NOT_HERE), default=LINEAR))
    rates = _rates(exchange, name, spot=found.spot)
    wanted = [found.market(params)] if maybe_text(params, "symbol") else list(found.source.markets.values())
    told = {"takerFeeRate": plain(rates.taker), "makerFeeRate": plain(rates.maker)}
    return {"list": [{"symbol": one.instrument.symbol} | told for one in wanted]}


def _rates(exchange: Exchange, name: str, *, spot: bool) -> FeeRates:
    """The account's fees of today."""
    now_ms = exchange.now_ms()
    if spot:
        return exchange.state.rates(name, now_ms=now_ms)
    return tables(exchange).rates(holder(exchange, name), now_ms=now_ms)


def positions(exchange: Exchange, name: str, params: Params) -> Any:
    """GET position/list: of one contract also a flat one, else those that are not flat."""
    if category(params) in NOT_HERE:
        return {"category": category(params), "list": [], "nextPageCursor": ""}
    account = holder(exchange, name)
    if maybe_text(params, "symbol"):
        symbol = contract(exchange, params).symbol
        found = [account.position(symbol, one) for one in sides(account)]
    elif maybe_text(params, "settleCoin") or maybe_text(params, "baseCoin"):
        found = [one for one in account.held() if settles(tables(exchange), one.symbol, params)]
    else:
        raise missing("symbol or settleCoin")
    rows = [position(tables(exchange), account, one) for one in found]
    return {"category": LINEAR} | page(rows, params, key="symbol", default=200, most=200)


def sides(account: PerpAccount) -> tuple[PositionSide, ...]:
    """One position a contract, or in hedge mode two."""
    return (PositionSide.LONG, PositionSide.SHORT) if account.dual else (PositionSide.BOTH,)


def position(perps: Perps, account: PerpAccount, one: Position) -> Json:
    """A position at the mark price of now."""
    mark = margin.mark(perps, one.symbol)
    bracket = perps.contracts[one.symbol].bracket(one.notional(mark))
    ends_at = margin.liquidation_price(perps, account, one) if one.qty else 0
    realised = plain(account.incomes.total(one.symbol))
    return _margins(perps, account, one) | {
        "positionIdx": POSITION_IDX[one.side],
        "riskId": 1,
        "riskLimitValue": plain(bracket.cap),
        "symbol": one.symbol,
        "side": ("Buy" if one.qty > 0 else "Sell") if one.qty else "",
        "size": plain(abs(one.qty)),
        "avgPrice": plain(one.entry_price),
        "entryPrice": plain(one.entry_price),
        "positionValue": plain(one.cost // atoms.SCALE),
        "tradeMode": 0,
        "autoAddMargin": 0,
        "positionStatus": "Normal",
        "leverage": str(account.leverage(one.symbol)),
        "markPrice": plain(mark),
        "liqPrice": plain(ends_at) if ends_at else "",
        "bustPrice": "",
        "tpslMode": "Full",
        "takeProfit": "",
        "stopLoss": "",
        "trailingStop": "0",
        "sessionAvgPrice": "",
        "unrealisedPnl": plain(one.unrealised(mark)),
        "curRealisedPnl": realised,
        "cumRealisedPnl": realised,
        "adlRankIndicator": 0,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "createdTime": str(one.updated_ms),
        "updatedTime": str(one.updated_ms),
        "seq": one.updated_ms or -1,
    }


def _margins(perps: Perps, account: PerpAccount, one: Position) -> Json:
    """What a position binds, and what it must keep."""
    bound, kept = plain(margin.position_initial(perps, account, one)), plain(margin.position_maintenance(perps, one))
    return {
        "positionIM": bound,
        "positionIMByMp": bound,
        "positionMM": kept,
        "positionMMByMp": kept,
        "positionBalance": plain(one.isolated_wallet) if one.symbol in account.isolated else bound,
    }


def set_leverage(exchange: Exchange, name: str, params: Params) -> Any:
    """POST position/set-leverage: one leverage for both sides."""
    one, account = contract(exchange, params), holder(exchange, name)
    buys, sells = integer(params, "buyLeverage"), integer(params, "sellLeverage")
    if buys != sells:
        raise ByError(10001, "buyLeverage and sellLeverage must be the same")
    if buys == account.leverage(one.symbol):
        raise ByError(110043, "leverage not modified")
    side(exchange).set_leverage(account, one.symbol, buys)
    return {}


def switch_mode(exchange: Exchange, name: str, params: Params) -> Any:
    """POST position/switch-mode: all contracts change together."""
    text(params, "symbol" if "symbol" in params else "coin")
    mode = integer(params, "mode")
    if mode not in (ONE_WAY, HEDGED):
        raise bad("mode")
    side(exchange).set_dual(holder(exchange, name), dual=mode == HEDGED)
    return {}


def set_margin_mode(exchange: Exchange, name: str, params: Params) -> Any:
    """POST account/set-margin-mode: all contracts change together, or none."""
    isolated = one_of(params, "setMarginMode", (CROSS, ISOLATED)) == ISOLATED
    perps, account = tables(exchange), holder(exchange, name)
    busy = perps.open_algos(name) or any(perps.desk_open[(name, symbol)] for symbol in perps.contracts)
    if busy or account.held():
        raise Refused(Reason.MARGIN_MODE_ORDERS)
    for symbol in perps.contracts:
        if (symbol in account.isolated) is not isolated:
            side(exchange).set_isolated(account, symbol, isolated=isolated)
    return {"reasons": []}


def add_margin(exchange: Exchange, name: str, params: Params) -> Any:
    """POST position/add-margin: into an isolated position, or out of it (negative)."""
    one, written = contract(exchange, params), text(params, "margin")
    try:
        amount = atoms.parse(written.removeprefix("-"))
    except ValueError as error:
        raise bad("margin") from error
    index = integer(params, "positionIdx")
    found = next((key for key, value in POSITION_IDX.items() if value == index), None)
    if found is None:
        raise bad("positionIdx")
    fund_linear(exchange, name)
    account = holder(exchange, name)
    side(exchange).move_margin(account, one.symbol, found, -amount if written.startswith("-") else amount)
    return {"category": LINEAR} | position(tables(exchange), account, account.position(one.symbol, found))
