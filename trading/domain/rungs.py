"""Exit ladders as they are configured: which kind, and how much of the position leaves on each rung. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from risk.domain.denial import plain
from trading.domain.money import HUNDRED, ZERO, total

MOST_RUNGS = 10
FARTHEST = Decimal(100)
# Times R, or of a swing: what lies farther is a typing error.
FORM = "(multiple, share %) per rung"


class LadderKind(StrEnum):
    """What an exit ladder's rungs are counted in; OFF: the take-profit mode's own targets."""

    OFF = "off"
    R = "r"  # multiples of the initial risk, from the average entry
    FIBONACCI = "fibonacci"  # extensions of the swing before the entry


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung: at so many R, or at this extension of the swing, this share of the position leaves, percent."""

    at: Decimal
    share_pct: Decimal


def read(rows: Sequence[object], *, number: Callable[[object], Decimal | None]) -> tuple[Rung, ...] | str:
    """The rungs of rows of two numbers, nearest first; what to mend where they make no ladder."""
    found = [_rung(row, number) for row in rows]
    rungs = tuple(rung for rung in found if rung is not None)
    if not 1 <= len(found) <= MOST_RUNGS or len(rungs) < len(found):
        return "Write up to 10 rungs as (1.5, 33) (2, 33) (3, 34)."
    return _mended(rungs) or rungs


def _rung(row: object, number: Callable[[object], Decimal | None]) -> Rung | None:
    if isinstance(row, Rung):
        return row
    cells = [number(cell) for cell in row] if isinstance(row, list | tuple) else []
    known = [cell for cell in cells if cell is not None]
    return Rung(*known) if len(known) == len(cells) == 2 else None


def _mended(rungs: Sequence[Rung]) -> str:
    """What is wrong with the numbers; empty when nothing is."""
    multiples = [rung.at for rung in rungs]
    if multiples != sorted(set(multiples)) or not multiples[0] > ZERO or multiples[-1] > FARTHEST:
        return "Each rung stands farther than the one before, from above 0 to 100."
    shares = total(rung.share_pct for rung in rungs)
    if shares != HUNDRED or any(rung.share_pct <= 0 for rung in rungs):
        return f"The shares are above 0 and add up to 100; these add up to {plain(shares)}."
    return ""


def write(rungs: Sequence[Rung]) -> str:
    """As text that read() takes back."""
    return " ".join(f"({plain(rung.at)}, {plain(rung.share_pct)})" for rung in rungs)
