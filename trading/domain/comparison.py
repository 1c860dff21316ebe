"""Two bots beside each other: which trades are the same one, what each paid and won. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from trading.domain.money import HUNDRED, ZERO, exact, total
from trading.domain.vocabulary import PositionSide

BPS = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Part:
    """One bot's part of a trade. pnl: realised and unrealised, quote; None where it is not known."""

    symbol: str
    side: PositionSide
    qty: Decimal
    entry_price: Decimal
    opened_at: datetime
    exit_price: Decimal | None = None
    closed_at: datetime | None = None
    pnl: Decimal | None = None
    contract_size: Decimal = Decimal(1)
    id: int = 0
    reason: str = ""

    @property
    @exact
    def pnl_pct(self) -> Decimal | None:
        """Of what the entry cost: comparable where the sizes are not."""
        cost = self.qty * self.entry_price * self.contract_size
        return None if self.pnl is None or cost == 0 else self.pnl / cost * HUNDRED


@dataclass(frozen=True, slots=True)
class Match:
    """A trade as both made it, or only one of them: missed = theirs alone, extra = ours alone."""

    theirs: Part | None
    ours: Part | None

    @property
    def either(self) -> Part:
        """Whichever there is, theirs first."""
        found = self.theirs or self.ours
        if found is None:
            raise ValueError("a match of nobody")
        return found

    @property
    @exact
    def entry_worse_bps(self) -> Decimal | None:
        """How much worse our entry is than theirs, in bps of theirs; negative: better."""
        if self.theirs is None or self.ours is None:
            return None
        difference = self.ours.entry_price - self.theirs.entry_price
        return self.theirs.side.sign * difference / self.theirs.entry_price * BPS

    @property
    def later_secs(self) -> Decimal | None:
        """How much later than they we came in, seconds; negative: earlier."""
        if self.theirs is None or self.ours is None:
            return None
        return Decimal(str((self.ours.opened_at - self.theirs.opened_at).total_seconds()))


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a comparison; pnl is quote, of trades whose result is known."""

    matched: int
    missed: int
    extra: int
    their_pnl: Decimal
    our_pnl: Decimal
    their_pnl_matched: Decimal
    our_pnl_matched: Decimal
    entry_worse_bps: Decimal | None  # the mean over matches


def compare(theirs: Sequence[Part], ours: Sequence[Part], *, window: timedelta) -> list[Match]:
    """Pairs of the same market and side that began within the window, the nearest first; then who is left alone.

    Sorted newest first. Each trade is in exactly one match.
    """
    near = sorted(_near(theirs, ours, window))
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for _, t, o in near:
        if t not in partner and o not in taken:
            partner[t] = o
            taken.add(o)
    found = [Match(their, ours[partner[t]] if t in partner else None) for t, their in enumerate(theirs)]
    found += [Match(None, our) for o, our in enumerate(ours) if o not in taken]
    return sorted(found, key=lambda match: (match.either.opened_at, match.either.symbol), reverse=True)


def _near(theirs: Sequence[Part], ours: Sequence[Part], window: timedelta) -> Iterator[tuple[timedelta, int, int]]:
    """How far apart, and the places of both, for whatever could be one trade."""
    by_market: dict[tuple[str, str], list[tuple[datetime, int]]] = {}
    for place, our in enumerate(ours):
        by_market.setdefault((our.symbol, our.side), []).append((our.opened_at, place))
    for known in by_market.values():
        known.sort()
    for place, their in enumerate(theirs):
        known = by_market.get((their.symbol, their.side), [])
        first = bisect_left(known, (their.opened_at - window, -1))
        last = bisect_right(known, (their.opened_at + window, len(ours)))
        yield from ((abs(their.opened_at - at), place, other) for at, other in known[first:last])


@exact
def totals(matches: Sequence[Match]) -> Totals:
    """The sums of a comparison."""
    both = [match for match in matches if match.theirs and match.ours]
    worse = [bps for match in both if (bps := match.entry_worse_bps) is not None]
    return Totals(
        matched=len(both),
        missed=sum(match.ours is None for match in matches),
        extra=sum(match.theirs is None for match in matches),
        their_pnl=_sum(match.theirs for match in matches),
        our_pnl=_sum(match.ours for match in matches),
        their_pnl_matched=_sum(match.theirs for match in both),
        our_pnl_matched=_sum(match.ours for match in both),
        entry_worse_bps=total(worse) / len(worse) if worse else None,
    )


def _sum(sides: Iterable[Part | None]) -> Decimal:
    return total(side.pnl or ZERO for side in sides if side is not None)
