"""The simulated venue: its own ledger, its promises about client ids and request expiry, and its views that lag behind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from random import Random
from typing import Any

from tests.simulator.market import BY_SYMBOL, FEE, PRICES
from trading.domain.money import ZERO
from trading.domain.order_state import PRODUCTION, VenueStatus
from trading.domain.vocabulary import OrderType, Side, TimeInForce
from trading.errors import OrderNotOpen, Rejected, Unknown
from trading.gateways.base import BalanceReport, FillReport, OrderReport, OrderRequest

S = VenueStatus
DEPOSIT = Decimal(10000)
FEE_STEP = Decimal("1E-8")
# A fee is counted in such steps, the rest is given away.
LONGEST_LAG_MS = 2500
# How late an order or an execution may show up, in the venue's lists and by its number; the books are never late.


@dataclass(frozen=True, slots=True)
class VenueKind:
    """What a venue promises. client_id_scope: `open`, `all` or `never`."""

    client_id_scope: str = "open"
    request_expiry: bool = True
    lags: bool = True

    def __str__(self) -> str:
        expiry = "expiry" if self.request_expiry else "no expiry"
        return f"ids unique among {self.client_id_scope}, {expiry}"


KINDS = tuple(VenueKind(scope, expiry) for scope in ("open", "open", "all", "never") for expiry in (True, True, False))


@dataclass(slots=True, eq=False)
class VenueOrder:
    """An order in the ledger."""

    number: str
    client_id: str
    symbol: str
    side: Side
    type: OrderType
    qty: Decimal
    price: Decimal | None
    accepted_at: datetime
    visible_at: datetime
    opens: bool
    filled: Decimal = ZERO
    status: VenueStatus = S.OPEN
    fills: list["VenueFill"] = field(default_factory=list)

    def report(self) -> OrderReport:
        return OrderReport(self.client_id, self.number, self.status, self.filled)


@dataclass(slots=True, eq=False)
class VenueFill:
    """An execution in the ledger."""

    report: FillReport
    client_id: str
    visible_at: datetime


class Venue:
    """One account's venue. Every method is what happens when a request arrives; times are the venue's own."""

    def __init__(self, kind: VenueKind, rng: Random, *, skew: timedelta = timedelta()) -> None:
        self.kind, self.rng, self.skew = kind, rng, skew
        self.orders: dict[str, VenueOrder] = {}
        self.fills: list[VenueFill] = []
        self.prices = dict(PRICES)
        self.balances: dict[str, Decimal] = {"USDT": DEPOSIT}
        self.refuses = 0  # so many orders are refused out of hand
        self.duplicates_taken = 0

    # orders ---------------------------------------------------------------------------------

    def place(self, request: OrderRequest, *, signed_at: datetime, now: datetime) -> OrderReport:
        """Accept or refuse; what crosses the market fills at once."""
        self._proven_wrong(request, signed_at, now)
        order = VenueOrder(
            number=str(1000 + len(self.orders)),
            client_id=request.client_order_id,
            symbol=request.symbol,
            side=request.side,
            type=request.type,
            qty=request.qty,
            price=request.price,
            accepted_at=now,
            visible_at=now + self._lag(),
            opens=request.opens_position,
        )
        self.orders[order.number] = order
        self._cross(order, now)
        if order.type is OrderType.MARKET or request.time_in_force is TimeInForce.IOC:
            order.status = order.status if order.status is S.FILLED else S.EXPIRED
        return order.report()

    def _proven_wrong(self, request: OrderRequest, signed_at: datetime, now: datetime) -> None:
        """Raise Rejected, or Unknown for an id that exists already."""
        if self.kind.request_expiry and now - self.skew > signed_at + PRODUCTION.receive_window:
            raise Rejected(venue="simulated", error="TIMESTAMP", detail="outside of the receive window")
        if self.refuses:
            self.refuses -= 1
            raise Rejected(venue="simulated", error="FILTER", detail="not now")
        if self._id_taken(request.client_order_id):
            raise Unknown(venue="simulated", error="DUPLICATE", detail="duplicate client id")
        base = BY_SYMBOL[request.symbol].base
        price = request.price or self.prices[request.symbol]
        buys = request.side is Side.BUY
        needed, of = (request.qty * price, "USDT") if buys else (request.qty, base)
        if needed > self.free(of):
            raise Rejected(venue="simulated", error="FUNDS", detail=f"insufficient {of}")

    def _id_taken(self, client_id: str) -> bool:
        same = [order for order in self.orders.values() if order.client_id == client_id]
        taken = {
            "never": False,
            "open": any(order.status is S.OPEN for order in same),
            "all": bool(same),
        }[self.kind.client_id_scope]
        self.duplicates_taken += bool(same) and not taken
        return taken

    def cancel(self, number: str) -> None:
        order = self.orders.get(number)
        if order is None or order.status is not S.OPEN:
            raise OrderNotOpen(venue="simulated", error="NOT_OPEN", detail=number)
        order.status = S.CANCELED

    def free(self, currency: str) -> Decimal:
        """Total less what resting orders lock."""
        return self.balances.get(currency, ZERO) - sum((self._locks(o, currency) for o in self.resting()), ZERO)

    def resting(self) -> Iterator[VenueOrder]:
        return (order for order in self.orders.values() if order.status is S.OPEN)

    @staticmethod
    def _locks(order: VenueOrder, currency: str) -> Decimal:
        left = order.qty - order.filled
        if order.side is Side.BUY:
            return left * (order.price or ZERO) if currency == "USDT" else ZERO
        return left if BY_SYMBOL[order.symbol].base == currency else ZERO

    # the market -----------------------------------------------------------------------------

    def trade(self, symbol: str, price: Decimal, *, qty: Decimal | None, now: datetime) -> None:
        """The market goes to a price; with a quantity only so much trades there with our orders."""
        self.prices[symbol] = price
        left = qty
        for order in [o for o in self.resting() if o.symbol == symbol and self._crosses(o, price)]:
            part = order.qty - order.filled if left is None else min(order.qty - order.filled, left)
            if part > 0:
                self._fill(order, part, order.price or price, now, maker=True)
                left = None if left is None else left - part

    @staticmethod
    def _crosses(order: VenueOrder, price: Decimal) -> bool:
        if order.price is None:
            return True
        return price <= order.price if order.side is Side.BUY else price >= order.price

    def _cross(self, order: VenueOrder, now: datetime) -> None:
        """A marketable order is taken at once, sometimes in two parts, sometimes only in part."""
        tick = BY_SYMBOL[order.symbol].tick_size
        price = self.prices[order.symbol] + (tick if order.side is Side.BUY else -tick)  # the other side of the spread
        if not self._crosses(order, price):
            return
        lot = BY_SYMBOL[order.symbol].lot_step
        half = order.qty / 2 // lot * lot
        way = self.rng.random() if self.kind.lags else 1.0
        parts = [half, order.qty - half] if way < 0.2 else [half] if way < 0.3 else [order.qty]
        for part in parts:
            if part > 0:
                self._fill(order, part, price, now, maker=False)

    def _fill(self, order: VenueOrder, qty: Decimal, price: Decimal, now: datetime, *, maker: bool) -> None:
        base, buys = BY_SYMBOL[order.symbol].base, order.side is Side.BUY
        cost = qty * price
        fee, fee_currency = (qty * FEE, base) if buys else ((cost * FEE).quantize(FEE_STEP, ROUND_DOWN), "USDT")
        trade = str(5000 + len(self.fills))
        report = FillReport(order.number, trade, order.side, price, qty, cost, fee, fee_currency, maker, now)
        fill = VenueFill(report, order.client_id, now + self._lag())
        self.fills.append(fill)
        order.fills.append(fill)
        order.filled += qty
        if order.filled >= order.qty:
            order.status = S.FILLED
        self._move(base, qty if buys else -qty)
        self._move("USDT", -cost if buys else cost)
        self._move(fee_currency, -fee)

    def _move(self, currency: str, amount: Decimal) -> None:
        self.balances[currency] = self.balances.get(currency, ZERO) + amount

    def _lag(self) -> timedelta:
        late = self.kind.lags and self.rng.random() < 0.2
        return timedelta(milliseconds=self.rng.randrange(LONGEST_LAG_MS)) if late else timedelta()

    # questions ------------------------------------------------------------------------------

    def find(self, *, client_order_id: str, venue_order_id: str, now: datetime) -> OrderReport | None:
        """By the venue's number, else the youngest with our id; None where nothing shows yet."""
        if venue_order_id:
            found = self.orders.get(venue_order_id)
            return found.report() if found and found.visible_at <= now else None
        same = [o for o in self.orders.values() if o.client_id == client_order_id and o.visible_at <= now]
        return same[-1].report() if same else None

    def open_orders(self, symbol: str, *, now: datetime) -> Sequence[OrderReport]:
        return [o.report() for o in self.resting() if o.symbol == symbol and o.visible_at <= now]

    def fills_of(self, venue_order_id: str, *, now: datetime) -> Sequence[FillReport]:
        order = self.orders.get(venue_order_id)
        return [fill.report for fill in order.fills if fill.visible_at <= now] if order else []

    def fills_since(self, symbol: str, since: datetime, *, now: datetime) -> Sequence[FillReport]:
        mine = (fill for fill in self.fills if self.orders[fill.report.venue_order_id].symbol == symbol)
        return [fill.report for fill in mine if since <= fill.report.at and fill.visible_at <= now]

    def balance_reports(self) -> Sequence[BalanceReport]:
        return [BalanceReport(name, total, self.free(name)) for name, total in self.balances.items()]

    def answer(self, method: str, arguments: dict[str, Any], *, now: datetime) -> Any:
        """What arrives from the wire."""
        now += self.skew
        return getattr(self, f"on_{method}")(now=now, **arguments)

    def on_place(self, *, request: OrderRequest, signed_at: datetime, now: datetime) -> OrderReport:
        return self.place(request, signed_at=signed_at, now=now)

    def on_cancel(self, *, venue_order_id: str, now: datetime) -> None:
        self.cancel(venue_order_id)

    def on_find_order(self, *, now: datetime, client_order_id: str, venue_order_id: str = "") -> OrderReport | None:
        return self.find(client_order_id=client_order_id, venue_order_id=venue_order_id, now=now)

    def on_open_orders(self, *, symbol: str, now: datetime) -> Sequence[OrderReport]:
        return self.open_orders(symbol, now=now)

    def on_fills_of(self, *, venue_order_id: str, now: datetime) -> Sequence[FillReport]:
        return self.fills_of(venue_order_id, now=now)

    def on_fills_since(self, *, symbol: str, since: datetime, now: datetime) -> Sequence[FillReport]:
        return self.fills_since(symbol, since, now=now)

    def on_balances(self, *, now: datetime) -> Sequence[BalanceReport]:
        return self.balance_reports()

    def on_server_time(self, *, now: datetime) -> datetime:
        return now

    def on_tickers(self, *, now: datetime) -> dict[str, Decimal]:
        return dict(self.prices)
