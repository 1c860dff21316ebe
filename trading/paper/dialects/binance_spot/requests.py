"""What a client asks for when it places an order: which parameters belong to which type."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeVar, cast

from trading.paper.core.orders import CONDITIONAL, OrderType, SelfTrade, Side, Terms, TimeInForce
from trading.paper.core.orders import Request as OrderRequest
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot.errors import WireError, missing, unwanted
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.server.exchange import Exchange

Member = TypeVar("Member", bound=Enum)

_NO_SUCH_MODE = "This symbol does not allow the specified self-trade prevention mode."

_STOPS = ("stopPrice", "trailingDelta")
_SPECIAL = {*_STOPS, "icebergQty", "selfTradePreventionMode"}


@dataclass(frozen=True, slots=True)
class _Kind:
    """Which parameters an order type needs and which it refuses."""

    needs: tuple[str, ...]
    refuses: tuple[str, ...] = ()


_AT_STOP = _Kind(needs=("quantity",), refuses=("timeInForce", "price", "quoteOrderQty", "icebergQty"))
_LIMIT_AT_STOP = _Kind(needs=("timeInForce", "quantity", "price"), refuses=("quoteOrderQty",))

_KINDS = {
    OrderType.LIMIT: _Kind(needs=("timeInForce", "quantity", "price"), refuses=("quoteOrderQty", *_STOPS)),
    OrderType.LIMIT_MAKER: _Kind(needs=("quantity", "price"), refuses=("timeInForce", "quoteOrderQty", *_STOPS)),
    OrderType.MARKET: _Kind(needs=(), refuses=("timeInForce", "price", "icebergQty", *_STOPS)),
    OrderType.STOP_LOSS: _AT_STOP,
    OrderType.STOP_LOSS_LIMIT: _LIMIT_AT_STOP,
    OrderType.TAKE_PROFIT: _AT_STOP,
    OrderType.TAKE_PROFIT_LIMIT: _LIMIT_AT_STOP,
}


def request(exchange: Exchange, account: str, params: Params) -> OrderRequest:
    """The order asked for; WireError where its parameters do not fit its type."""
    symbol = read.text(params, "symbol")
    exchange.state.market(symbol)
    side = member(Side, read.text(params, "side"), -1117, "Invalid side.")
    order_type = member(OrderType, read.text(params, "type"), -1116, "Invalid orderType.")
    _check_params(order_type, params)
    return OrderRequest(
        account=account,
        symbol=symbol,
        side=side,
        type=order_type,
        time_in_force=_time_in_force(params),
        price=read.maybe_number(params, "price"),
        qty=read.maybe_number(params, "quantity"),
        quote_qty=read.maybe_number(params, "quoteOrderQty"),
        client_id=read.client_id(params),
        terms=_terms(params),
    )


def member(kind: type[Member], value: str, code: int, words: str) -> Member:
    """The member of an enumeration, or the error."""
    found = kind._value2member_map_.get(value)
    if found is None:
        raise WireError(code, words)
    return cast(Member, found)


def _time_in_force(params: Params) -> TimeInForce:
    value = params.get("timeInForce", TimeInForce.GTC)
    return member(TimeInForce, value, -1115, "Invalid timeInForce.")


def _terms(params: Params) -> Terms | None:
    """None for the plain orders that most are."""
    if not _SPECIAL & params.keys():
        return None
    mode = params.get("selfTradePreventionMode", "") or SelfTrade.NONE.value
    terms = Terms(
        order_id=0,
        stop_price=read.maybe_number(params, "stopPrice"),
        trailing_bps=read.maybe_integer(params, "trailingDelta") or 0,
        iceberg_qty=read.maybe_number(params, "icebergQty"),
        self_trade=member(SelfTrade, mode, -2010, _NO_SUCH_MODE).value,
    )
    return None if terms == Terms(0) else terms


def _check_params(order_type: OrderType, params: Params) -> None:
    kind = _KINDS[order_type]
    for name in kind.needs:
        read.text(params, name)
    for name in kind.refuses:
        if name in params:
            raise unwanted(name)
    if order_type is OrderType.MARKET:
        _check_amount(params)
    if order_type in CONDITIONAL and not any(params.get(name) for name in _STOPS):
        raise WireError(-1102, "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!")
    if "icebergQty" in params and params.get("timeInForce", "GTC") != "GTC":
        raise WireError(-1013, "Iceberg orders must have timeInForce GTC.")


def _check_amount(params: Params) -> None:
    if "quantity" in params and "quoteOrderQty" in params:
        raise unwanted("quoteOrderQty")
    if "quantity" not in params and not read.maybe_number(params, "quoteOrderQty"):
        raise missing("quantity")
