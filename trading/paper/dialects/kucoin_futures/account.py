"""Wallet, positions, and the settings of margin, leverage and sides."""

from typing import Any

from trading.paper.core import atoms
from trading.paper.core.orders import Side
from trading.paper.core.perps import margin
from trading.paper.core.perps.orders import PositionSide
from trading.paper.core.perps.state import PerpAccount
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.shelves import Window
from trading.paper.dialects.kucoin_futures import shapes
from trading.paper.dialects.kucoin_futures.errors import bad
from trading.paper.dialects.kucoin_futures.params import Params, integer, loose, lots, number, plain, span, text
from trading.paper.dialects.kucoin_futures.venue import contract, side, tables
from trading.paper.server.exchange import Exchange

Json = dict[str, Any]

HEDGED, ONE_WAY = 1, 0


def overview(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET account-overview."""
    return wallet(exchange, account) | {"currency": params.get("currency", "USDT")}


def wallet(exchange: Exchange, account: PerpAccount) -> Json:
    """The wallet at the prices of now."""
    found = margin.summary(tables(exchange), account)
    equity = found.wallet + found.unrealised
    return {
        "accountEquity": loose(equity),
        "unrealisedPNL": loose(found.unrealised),
        "marginBalance": loose(found.wallet),
        "positionMargin": loose(found.position_initial),
        "orderMargin": loose(found.order_initial),
        "frozenFunds": 0.0,
        "availableBalance": loose(max(0, found.available)),
        "riskRatio": round(found.maintenance / equity, 10) if equity > 0 else 0.0,
        "maxWithdrawAmount": loose(max(0, found.available)),
    }


def mode(_exchange: Exchange, _account: PerpAccount, _params: Params) -> Any:
    """GET ua account/mode: no unified account."""
    return {"selfAccountMode": "CLASSIC"}


def api_key(exchange: Exchange, account: PerpAccount, _params: Params) -> Any:
    """GET user/api-key: what the account's key may do, in one line of words."""
    rights = exchange.keys.rights(account.name)
    words = ["General", *(["Futures"] if "trade" in rights else []), *(["Transfer"] if "withdraw" in rights else [])]
    bound = {"ipWhitelist": "127.0.0.1"} if "bound" in rights else {}
    return {"remark": account.name, "apiVersion": 3, "permission": ",".join(words), "isMaster": True} | bound


def high_frequency(_exchange: Exchange, _account: PerpAccount, _params: Params) -> Any:
    """GET hf/accounts/opened."""
    return True


def trade_fees(exchange: Exchange, _account: PerpAccount, params: Params) -> Any:
    """GET trade-fees."""
    rates = tables(exchange).fees
    return {
        "symbol": contract(exchange, params).symbol,
        "takerFeeRate": plain(rates.taker),
        "makerFeeRate": plain(rates.maker),
    }


def positions(exchange: Exchange, account: PerpAccount, _params: Params) -> Any:
    """GET positions: those that are not flat."""
    return [shapes.position(tables(exchange), account, one, exchange.now_ms()) for one in account.held()]


def position(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET position, also a flat one."""
    symbol = contract(exchange, params).symbol
    found = account.held(symbol) or [account.position(symbol, PositionSide.BOTH)]
    return shapes.position(tables(exchange), account, found[0], exchange.now_ms())


def leverage(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET getCrossUserLeverage."""
    symbol = contract(exchange, params).symbol
    return {"symbol": symbol, "leverage": str(account.leverage(symbol))}


def set_leverage(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """POST changeCrossUserLeverage."""
    symbol = contract(exchange, params).symbol
    side(exchange).set_leverage(account, symbol, integer(params, "leverage"))
    return True


def margin_mode(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET getMarginMode."""
    symbol = contract(exchange, params).symbol
    return {"symbol": symbol, "marginMode": shapes.margin_mode(account, symbol)}


def set_margin_mode(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """POST changeMarginMode; what is so already stays so."""
    symbol, wanted = contract(exchange, params).symbol, text(params, "marginMode")
    if wanted not in ("ISOLATED", "CROSS"):
        raise bad("marginMode")
    try:
        side(exchange).set_isolated(account, symbol, isolated=wanted == "ISOLATED")
    except Refused as refused:
        if refused.reason is not Reason.MARGIN_MODE_SAME:
            raise
    return {"symbol": symbol, "marginMode": wanted}


def position_mode(_exchange: Exchange, account: PerpAccount, _params: Params) -> Any:
    """GET getPositionMode."""
    return {"positionMode": HEDGED if account.dual else ONE_WAY}


def set_position_mode(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """POST switchPositionMode; what is so already stays so."""
    wanted = integer(params, "positionMode")
    try:
        side(exchange).set_dual(account, dual=wanted == HEDGED)
    except Refused as refused:
        if refused.reason is not Reason.SIDES_SAME:
            raise
    return {"positionMode": wanted}


def open_orders(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET openOrderStatistics: what rests of a contract, by side."""
    one = contract(exchange, params)
    found = tables(exchange).desk_open[(account.name, one.symbol)].values()
    told: Json = {"settleCurrency": one.quote}
    for name, side_ in (("Buy", Side.BUY), ("Sell", Side.SELL)):
        mine = [order for order in found if order.side is side_]
        told[f"openOrder{name}Size"] = lots(sum(order.leaves for order in mine), one)
        told[f"openOrder{name}Cost"] = plain(sum(atoms.times(order.price, order.leaves) for order in mine))
    return told


def most_open(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET getMaxOpenSize: contracts that the free margin carries at a price and a leverage, taker fees on both ways out."""
    one, price = contract(exchange, params), number(params, "price")
    if price <= 0 or integer(params, "leverage") <= 0:
        raise bad("price" if price <= 0 else "leverage")
    found, fees = margin.summary(tables(exchange), account), tables(exchange).fees
    each = atoms.times_up(price, one.multiplier)
    cost = each // integer(params, "leverage") + 2 * fees.fee(each, maker=False)
    most = max(0, found.available) // cost if cost else 0
    return {"symbol": one.symbol, "maxBuyOpenSize": most, "maxSellOpenSize": most}


def add_margin(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """POST position/margin/deposit-margin."""
    _move(exchange, account, params, number(params, "margin"))
    return position(exchange, account, params)


def take_margin(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """POST margin/withdrawMargin."""
    amount = number(params, "withdrawAmount")
    _move(exchange, account, params, -amount)
    return plain(amount)


def _move(exchange: Exchange, account: PerpAccount, params: Params, amount: int) -> None:
    wanted = str(params.get("positionSide", PositionSide.BOTH.value))
    if wanted not in PositionSide.__members__:
        raise bad("positionSide")
    side(exchange).move_margin(account, contract(exchange, params).symbol, PositionSide(wanted), amount)


def funding_history(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET funding-history: what was paid and got, newest first."""
    one, times = contract(exchange, params), span(params, "startAt", "endAt")
    rates = {funding.at_ms: funding for funding in tables(exchange).fundings if funding.symbol == one.symbol}
    rows = account.incomes.search(
        Window(times=times), lambda income: income.kind == "FUNDING_FEE" and income.symbol == one.symbol
    )
    found = [
        {
            "id": income.id,
            "symbol": one.symbol,
            "timePoint": income.at_ms,
            "fundingRate": loose(rates[income.at_ms].rate),
            "markPrice": loose(rates[income.at_ms].mark),
            "positionQty": lots(account.position(one.symbol, PositionSide.BOTH).qty, one),
            "funding": loose(income.amount),
            "settleCurrency": one.quote,
            "marginMode": shapes.margin_mode(account, one.symbol),
        }
        for income in reversed(rows)
    ]
    return {"dataList": found, "hasMore": False}
