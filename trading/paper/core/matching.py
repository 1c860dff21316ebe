"""Who trades with whom, at which price. Pure planning: nothing changes here."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from trading.paper.core import atoms
from trading.paper.core.market import Market
from trading.paper.core.orders import Order, OrderType, Request, SelfTrade, Side


@dataclass(frozen=True, slots=True)
class Match:
    """A piece of an order that trades: against a customer's resting order, or against the market side (None).

    With a qty of 0 nothing trades: self-trade prevention expires the maker, or without a maker the taker.
    """

    price: int
    qty: int
    maker: Order | None = None


def opposite(side: Side) -> Side:
    """The other side."""
    return Side.SELL if side is Side.BUY else Side.BUY


def beyond(side: Side, price: int, limit: int) -> bool:
    """True if a `side` order limited to `limit` must not trade at `price`."""
    return price > limit if side is Side.BUY else price < limit


def offers(market: Market, side: Side, *, hidden: bool = True) -> Iterator[Match]:
    """Everything a `side` order could take, best price first; at one price customers come before the market side.

    Market levels that a resting customer order of the same side would have consumed are left out, so a
    customer's order acts as a wall and the book never shows a bid at or above an ask. Without `hidden` an iceberg
    counts with what it shows.
    """
    wall = market.book.half(side).best()
    free = (quote for quote in market.quotes(side) if not wall or beyond(side, quote.price, wall))
    quote = next(free, None)
    for maker, qty in market.book.half(opposite(side)).slices(hidden=hidden):
        while quote is not None and beyond(side, maker.price, quote.price):
            yield Match(price=quote.price, qty=quote.qty)
            quote = next(free, None)
        yield Match(price=maker.price, qty=qty, maker=maker)
    if quote is not None:
        yield Match(price=quote.price, qty=quote.qty)
    for rest in free:
        yield Match(price=rest.price, qty=rest.qty)


def level(market: Market, side: Side, number: int) -> int:
    """The price of the so many-th level that a `side` order can take, counted from 1; 0 where the book is not so deep."""
    prices = (price for price, _ in groupby(offers(market, side, hidden=False), key=lambda offer: offer.price))
    return next(islice(prices, number - 1, None), 0)


def take(market: Market, request: Request) -> list[Match]:
    """The matches an incoming order gets at once, in order, within its limit, quantity or budget."""
    limit = 0 if request.type is OrderType.MARKET else request.price
    if request.terms and request.terms.self_trade != SelfTrade.NONE:
        return _take_apart(market, request, limit)
    if request.quote_qty:
        return _take_for(market, request.side, request.quote_qty)
    return _take_qty(market, request.side, request.qty, limit)


def _take_apart(market: Market, request: Request, limit: int) -> list[Match]:
    """Like the other two, but an order never trades with one of its own account."""
    taken: list[Match] = []
    left, mode = request.quote_qty or request.qty, request.terms.self_trade if request.terms else SelfTrade.NONE
    for offer in offers(market, request.side):
        part = _part(market, offer, left, budget=request.quote_qty > 0)
        if not part or (limit and beyond(request.side, offer.price, limit)):
            break
        if offer.maker is None or offer.maker.account != request.account:
            taken.append(Match(price=offer.price, qty=part, maker=offer.maker))
            left -= atoms.times(offer.price, part) if request.quote_qty else part
            continue
        if mode != SelfTrade.EXPIRE_TAKER:
            taken.append(Match(price=offer.price, qty=0, maker=offer.maker))
        if mode != SelfTrade.EXPIRE_MAKER:
            return [*taken, Match(price=offer.price, qty=0)]
    return taken


def _take_qty(market: Market, side: Side, qty: int, limit: int) -> list[Match]:
    taken: list[Match] = []
    for offer in offers(market, side):
        if not qty or (limit and beyond(side, offer.price, limit)):
            break
        part = min(qty, offer.qty)
        taken.append(Match(price=offer.price, qty=part, maker=offer.maker))
        qty -= part
    return taken


def _part(market: Market, offer: Match, left: int, *, budget: bool) -> int:
    """How much of an offer a quantity, or a budget, reaches for."""
    if not budget:
        return min(left, offer.qty)
    return min(offer.qty, atoms.floor_to(left * atoms.SCALE // offer.price, market.instrument.lot_step))


def _take_for(market: Market, side: Side, budget: int) -> list[Match]:
    taken: list[Match] = []
    for offer in offers(market, side):
        part = _part(market, offer, budget, budget=True)
        if not part:
            break
        taken.append(Match(price=offer.price, qty=part, maker=offer.maker))
        budget -= atoms.times(offer.price, part)
    return taken


def queue_ahead(market: Market, side: Side, price: int) -> int:
    """What the market side already offers at exactly this price, hence fills before us."""
    for quote in market.quotes(opposite(side)):
        if not beyond(opposite(side), price, quote.price):
            return quote.qty if quote.price == price else 0
    return 0
