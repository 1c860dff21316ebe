"""Linear orders: placing, finding, amending, cancelling. A conditional order keeps its id when it is triggered."""

from trading.paper.core.fees import FeeRates
from trading.paper.core.orders import Fill, OrderType, SelfTrade, Side, Terms
from trading.paper.core.perps.commands import closes
from trading.paper.core.perps.contract import Contract
from trading.paper.core.perps.orders import AlgoOrder, AlgoRequest, AlgoType, PerpOrder, PerpRequest, PositionSide
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.shelves import Window
from trading.paper.dialects.bybit import asked, ids, shapes
from trading.paper.dialects.bybit.errors import PARAMS, ByError, bad
from trading.paper.dialects.bybit.params import Json, Params, flag, integer, maybe_text, number, one_of, plain
from trading.paper.dialects.bybit.shapes import FALLS, RISES
from trading.paper.dialects.bybit.venue import LINEAR, contract, fund_linear, holder, settles, side, tables
from trading.paper.server.exchange import Exchange

PLAIN = "Order"
FILTERS = (PLAIN, "StopOrder", "tpslOrder", "OpenOrder")

TRIGGERED_BY = ("LastPrice", "MarkPrice", "IndexPrice")

SIDES = (PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT)
# By positionIdx.

Found = PerpOrder | AlgoOrder


class LinearDesk:
    """An account's linear orders, plain and conditional."""

    category = LINEAR

    def __init__(self, exchange: Exchange, name: str) -> None:
        self._exchange = exchange
        self._perps = tables(exchange)
        self._side = side(exchange)
        self._name = name

    def place(self, params: Params) -> Json:
        """POST order/create: as an order, or waiting for its trigger price."""
        one = contract(self._exchange, params)
        asked.refuse_attached(params)
        request = self._request(one, params)
        self._check_link(request)
        if not request.reduce_only:
            fund_linear(self._exchange, self._name)
        if number(params, "triggerPrice"):
            return self.acknowledged(self._side.place_algo(self._conditional(request, params)))
        return self.acknowledged(self._place(request))

    def _place(self, request: PerpRequest) -> PerpOrder:
        """Bybit acknowledges an order that cannot work the way it asks, then cancels it."""
        try:
            return self._side.place(request)
        except Refused as refused:
            if refused.reason not in (Reason.UNFILLABLE, Reason.WOULD_TAKE):
                raise
        return self._side.turn_away(request)

    def _request(self, one: Contract, params: Params) -> PerpRequest:
        (kind, time_in_force), buys, apart = asked.working(params), asked.side(params), _position_side(params)
        mode, reduces = asked.self_trade(params), flag(params, "reduceOnly") or flag(params, "closeOnTrigger")
        return PerpRequest(
            account=self._name,
            symbol=one.symbol,
            side=buys,
            type=kind,
            time_in_force=time_in_force,
            price=_price(params) if kind is not OrderType.MARKET else 0,
            qty=self._qty(one, apart, params),
            client_id=asked.link_id(params),
            position_side=apart,
            reduce_only=reduces if apart is PositionSide.BOTH else closes(buys, apart),
            close_position=flag(params, "closeOnTrigger"),
            terms=None if mode == SelfTrade.NONE else Terms(0, self_trade=mode),
        )

    def _qty(self, one: Contract, apart: PositionSide, params: Params) -> int:
        """The quantity; a zero that reduces and closes is the whole position."""
        wanted = number(params, "qty")
        if wanted or not (flag(params, "reduceOnly") and flag(params, "closeOnTrigger")):
            return wanted
        return abs(holder(self._exchange, self._name).position(one.symbol, apart).qty)

    def _check_link(self, request: PerpRequest) -> None:
        """Bybit gives an id once, also when its order is long done."""
        if request.client_id and self._linked(request.client_id, [request.symbol]):
            raise Refused(Reason.DUPLICATE)

    def _linked(self, link: str, symbols: list[str]) -> Found | None:
        orders = (self._perps.orders.named((self._name, one), link) for one in symbols)
        return next((one for one in orders if one), None) or self._perps.algos.named((self._name,), link)

    def _conditional(self, request: PerpRequest, params: Params) -> AlgoRequest:
        rises, trigger = _rises(params), number(params, "triggerPrice")
        self._check_direction(request.symbol, trigger, rises=rises)
        stops = rises is (request.side is Side.BUY)
        name = ("STOP" if stops else "TAKE_PROFIT") + ("" if request.price else "_MARKET")
        post_only = request.type is OrderType.LIMIT_MAKER
        return AlgoRequest(
            account=request.account,
            symbol=request.symbol,
            side=request.side,
            type=AlgoType(name),
            time_in_force="GTX" if post_only else request.time_in_force.value,
            price=request.price,
            qty=request.qty,
            client_id=request.client_id,
            position_side=request.position_side,
            reduce_only=request.reduce_only,
            trigger_price=trigger,
            working_type=one_of(params, "triggerBy", TRIGGERED_BY, default="LastPrice"),
        )

    def _check_direction(self, symbol: str, trigger: int, *, rises: bool) -> None:
        price = self._perps.markets[symbol].price
        told = f"trigger_price[{plain(trigger)}]", f"current[{plain(price)}]"
        if price and rises and trigger <= price:
            raise ByError(110092, f"expect Rising, but {told[0]} <= {told[1]}")
        if price and not rises and trigger >= price:
            raise ByError(110093, f"expect Falling, but {told[0]} >= {told[1]}")

    def acknowledged(self, found: Found) -> Json:
        """What is told about an order that was placed, amended or cancelled."""
        return {"orderId": ids.linear_id(found.id), "orderLinkId": ids.link_id(found)}

    def find(self, params: Params, unknown: Reason) -> Found:
        """The account's order of this id or link id."""
        found = self._lookup(params)
        if found is None or found.account != self._name:
            raise Refused(unknown)
        return found

    def _lookup(self, params: Params) -> Found | None:
        shown, link, symbol = (maybe_text(params, name) for name in ("orderId", "orderLinkId", "symbol"))
        if not shown:
            return self._linked(link, [symbol] if symbol else list(self._perps.contracts))
        number_ = ids.inner_linear(shown)
        return self._perps.orders.get(number_) or self._perps.algos.get(number_)

    def cancel(self, params: Params) -> Json:
        """POST order/cancel."""
        found = self.find(params, Reason.CANCEL_UNKNOWN)
        self.end(found)
        return self.acknowledged(found)

    def end(self, found: Found) -> None:
        """Cancel an open order; of a triggered one what it became."""
        working = found.actual if isinstance(found, AlgoOrder) and found.actual else found
        if isinstance(working, AlgoOrder):
            self._side.cancel_algo(working)
        else:
            self._side.cancel(working)

    def amend(self, params: Params) -> Json:
        """POST order/amend: another price or quantity. Conditional orders do not move here."""
        found = self.find(params, Reason.ORDER_UNKNOWN)
        working = found.actual if isinstance(found, AlgoOrder) and found.actual else found
        if isinstance(working, AlgoOrder):
            raise ByError(PARAMS, "a conditional order is not amended here: cancel it and place another")
        self._side.amend(working, _amended(working, params))
        return self.acknowledged(found)

    def open_orders(self, params: Params) -> list[Found]:
        """The account's open orders of a contract or of all, oldest first."""
        rows: list[Found] = []
        for desk in self._desks(params):
            rows += [self.shown(one) for one in self._perps.desk_open[desk].values()]
            rows += self._perps.open_algos(*desk)
        return _sorted(rows, params)

    def closed_orders(self, params: Params, window: Window) -> list[Found]:
        """The account's latest closed orders, oldest first; what a conditional order became is not told twice."""
        rows: list[Found] = []
        for desk in self._desks(params):
            rows += self._perps.orders.search(desk, window, lambda one: not one.open and not one.algo_id)
            rows += self._perps.algos.search(desk, window, lambda one: not self.is_open(one))
        return _sorted(rows, params)

    def _desks(self, params: Params) -> list[tuple[str, str]]:
        symbol = maybe_text(params, "symbol")
        told = [symbol] if symbol else [one for one in self._perps.contracts if settles(self._perps, one, params)]
        return [(self._name, one) for one in told]

    def to_cancel(self, params: Params) -> list[Found]:
        """What a cancel-all ends: everything unless a filter says otherwise."""
        if maybe_text(params, "orderFilter"):
            one_of(params, "orderFilter", FILTERS)
        return self.open_orders(params)

    def is_open(self, found: Found) -> bool:
        """Whether it waits or can still fill."""
        return found.open or (isinstance(found, AlgoOrder) and found.actual is not None and found.actual.open)

    def shape(self, found: Found) -> Json:
        """The order as the look-ups report it."""
        return shapes.linear_algo(found) if isinstance(found, AlgoOrder) else shapes.linear_order(found)

    def fills(self, params: Params, window: Window) -> list[Fill]:
        """The account's latest executions of a contract or of all, oldest first."""
        found: list[Fill] = [fill for desk in self._desks(params) for fill in self._perps.fills(desk, window)]
        return sorted(found, key=lambda fill: fill.at_ms)

    def order_of(self, fill: Fill) -> Found:
        """The order that an execution belongs to: the conditional one where there was one."""
        return self.shown(self._perps.orders[fill.order.id])

    def shown(self, order: PerpOrder) -> Found:
        """An order, or the conditional one that it came from."""
        return self._perps.algos[order.algo_id] if order.algo_id else order

    @property
    def rates(self) -> FeeRates:
        """The account's fees of today."""
        return self._perps.rates(holder(self._exchange, self._name), now_ms=self._exchange.now_ms())


def _sorted(rows: list[Found], params: Params) -> list[Found]:
    wanted = maybe_text(params, "orderFilter")
    conditional = wanted not in (PLAIN, "OpenOrder")
    found = (one for one in rows if not wanted or isinstance(one, AlgoOrder) is conditional)
    return sorted(found, key=lambda one: (one.created_ms, one.id))


def _position_side(params: Params) -> PositionSide:
    index = integer(params, "positionIdx")
    if not 0 <= index < len(SIDES):
        raise bad("positionIdx")
    return SIDES[index]


def _price(params: Params) -> int:
    price = number(params, "price")
    if not price:
        raise Refused(Reason.INVALID_PRICE)
    return price


def _rises(params: Params) -> bool:
    direction = integer(params, "triggerDirection")
    if direction not in (RISES, FALLS):
        raise bad("triggerDirection")
    return direction == RISES


def _amended(order: PerpOrder, params: Params) -> PerpRequest:
    return PerpRequest(
        account=order.account,
        symbol=order.instrument.symbol,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        price=number(params, "price") or order.price,
        qty=number(params, "qty") or order.qty,
        client_id=order.client_id,
        position_side=order.position_side,
        reduce_only=order.reduce_only,
        terms=order.terms,
    )
