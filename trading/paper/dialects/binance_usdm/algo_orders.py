"""Conditional orders: placing, cancelling and finding them."""

from typing import Any

from trading.paper.core.instrument import Instrument
from trading.paper.core.orders import Side, TimeInForce
from trading.paper.core.perps.commands import closes
from trading.paper.core.perps.orders import LIMITED, AlgoOrder, AlgoRequest, AlgoType, PositionSide
from trading.paper.core.refusals import Reason, Refused
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot.errors import WireError, missing, unwanted
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.dialects.binance_usdm import numbers, shapes
from trading.paper.dialects.binance_usdm.errors import invalid
from trading.paper.dialects.binance_usdm.orders import DONE
from trading.paper.dialects.binance_usdm.reading import client_id, forgotten, member, position_side
from trading.paper.server.exchange import Exchange

CLOSERS = frozenset({AlgoType.STOP_MARKET, AlgoType.TAKE_PROFIT_MARKET})
# Only these may close a whole position.

WORKING_TYPES = ("CONTRACT_PRICE", "MARK_PRICE")

PERCENT = 100


def place(exchange: Exchange, account: str, params: Params) -> Any:
    """POST algoOrder."""
    return shapes.algo(exchange.futures.place_algo(_request(exchange, account, params)))


def _request(exchange: Exchange, account: str, params: Params) -> AlgoRequest:
    symbol = read.text(params, "symbol")
    contract = exchange.state.perps.market(symbol).instrument
    side = member(Side, read.text(params, "side"), WireError(-1117, "Invalid side."))
    kind = _kind(params)
    apart = position_side(params)
    _check_params(kind, params)
    return AlgoRequest(
        account=account,
        symbol=symbol,
        side=side,
        type=kind,
        time_in_force=_time_in_force(params),
        qty=numbers.qty(params, "quantity", contract),
        client_id=client_id(params, "clientAlgoId"),
        position_side=apart,
        reduce_only=_reduces(params, side, apart),
        close_position=numbers.flag(params, "closePosition"),
        working_type=_working_type(params),
        **_prices(params, contract),
    )


def _prices(params: Params, contract: Instrument) -> dict[str, int]:
    activate = "activatePrice" if "activatePrice" in params else "activationPrice"
    return {
        "price": numbers.price(params, "price", contract),
        "trigger_price": numbers.price(params, "triggerPrice", contract),
        "activate_price": numbers.price(params, activate, contract),
        "callback_rate": read.maybe_number(params, "callbackRate") // PERCENT,
    }


def _kind(params: Params) -> AlgoType:
    if read.text(params, "algoType") != "CONDITIONAL":
        raise invalid("algoType")
    return member(AlgoType, read.text(params, "type"), WireError(-1116, "Invalid orderType."))


def _check_params(kind: AlgoType, params: Params) -> None:
    closing = numbers.flag(params, "closePosition")
    if closing and kind not in CLOSERS:
        raise WireError(-4136, f"Target strategy invalid for orderType {kind.value},closePosition true")
    for name in ("quantity", "reduceOnly"):
        if closing and name in params:
            raise unwanted(name.lower())
    for name in _needs(kind, closing=closing):
        read.text(params, name)


def _needs(kind: AlgoType, *, closing: bool) -> list[str]:
    trigger = "callbackRate" if kind is AlgoType.TRAILING_STOP_MARKET else "triggerPrice"
    return [trigger, *([] if closing else ["quantity"]), *(["price"] if kind in LIMITED else [])]


def _time_in_force(params: Params) -> str:
    value = params.get("timeInForce", "") or TimeInForce.GTC.value
    if value != shapes.POST_ONLY:
        member(TimeInForce, value, WireError(-1115, "Invalid timeInForce."))
    return value


def _reduces(params: Params, side: Side, apart: PositionSide) -> bool:
    if apart is PositionSide.BOTH:
        return numbers.flag(params, "reduceOnly")
    if "reduceOnly" in params:
        raise unwanted("reduceonly")
    return closes(side, apart)


def _working_type(params: Params) -> str:
    value = params.get("workingType", "") or WORKING_TYPES[0]
    if value not in WORKING_TYPES:
        raise invalid("workingType")
    return value


def cancel(exchange: Exchange, account: str, params: Params) -> Any:
    """DELETE algoOrder."""
    found = _find(exchange, account, params, Reason.CANCEL_UNKNOWN)
    exchange.futures.cancel_algo(found)
    return {"algoId": found.id, "clientAlgoId": found.client_id, "code": "200", "msg": "success"}


def cancel_all(exchange: Exchange, account: str, params: Params) -> Any:
    """DELETE algoOpenOrders of one contract; plain orders stay."""
    symbol = read.text(params, "symbol")
    exchange.state.perps.market(symbol)
    for algo in exchange.state.perps.open_algos(account, symbol):
        exchange.futures.cancel_algo(algo)
    return DONE


def get(exchange: Exchange, account: str, params: Params) -> Any:
    """GET algoOrder."""
    return shapes.algo(_find(exchange, account, params, Reason.ORDER_UNKNOWN))


def _find(exchange: Exchange, account: str, params: Params, reason: Reason) -> AlgoOrder:
    algo_id, name = read.maybe_integer(params, "algoId"), params.get("clientAlgoId", "")
    if algo_id is None and not name:
        raise missing("algoId")
    perps = exchange.state.perps
    found = perps.algos.named((account,), name) if algo_id is None else perps.algos.get(algo_id)
    if found is None or found.account != account or _forgotten(exchange, found):
        raise Refused(reason)
    return found


def _forgotten(exchange: Exchange, algo: AlgoOrder) -> bool:
    return forgotten(algo.status, filled=0, created_ms=algo.created_ms, now_ms=exchange.told_ms())


def open_orders(exchange: Exchange, account: str, params: Params) -> Any:
    """GET openAlgoOrders, of one contract or of all."""
    wanted = params.get("symbol", "")
    if wanted:
        exchange.state.perps.market(wanted)
    found = exchange.state.perps.open_algos(account, wanted)
    return [shapes.algo(algo) for algo in sorted(found, key=lambda algo: algo.id)]


def all_orders(exchange: Exchange, account: str, params: Params) -> Any:
    """GET allAlgoOrders of one contract: from an id on, or the latest within the times."""
    symbol = read.text(params, "symbol")
    exchange.state.perps.market(symbol)
    window = read.window(params, first=read.maybe_integer(params, "algoId"))
    found = exchange.state.perps.algos.page((account, symbol), window)
    return [shapes.algo(algo) for algo in found if not _forgotten(exchange, algo)]
