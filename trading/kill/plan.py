"""What to sell and buy back so that nothing of ours is held. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.domain.grid import InstrumentRules
from trading.domain.money import ZERO, floor_to
from trading.domain.order_state import VenueStatus
from trading.domain.vocabulary import PositionSide, Side
from trading.gateways.base import BalanceReport, FillReport, OrderReport, PositionReport
from trading.kill.places import Holdings


@dataclass(frozen=True, slots=True)
class Closing:
    """One market order that only shrinks; qty base or contracts, held_side of the position it closes.

    hedged: whether the venue wants to hear that side; None where it has not said which mode it is in.
    """

    symbol: str
    side: Side
    held_side: PositionSide
    qty: Decimal
    hedged: bool | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """What an order of the kill sold, base or contracts; all that was asked for until the venue says that it is over."""

    qty: Decimal
    over: bool

    @classmethod
    def of(cls, report: OrderReport, *, asked: Decimal) -> "Sale":
        """By the venue's word: what may still fill counts as sold, or it would be sold twice."""
        says_nothing = report.status is VenueStatus.FILLED and not report.filled_qty
        if report.status is VenueStatus.OPEN or says_nothing:
            return cls(asked, over=False)
        return cls(report.filled_qty, over=True)


def futures(
    positions: Iterable[PositionReport],
    *,
    rules: Mapping[str, InstrumentRules],
    holdings: Holdings,
) -> list[Closing]:
    """Orders that close every position, ours or not: on a futures account nothing stays after a kill."""
    return [
        Closing(position.symbol, position.side.exit_side, position.side, qty, position.hedged)
        for position in positions
        for qty in parcelled(
            position.qty,
            parcels=holdings.parcels_of(position.symbol, position.side.value),
            rules=rules[position.symbol],
            price=ZERO,  # a reduce-only order needs no least value: whatever is held can go
        )
    ]


def ours(
    balances: Iterable[BalanceReport], *, holdings: Holdings, as_if_cancelled: bool = False
) -> Mapping[str, Decimal]:
    """What of each coin our fills brought: the total less what was there before us or came from elsewhere.

    What resting orders lock cannot be sold yet, unless they are thought away.
    """
    found = {
        balance.currency: min(
            balance.total - max(holdings.not_ours.get(balance.currency, ZERO), ZERO),
            balance.total if as_if_cancelled else balance.free,
        )
        for balance in balances
    }
    return {currency: qty for currency, qty in found.items() if qty > 0}


def markets(
    coins: Iterable[str],
    *,
    rules: Mapping[str, InstrumentRules],
    holdings: Holdings,
    rested: Iterable[str],
    quote: str,
    fresh: bool,
) -> list[str]:
    """On which market each coin is sold, each on one: where a group holds it, where we traded, else against the quote.

    fresh: the engine was heard of just now, so what is beyond the known is an entry on its way, and goes too. Of an old
    picture it may be a deposit, and stays. What markets are paid in is money, not a holding.
    """
    held, known = {parcel.symbol for parcel in holdings.parcels}, {*holdings.symbols, *rested}
    money = {quote} | {rules[symbol].quote for symbol in known & rules.keys()}
    wanted = set(coins) - money
    ranked = sorted(known | held, key=lambda symbol: (symbol not in held, symbol))
    ranked += sorted(symbol for symbol in rules if rules[symbol].quote == quote) * fresh
    chosen: dict[str, str] = {}
    for symbol in ranked:
        if symbol in rules and rules[symbol].base in wanted:
            chosen.setdefault(rules[symbol].base, symbol)
    return sorted(chosen.values())


def spot(
    coins: Mapping[str, Decimal],
    *,
    rules: Mapping[str, InstrumentRules],
    prices: Mapping[str, Decimal],
    holdings: Holdings,
) -> list[Closing]:
    """Orders that sell these coins, each on the market that `prices` has for it."""
    return [
        Closing(symbol, Side.SELL, PositionSide.LONG, qty)
        for symbol, price in prices.items()
        for qty in parcelled(
            coins.get(rules[symbol].base, ZERO),
            parcels=holdings.parcels_of(symbol, PositionSide.LONG.value),
            rules=rules[symbol],
            price=price,
        )
    ]


def parcelled(qty: Decimal, *, parcels: Sequence[Decimal], rules: InstrumentRules, price: Decimal) -> list[Decimal]:
    """A quantity in lots, cut where the groups' shares end and at the venue's largest order; dust is left out.

    What is left over beside the shares goes by itself or stays: a sale larger than a group's share could not be booked to it.
    The dust of several groups together might be sellable, and stays all the same: sold, it would be missing from each.
    Without a price (futures) only the least quantity counts, and everything goes: the venue says no to what is worth too little.
    """
    left, sizes, dust = floor_to(max(qty, ZERO), rules.lot_step), [], ZERO
    for parcel in parcels:
        size = min(floor_to(parcel, rules.lot_step), left)
        if _can_go(size, rules, price):
            sizes.append(size)
            left, parcel = left - size, parcel - size
        dust += parcel
    rest = floor_to(max(left - (dust if price > 0 else ZERO), ZERO), rules.lot_step)
    if _can_go(rest, rules, price):
        sizes.append(rest)
    return [part for size in sizes for part in _cut(size, rules.most_at_market)]


def recent_parcels(
    fills: Iterable[FillReport], *, opening: Side, base: str, known: Sequence[Decimal], held: Decimal
) -> list[Decimal]:
    """What orders brought that the engine had not told of yet, one parcel an order, the newest first.

    Each order belongs to one group: cut like this, every sale can be booked to one. held beyond known is what they explain.
    """
    brought: dict[str, Decimal] = {}
    for fill in sorted(fills, key=lambda fill: fill.at, reverse=True):
        if fill.side is opening:
            net = fill.qty - (fill.fee if fill.fee_currency == base else ZERO)
            brought[fill.venue_order_id] = brought.get(fill.venue_order_id, ZERO) + net
    left, found = held - sum(known, ZERO), []
    for qty in brought.values():
        if left <= 0:
            break
        found.append(min(qty, left))
        left -= qty
    return found


def by_order(fills: Iterable[FillReport]) -> Mapping[str, Decimal]:
    """What each order traded, base or contracts, by the venue's number."""
    traded: dict[str, Decimal] = {}
    for fill in fills:
        traded[fill.venue_order_id] = traded.get(fill.venue_order_id, ZERO) + fill.qty
    return traded


def less_sold(parcels: Sequence[Decimal], sales: Iterable[Decimal]) -> list[Decimal]:
    """What is left of each parcel, in their order: a sale is taken from the one that holds hardly more, as it will be booked.

    One that no parcel holds is taken from the largest ones.
    """
    left = list(parcels)
    for sale in sorted(sales, reverse=True):
        holders = [number for number, qty in enumerate(left) if qty >= sale]
        fitting = min(holders, key=left.__getitem__, default=None)
        from_these = sorted(range(len(left)), key=left.__getitem__, reverse=True) if fitting is None else [fitting]
        for number in from_these:
            part = min(left[number], sale)
            left[number], sale = left[number] - part, sale - part
    return [qty for qty in left if qty > 0]


def _can_go(qty: Decimal, rules: InstrumentRules, price: Decimal) -> bool:
    return qty > 0 and (rules.sellable(qty, price) if price > 0 else qty >= rules.min_qty)


def _cut(qty: Decimal, most: Decimal | None) -> Iterator[Decimal]:
    while most and qty > most:
        yield most
        qty -= most
    yield qty
