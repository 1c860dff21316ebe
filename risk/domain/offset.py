"""Closing a losing group, paid for by partial closes of winners: every quantity, what it brings, and the bound. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from risk.domain.offset_book import ZERO, Holding, Level, Sale, left, offered, profitable, sale
from risk.domain.offset_words import NotNow, OffsetCode
from risk.domain.precision import exact

KEPT = Decimal("1.1")
# What stays of a winner is worth this many times the venue's least order, so that a dip makes no dust of it.


@dataclass(frozen=True, slots=True)
class Budget:
    """What an offset is allowed: how many winners, how far prices may move on the way, what it may cost yet (quote).

    credit: what winners earned for this loser in a run that ended early; it need not be earned twice.
    """

    max_winners: int
    max_slippage_bps: Decimal
    left_quote: Decimal
    credit: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class OffsetPlan:
    """What would be closed, and what it would come to, quote.

    loss: of the loser, after fees; cover: the winners' results; uncovered: what nobody pays for. The realised result
    of all closes lies no further than bound from `expected`, as long as no price moves by more than max_slippage_bps.
    """

    loser: Sale
    winners: tuple[Sale, ...]
    loss: Decimal
    cover: Decimal
    credit: Decimal
    uncovered: Decimal
    bound: Decimal

    @property
    def expected(self) -> Decimal:
        """The result of everything that would be closed, quote."""
        return self.cover - self.loss

    @property
    def worst_cost(self) -> Decimal:
        """What it may cost at the most, quote: held against the day's budget."""
        return self.uncovered + self.bound


@exact
def plan(*, loser: Holding, winners: Sequence[Holding], budget: Budget) -> OffsetPlan | NotNow:
    """The offset of one loser by the winners, the richest first; or why there is none.

    Winners and loser of one market share its book: what the loser takes is gone for them.
    """
    closing = closed(loser, bound_bps=budget.max_slippage_bps)
    if isinstance(closing, NotNow):
        return closing
    if closing.result >= 0:
        return NotNow(OffsetCode.NO_LOSS, value=_cents(closing.result))
    loss, credit = -closing.result, max(min(budget.credit, -closing.result), ZERO)
    parts = _parts(loss - credit, winners, closing, loser, budget)
    if not parts and credit < loss:
        return NotNow(OffsetCode.NO_WINNERS, value=sum(profitable(winner) > 0 for winner in winners))
    return _affordable(_made(closing, parts, credit), budget)


def closed(loser: Holding, *, bound_bps: Decimal) -> Sale | NotNow:
    """Closing the whole loser by its book; or why that cannot be."""
    qty = loser.lots
    if not loser.market.sellable(qty, loser.price):
        return NotNow(OffsetCode.LOSER_TOO_SMALL, value=loser.qty, limit=loser.market.least(loser.price))
    found = sale(loser, qty, bound_bps=bound_bps)
    return found or NotNow(OffsetCode.BOOK_THIN, value=offered(loser.levels), limit=qty)


def _made(closing: Sale, parts: tuple[Sale, ...], credit: Decimal) -> OffsetPlan:
    """The sums."""
    loss, cover = -closing.result, sum((part.result for part in parts), ZERO)
    uncovered = max(loss - credit - cover, ZERO)
    bound = sum((part.bound for part in parts), closing.bound)
    return OffsetPlan(closing, parts, loss, cover, credit, uncovered, bound)


def _affordable(made: OffsetPlan, budget: Budget) -> OffsetPlan | NotNow:
    """The plan, unless it might cost more than is left of the day's budget."""
    if made.worst_cost <= budget.left_quote:
        return made
    return NotNow(OffsetCode.BUDGET_SPENT, value=_cents(made.worst_cost), limit=_cents(max(budget.left_quote, ZERO)))


def _cents(value: Decimal) -> Decimal:
    return round(value, 2)


# winners -----------------------------------------------------------------------------------------


def richest_first(winners: Sequence[Holding]) -> list[Holding]:
    """By what they would earn at the last price, quote."""
    return sorted(winners, key=lambda winner: (-_profit(winner), winner.group_id))


@exact
def _profit(winner: Holding) -> Decimal:
    return winner.sign * (winner.market.notional(winner.qty, winner.price) - winner.cost)


def _parts(
    needed: Decimal, winners: Sequence[Holding], closing: Sale, loser: Holding, budget: Budget
) -> tuple[Sale, ...]:
    """What each winner gives until the loss is covered, or there are enough of them."""
    gone: dict[tuple[str, int], Decimal] = {(loser.symbol, loser.sign): closing.qty}
    parts: list[Sale] = []
    for winner in richest_first(winners):
        if needed <= 0 or len(parts) == budget.max_winners:
            break
        book = (winner.symbol, winner.sign)
        found = part(_seeing(winner, left(winner.levels, gone.get(book, ZERO))), needed, budget.max_slippage_bps)
        if found is not None:
            parts.append(found)
            needed -= found.result
            gone[book] = gone.get(book, ZERO) + found.qty
    return tuple(parts)


def _seeing(winner: Holding, levels: tuple[Level, ...]) -> Holding:
    return replace(winner, levels=levels)


@exact
def part(winner: Holding, needed: Decimal, bound_bps: Decimal) -> Sale | None:
    """The smallest close that earns what is needed, or the most it can give; None where it can give nothing.

    In lots, above the venue's minimums, each lot at a profit; what stays could be sold later, or nothing stays.
    """
    most = profitable(winner)
    wanted = max(_smallest(winner, needed, most, bound_bps), winner.market.least(winner.price))
    qty = _without_dust(winner, wanted, most)
    return sale(winner, qty, bound_bps=bound_bps) if qty > 0 else None


def _smallest(winner: Holding, needed: Decimal, most: Decimal, bound_bps: Decimal) -> Decimal:
    """The fewest lots that earn what is needed, by halving; all that earn when even they do not suffice."""
    step = winner.market.lot_step
    low, high = 0, int(most / step)
    while low < high:
        middle = (low + high) // 2
        found = sale(winner, middle * step, bound_bps=bound_bps)
        low, high = (low, middle) if found is not None and found.result >= needed else (middle + 1, high)
    return high * step


def _without_dust(winner: Holding, wanted: Decimal, most: Decimal) -> Decimal:
    """The quantity nearest to what is wanted that leaves no dust, ≤ most; 0 where none does."""
    market, lots = winner.market, winner.lots
    kept = market.least(winner.price, margin=KEPT)
    if wanted <= min(most, lots - kept):
        return wanted
    if most == lots and market.sellable(lots, winner.price):
        return lots
    partial = min(most, market.lots(lots - kept))
    return partial if partial >= market.least(winner.price) else ZERO
