"""Leverage, margin type, position mode: reading and changing them."""

from typing import Any

from trading.paper.core.perps.state import PerpAccount
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot.errors import missing
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.dialects.binance_usdm import numbers
from trading.paper.dialects.binance_usdm.errors import invalid
from trading.paper.dialects.binance_usdm.numbers import plain
from trading.paper.dialects.binance_usdm.reading import position_side
from trading.paper.server.exchange import Exchange

SUCCESS = {"code": 200, "msg": "success"}

ADD, TAKE = "1", "2"


def _account(exchange: Exchange, name: str) -> PerpAccount:
    return exchange.state.perps.accounts[name]


def _symbol(exchange: Exchange, params: Params) -> str:
    symbol = read.text(params, "symbol")
    exchange.state.perps.market(symbol)
    return symbol


def leverage(exchange: Exchange, name: str, params: Params) -> Any:
    """POST leverage."""
    symbol = _symbol(exchange, params)
    wanted = read.maybe_integer(params, "leverage")
    if wanted is None:
        raise missing("leverage")
    exchange.futures.set_leverage(_account(exchange, name), symbol, wanted)
    return {
        "symbol": symbol,
        "leverage": wanted,
        "maxNotionalValue": plain(exchange.state.perps.contracts[symbol].cap(wanted)),
    }


def margin_type(exchange: Exchange, name: str, params: Params) -> Any:
    """POST marginType."""
    symbol, wanted = _symbol(exchange, params), read.text(params, "marginType")
    if wanted not in ("ISOLATED", "CROSSED"):
        raise invalid("marginType")
    exchange.futures.set_isolated(_account(exchange, name), symbol, isolated=wanted == "ISOLATED")
    return SUCCESS


def position_margin(exchange: Exchange, name: str, params: Params) -> Any:
    """POST positionMargin: 1 adds to an isolated position, 2 takes out of it."""
    symbol, amount = _symbol(exchange, params), read.number(params, "amount")
    kind = read.text(params, "type")
    if kind not in (ADD, TAKE):
        raise invalid("type")
    moved = amount if kind == ADD else -amount
    exchange.futures.move_margin(_account(exchange, name), symbol, position_side(params), moved)
    done = {"code": 200, "msg": "Successfully modify position margin."}
    return done | {"amount": float(plain(amount)), "type": int(kind)}


def dual(exchange: Exchange, name: str, _params: Params) -> Any:
    """GET positionSide/dual."""
    return {"dualSidePosition": _account(exchange, name).dual}


def set_dual(exchange: Exchange, name: str, params: Params) -> Any:
    """POST positionSide/dual."""
    read.text(params, "dualSidePosition")
    exchange.futures.set_dual(_account(exchange, name), dual=numbers.flag(params, "dualSidePosition"))
    return SUCCESS


def multi_assets(_exchange: Exchange, _name: str, _params: Params) -> Any:
    """GET multiAssetsMargin: wallets hold one asset."""
    return {"multiAssetsMargin": False}


def symbol_config(exchange: Exchange, name: str, params: Params) -> Any:
    """GET symbolConfig, of one contract or of all."""
    holder, contracts = _account(exchange, name), exchange.state.perps.contracts
    symbols = [_symbol(exchange, params)] if "symbol" in params else list(contracts)
    return [
        {
            "symbol": symbol,
            "marginType": "ISOLATED" if symbol in holder.isolated else "CROSSED",
            "isAutoAddMargin": False,
            "leverage": holder.leverage(symbol),
            "maxNotionalValue": plain(contracts[symbol].cap(holder.leverage(symbol))),
        }
        for symbol in symbols
    ]


def account_config(exchange: Exchange, name: str, _params: Params) -> Any:
    """GET accountConfig."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": False,
        "dualSidePosition": _account(exchange, name).dual,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
        "updateTime": 0,
    }
