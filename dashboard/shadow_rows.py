"""Theirs beside ours, trade by trade: as the page Shadow shows a match, and as a line of its file."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dashboard.formats import NOTHING, amount, number, percent, price, span, tone
from dashboard.sheets import Cell
from signals.market import instruments
from signals.models import Source
from trading.domain.comparison import Match, Part, Totals

LARGEST = 5 * 1024 * 1024
# Bytes of an export of the old bot.
ROWS_SHOWN = 200
ANY_TICK = Decimal("0.00000001")
HEAD = (
    *(
        "pair",
        "side",
        "their entry at",
        "our entry at",
        "their qty",
        "our qty",
        "their entry",
        "our entry",
        "entry worse bps",
    ),
    *("their exit", "our exit", "their PnL", "our PnL", "their PnL %", "our PnL %", "match", "our exit by"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A match as the page shows it."""

    symbol: str
    side: str
    at: datetime
    later: str
    their_entry: str
    our_entry: str
    worse: str
    worse_tone: str
    their_pnl: str
    their_pct: str
    their_tone: str
    our_pnl: str
    our_pct: str
    our_tone: str
    state: str
    ours_open: bool


def row(match: Match, source: Source) -> Row:
    """A match in words and numbers."""
    either, quote, tick = match.either, source.account.quote, _tick(source, match.either.symbol)
    worse, later = match.entry_worse_bps, match.later_secs
    return Row(
        symbol=either.symbol,
        side=str(either.side),
        at=either.opened_at,
        later="" if later is None else f"{span(abs(float(later)))} {'later' if later >= 0 else 'earlier'}",
        their_entry=price(match.theirs.entry_price, tick) if match.theirs else NOTHING,
        our_entry=price(match.ours.entry_price, tick) if match.ours else NOTHING,
        worse=NOTHING if worse is None else number(worse, 1, signed=True),
        worse_tone=tone(-worse) if worse else "",
        their_pnl=_pnl(match.theirs, quote),
        their_pct=_pct(match.theirs),
        their_tone=tone(match.theirs.pnl) if match.theirs else "",
        our_pnl=_pnl(match.ours, quote),
        our_pct=_pct(match.ours),
        our_tone=tone(match.ours.pnl) if match.ours else "",
        state=state(match),
        ours_open=match.ours is not None and match.ours.closed_at is None,
    )


def _tick(source: Source, symbol: str) -> Decimal:
    listed = instruments.listed(source.account.venue, source.account.environment).by_symbol
    return listed[symbol].tick_size if symbol in listed else ANY_TICK


def _pnl(part: Part | None, quote: str) -> str:
    if part is None or part.pnl is None:
        return NOTHING
    return amount(part.pnl, quote, signed=True)


def _pct(part: Part | None) -> str:
    """Of what the entry cost; empty where there is no result."""
    return "" if part is None or part.pnl_pct is None else percent(part.pnl_pct)


def state(match: Match) -> str:
    """`both`, `missed` (theirs alone) or `extra` (ours alone)."""
    if match.ours is None:
        return "missed"
    return "extra" if match.theirs is None else "both"


def sums(found: Totals, quote: str) -> list[tuple[str, str, str]]:
    """Name, number, tone."""
    difference = found.our_pnl_matched - found.their_pnl_matched
    worse = found.entry_worse_bps
    return [
        ("Matched", str(found.matched), ""),
        ("Missed", str(found.missed), "down" if found.missed else ""),
        ("Extra", str(found.extra), ""),
        (f"Their PnL, {quote}", amount(found.their_pnl, quote, signed=True), tone(found.their_pnl)),
        (f"Our PnL, {quote}", amount(found.our_pnl, quote, signed=True), tone(found.our_pnl)),
        (f"Ours − theirs, matched, {quote}", amount(difference, quote, signed=True), tone(difference)),
        (
            "Entry worse, bps",
            NOTHING if worse is None else number(worse, 1, signed=True),
            tone(-worse) if worse else "",
        ),
    ]


def line(match: Match) -> list[Cell]:
    """A match in the order of HEAD."""
    theirs, ours, either = match.theirs, match.ours, match.either

    def both(name: str) -> list[Cell]:
        return [getattr(part, name) if part else None for part in (theirs, ours)]

    return [
        *(
            either.symbol,
            str(either.side),
            *both("opened_at"),
            *both("qty"),
            *both("entry_price"),
            match.entry_worse_bps,
        ),
        *(*both("exit_price"), *both("pnl"), *both("pnl_pct"), state(match), ours.reason if ours else ""),
    ]
