"""The rungs of an exit ladder as a group's detail shows them: where each stands, what it sells, what it has sold."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from dashboard.formats import qty
from dashboard.snapshot import WatchRow
from trading.domain import settings as registry
from trading.domain.exit_ladder import rung_of
from trading.domain.money import total
from trading.domain.order_state import TERMINAL
from trading.domain.refusal import plain
from trading.domain.rungs import LadderKind, Rung
from trading.models import Order, PositionGroup

WORDS = {LadderKind.R: "{at} R", LadderKind.FIBONACCI: "{at} of the swing"}


def rung_rows(row: PositionGroup, orders: Iterable[Order]) -> tuple[WatchRow, ...]:
    """A row for each rung, nearest first; none where the group has no ladder."""
    kind = row.settings.get("tp_ladder", LadderKind.OFF)
    rungs = registry.parse(f"tp_ladder_{kind}", row.settings.get(f"tp_ladder_{kind}", "")) if kind in WORDS else ()
    numbered = [(rung_of(order.intent_key), order) for order in orders]
    found = rungs if isinstance(rungs, tuple) else ()
    return tuple(
        _row(row, kind, number, rung, len(found), [order for n, order in numbered if n == number])
        for number, rung in enumerate(found)
    )


def _row(
    row: PositionGroup, kind: LadderKind, number: int, rung: Rung, count: int, orders: Sequence[Order]
) -> WatchRow:
    at = WORDS[kind].format(at=plain(rung.at))
    resting = next((order for order in orders if order.state not in TERMINAL), None)
    note = _note(row, total(order.filled_qty for order in orders), resting)
    return WatchRow(f"target {number + 1} of {count}, {at}", resting.price if resting else None, note)


def _note(row: PositionGroup, sold: Decimal, resting: Order | None) -> str:
    """What rests and what has left; where neither is, its share leaves with a neighbour or is not held yet."""
    base, step = row.instrument.base, row.instrument.lot_step
    parts = [f"{qty(resting.qty - resting.filled_qty, step)} {base}"] if resting else []
    parts += [f"{qty(sold, step)} {base} taken"] if sold else []
    return ", ".join(parts) or "nothing rests"
