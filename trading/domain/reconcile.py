"""Where our books and the venue's differ, and what each difference is. Pure; correcting is the services' work."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trading.domain.money import ZERO, exact
from trading.domain.order_state import RESTING, OrderState
from trading.domain.vocabulary import MarketKind, Side


@dataclass(frozen=True, slots=True)
class OurOrder:
    """An order in our books; filled_qty is the sum of its recorded fills. conditional: it waits for its trigger there."""

    client_order_id: str
    venue_order_id: str
    symbol: str
    state: OrderState
    filled_qty: Decimal
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class TheirOrder:
    """An order open at the venue, whoever placed it."""

    client_order_id: str
    venue_order_id: str
    symbol: str
    filled_qty: Decimal
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class VenueFill:
    """An execution with what it did to the balances."""

    symbol: str
    venue_order_id: str
    venue_trade_id: str
    side: Side
    qty: Decimal
    cost: Decimal
    fee: Decimal
    fee_currency: str
    base: str
    quote: str
    kind: MarketKind = MarketKind.SPOT

    @property
    def key(self) -> tuple[str, str, str]:
        """What names an execution within an account; a self-match gives two orders one trade id."""
        return (self.symbol, self.venue_order_id, self.venue_trade_id)

    @property
    def order_key(self) -> tuple[str, str]:
        """The venue's name of the order it belongs to."""
        return (self.symbol, self.venue_order_id)


@dataclass(frozen=True, slots=True)
class OurBook:
    """What we believe: orders not ended or ended lately, fills of the compared period, balances per currency."""

    orders: Sequence[OurOrder]
    fills: Sequence[VenueFill]
    balances: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class TheirBook:
    """What the venue says: all open orders, the executions of the same period, total balances per currency."""

    open_orders: Sequence[TheirOrder]
    fills: Sequence[VenueFill]
    balances: Mapping[str, Decimal]


class Difference(StrEnum):
    """What is wrong, and so what mends it."""

    ORDER_MISSING = "ORDER_MISSING"  # we say resting, they have no such open order: look it up
    ORDER_STILL_OPEN = "ORDER_STILL_OPEN"  # we say ended, it rests: look it up, cancel it
    ORDER_DOUBLED = "ORDER_DOUBLED"  # a second one under an id of ours: cancel it
    ORDER_FOREIGN = "ORDER_FOREIGN"  # not ours: adopted or shown
    FILLED_DIFFERS = "FILLED_DIFFERS"  # read its executions
    FILL_MISSING = "FILL_MISSING"  # an execution of our order that we lack: record it
    FILL_FOREIGN = "FILL_FOREIGN"  # an execution of an order that is not ours: shown
    FILL_DOUBLED = (
        "FILL_DOUBLED"  # of a second order under an id of ours, which only the venue can tell: a person looks
    )
    FILL_PHANTOM = "FILL_PHANTOM"  # we recorded what they do not report: a person looks
    FILL_CHANGED = "FILL_CHANGED"  # the same execution with other numbers: a person looks
    BALANCE_EXPLAINED = "BALANCE_EXPLAINED"  # the executions that we lack make the whole difference
    BALANCE_FOREIGN = "BALANCE_FOREIGN"  # a deposit, a withdrawal, a trade by hand


@dataclass(frozen=True, slots=True)
class Correction:
    """One difference. subject: a client order id, a venue order id, an execution or a currency; numbers are ours, theirs."""

    kind: Difference
    subject: str
    symbol: str = ""
    ours: Decimal | None = None
    theirs: Decimal | None = None
    fill: VenueFill | None = None


def compare(ours: OurBook, theirs: TheirBook) -> tuple[Correction, ...]:
    """Every difference: orders, then executions, then balances; empty when the books agree."""
    fills = tuple(_fills(ours, theirs))
    return (*_orders(ours.orders, theirs.open_orders), *fills, *_balances(ours, theirs, fills))


def _orders(ours: Sequence[OurOrder], theirs: Sequence[TheirOrder]) -> Iterable[Correction]:
    """Orders by our id where they carry it, else by theirs."""
    by_client = {order.client_order_id: order for order in ours if order.client_order_id}
    by_venue = {(order.symbol, order.venue_order_id): order for order in ours if order.venue_order_id}
    seen = set[OurOrder]()
    for their in theirs:
        # An id of ours is free again once its order has ended: the venue's own id is the surer name.
        mine = by_venue.get((their.symbol, their.venue_order_id)) or by_client.get(their.client_order_id)
        if mine is not None and is_second(mine, their):
            yield Correction(Difference.ORDER_DOUBLED, their.venue_order_id, their.symbol, theirs=their.filled_qty)
            continue
        seen |= {mine} if mine is not None else set()
        yield from _order(mine, their)
    missing = (order for order in ours if order.state in RESTING and order not in seen)
    yield from (
        Correction(Difference.ORDER_MISSING, order.client_order_id, order.symbol, order.filled_qty) for order in missing
    )


def is_second(mine: OurOrder, their: TheirOrder) -> bool:
    """Whether a venue's order carries our id under another number than ours has: a request arrived there twice.

    A trigger's number and that of the order that it fires are two names of one order.
    """
    same = mine.symbol == their.symbol and mine.conditional == their.conditional
    return same and mine.venue_order_id not in ("", their.venue_order_id)


def _order(mine: OurOrder | None, their: TheirOrder) -> Iterable[Correction]:
    """What is wrong with one order that is open at the venue."""
    if mine is None:
        yield Correction(Difference.ORDER_FOREIGN, their.venue_order_id, their.symbol, theirs=their.filled_qty)
    elif mine.state in _ENDED:
        yield Correction(
            Difference.ORDER_STILL_OPEN, mine.client_order_id, mine.symbol, mine.filled_qty, their.filled_qty
        )
    elif mine.filled_qty != their.filled_qty:
        yield Correction(
            Difference.FILLED_DIFFERS, mine.client_order_id, mine.symbol, mine.filled_qty, their.filled_qty
        )


_ENDED = frozenset(
    {OrderState.FILLED, OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED}
    | {OrderState.NOT_PLACED, OrderState.DROPPED}
)


def _fills(ours: OurBook, theirs: TheirBook) -> Iterable[Correction]:
    """Executions by (symbol, order, trade)."""
    known = {fill.key: fill for fill in ours.fills}
    our_orders = {(order.symbol, order.venue_order_id) for order in ours.orders if order.venue_order_id}
    for fill in theirs.fills:
        mine = known.pop(fill.key, None)
        if mine is None:
            kind = Difference.FILL_MISSING if fill.order_key in our_orders else Difference.FILL_FOREIGN
            yield Correction(kind, fill.venue_trade_id, fill.symbol, theirs=fill.qty, fill=fill)
        elif mine != fill:
            yield Correction(Difference.FILL_CHANGED, fill.venue_trade_id, fill.symbol, mine.qty, fill.qty, fill)
    yield from (
        Correction(Difference.FILL_PHANTOM, fill.venue_trade_id, fill.symbol, ours=fill.qty, fill=fill)
        for fill in known.values()
    )


@exact
def effects(fills: Iterable[VenueFill]) -> dict[str, Decimal]:
    """What executions do to the balances, per currency; futures move no base and settle elsewhere, fees only."""
    moved: dict[str, Decimal] = {}
    for fill in fills:
        sign = 1 if fill.side == Side.BUY else -1
        spot = fill.kind == MarketKind.SPOT
        parts = (
            (fill.base, sign * fill.qty * spot),
            (fill.quote, -sign * fill.cost * spot),
            (fill.fee_currency, -fill.fee),
        )
        for currency, amount in parts:
            moved[currency] = moved.get(currency, ZERO) + amount
    return {currency: amount for currency, amount in moved.items() if amount}


@exact
def _balances(ours: OurBook, theirs: TheirBook, fills: Sequence[Correction]) -> list[Correction]:
    """Currencies whose difference the missing executions explain, and those whose they do not."""
    lacking = [c.fill for c in fills if c.fill is not None and c.kind in _UNRECORDED]
    explained = effects(lacking)
    corrections = []
    for currency in sorted({*ours.balances, *theirs.balances}):
        mine, their = ours.balances.get(currency, ZERO), theirs.balances.get(currency, ZERO)
        whole = their - mine == explained.get(currency, ZERO)
        kind = Difference.BALANCE_EXPLAINED if whole else Difference.BALANCE_FOREIGN
        corrections += [Correction(kind, currency, ours=mine, theirs=their)] if mine != their or not whole else []
    return corrections


_UNRECORDED = frozenset({Difference.FILL_MISSING, Difference.FILL_FOREIGN})
