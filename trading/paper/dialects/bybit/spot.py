"""Spot orders: placing, finding, amending, cancelling."""

from trading.paper.core.fees import FeeRates
from trading.paper.core.instrument import Instrument
from trading.paper.core.market import Market
from trading.paper.core.orders import CONDITIONAL, Fill, Order, OrderType, Request, Side, Terms
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.shelves import Window
from trading.paper.dialects.bybit import asked, ids, shapes
from trading.paper.dialects.bybit.errors import ByError
from trading.paper.dialects.bybit.params import Json, Params, maybe_text, number, one_of
from trading.paper.dialects.bybit.venue import SPOT, board, fund_spot
from trading.paper.server.exchange import Exchange

PLAIN, STOP, TPSL = "Order", "StopOrder", "tpslOrder"


class SpotDesk:
    """An account's spot orders."""

    category = SPOT

    def __init__(self, exchange: Exchange, name: str) -> None:
        self._exchange = exchange
        self._state = exchange.state
        self._name = name

    def place(self, params: Params) -> Json:
        """POST order/create: as an order, or waiting for its trigger price."""
        market = board(self._exchange, SPOT).market(params)
        asked.refuse_attached(params)
        request = _request(self._name, market, params)
        if request.client_id and self._state.orders.named((self._name, request.symbol), request.client_id):
            raise Refused(Reason.DUPLICATE)  # Bybit gives an id once, also when its order is long done
        return self.acknowledged(self._place(request))

    def _place(self, request: Request) -> Order:
        """Bybit acknowledges an order that would take although it may not, then cancels it."""
        try:
            return self._exchange.place(request)
        except Refused as refused:
            if refused.reason is Reason.WOULD_TAKE:
                return self._exchange.turn_away(request)
            if refused.reason is not Reason.BALANCE:
                raise
        fund_spot(self._exchange, self._name)
        return self._exchange.place(request)

    def acknowledged(self, found: Order) -> Json:
        """What is told about an order that was placed, amended or cancelled."""
        return {"orderId": ids.spot_id(found), "orderLinkId": ids.link_id(found)}

    def find(self, params: Params, unknown: Reason) -> Order:
        """The account's order of this id or link id."""
        found = self._lookup(params)
        if found is None or found.account != self._name:
            raise Refused(unknown)
        return found

    def _lookup(self, params: Params) -> Order | None:
        shown, link, symbol = (maybe_text(params, name) for name in ("orderId", "orderLinkId", "symbol"))
        if shown:
            return self._state.orders.get(ids.inner_spot(shown))
        symbols = [symbol] if symbol else list(self._state.markets)
        found = (self._state.orders.named((self._name, one), link) for one in symbols)
        return next((one for one in found if one), None)

    def cancel(self, params: Params) -> Json:
        """POST order/cancel: an order that waits is found only where the filter names it."""
        found = self.find(params, Reason.CANCEL_UNKNOWN)
        if not _wanted(found, one_of(params, "orderFilter", (PLAIN, STOP, TPSL), default=PLAIN)):
            raise Refused(Reason.CANCEL_UNKNOWN)
        self.end(found)
        return self.acknowledged(found)

    def end(self, found: Order) -> None:
        """Cancel an open order."""
        self._exchange.cancel(found)

    def amend(self, params: Params) -> Json:
        """POST order/amend: less of it. The spot book has no orders that move."""
        found = self.find(params, Reason.ORDER_UNKNOWN)
        if not found.open:
            raise Refused(Reason.ORDER_UNKNOWN)
        if number(params, "price") not in (0, found.price) or number(params, "triggerPrice"):
            raise ByError(170227, "This feature is not supported: cancel the order and place another.")
        _check_qty(number(params, "qty"), found.instrument)
        self._exchange.amend(found, number(params, "qty"))
        return self.acknowledged(found)

    def open_orders(self, params: Params) -> list[Order]:
        """The account's open orders of a symbol or of all, oldest first."""
        wanted = maybe_text(params, "orderFilter")
        found = (one for desk in self._desks(params) for one in self._state.desk_open[desk].values())
        return sorted((one for one in found if not wanted or _wanted(one, wanted)), key=lambda one: one.id)

    def closed_orders(self, params: Params, window: Window) -> list[Order]:
        """The account's latest closed orders of a symbol or of all, oldest first."""
        wanted, orders = maybe_text(params, "orderFilter"), self._state.orders
        found = [
            one
            for desk in self._desks(params)
            for one in orders.search(desk, window, lambda row: not row.open and (not wanted or _wanted(row, wanted)))
        ]
        return sorted(found, key=lambda one: one.id)

    def _desks(self, params: Params) -> list[tuple[str, str]]:
        symbol = maybe_text(params, "symbol")
        return [(self._name, one) for one in ([symbol] if symbol else self._state.markets)]

    def to_cancel(self, params: Params) -> list[Order]:
        """What a cancel-all ends: plain orders unless the filter says otherwise."""
        wanted = one_of(params, "orderFilter", (PLAIN, STOP, TPSL), default=PLAIN)
        return self.open_orders(params | {"orderFilter": wanted})

    def is_open(self, found: Order) -> bool:
        """Whether it can still fill."""
        return found.open

    def shape(self, found: Order) -> Json:
        """The order as the look-ups report it."""
        return shapes.spot_order(found)

    def fills(self, params: Params, window: Window) -> list[Fill]:
        """The account's latest executions of a symbol or of all, oldest first."""
        found = [fill for desk in self._desks(params) for fill in self._state.fills(desk, window)]
        return sorted(found, key=lambda fill: fill.at_ms)

    def order_of(self, fill: Fill) -> Order:
        """The order that an execution belongs to."""
        return fill.order

    @property
    def rates(self) -> FeeRates:
        """The account's fees of today."""
        return self._state.rates(self._name, now_ms=self._exchange.now_ms())


def _wanted(order: Order, order_filter: str) -> bool:
    conditional = order.terms is not None and order.terms.stop_price > 0
    return conditional is (order_filter != PLAIN)


def _request(name: str, market: Market, params: Params) -> Request:
    buys, (kind, time_in_force) = asked.side(params), asked.working(params)
    trigger, symbol = number(params, "triggerPrice"), market.instrument.symbol
    price = number(params, "price") if kind is not OrderType.MARKET else 0
    _check_price(price, market.instrument, required=kind is not OrderType.MARKET)
    return Request(
        account=name,
        symbol=symbol,
        side=buys,
        type=_waiting(kind, buys, trigger, market.price) if trigger else kind,
        time_in_force=time_in_force,
        price=price,
        client_id=asked.link_id(params),
        terms=_terms(params, trigger),
        **_amount(params, kind, buys, market.instrument, waits=trigger > 0),
    )


def _amount(params: Params, kind: OrderType, side: Side, one: Instrument, *, waits: bool) -> dict[str, int]:
    """A market buy is told in quote, a market sell in base, unless marketUnit says otherwise."""
    amount = number(params, "qty")
    usual = "quoteCoin" if side is Side.BUY else "baseCoin"
    unit = one_of(params, "marketUnit", ("baseCoin", "quoteCoin"), default=usual)
    if kind is OrderType.MARKET and unit == "quoteCoin" and not waits:
        if not amount:
            raise Refused(Reason.INVALID_QUANTITY)
        return {"quote_qty": amount}
    _check_qty(amount, one)
    return {"qty": amount}


def _waiting(kind: OrderType, side: Side, trigger: int, price: int) -> OrderType:
    """Where the trigger price lies says whether it is a stop or a take-profit."""
    stops = (trigger >= price) is (side is Side.BUY)
    name = "STOP_LOSS" if stops else "TAKE_PROFIT"
    found = OrderType(name if kind is OrderType.MARKET else f"{name}_LIMIT")
    assert found in CONDITIONAL
    return found


def _terms(params: Params, trigger: int) -> Terms | None:
    terms = Terms(order_id=0, stop_price=trigger, self_trade=asked.self_trade(params))
    return None if terms == Terms(0) else terms


def _check_price(price: int, one: Instrument, *, required: bool) -> None:
    if not required:
        return
    if not price:
        raise Refused(Reason.INVALID_PRICE)
    if price % one.tick_size:
        raise ByError(170134, "Order price decimal too long.")
    if price > one.max_price:
        raise ByError(170132, "Order price exceeded upper limit.")
    if price < one.min_price:
        raise ByError(170133, "Order price exceeded lower limit.")


def _check_qty(qty: int, one: Instrument) -> None:
    if not qty:
        raise Refused(Reason.INVALID_QUANTITY)
    if qty % one.lot_step:
        raise ByError(170137, "Order volume decimal too long.")
    if qty < one.min_qty:
        raise ByError(170136, "Order quantity exceeded lower limit.")
    if qty > one.max_qty:
        raise ByError(170135, "Order quantity exceeded upper limit.")
