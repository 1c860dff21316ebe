"""What a chart shows of our own: a group's prices as labelled lines, fills as markers. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from dashboard import formats
from dashboard.group_rows import GroupRow, LegRow
from signals.market.bars import EPOCH
from signals.timeframes import DAY
from trading.domain.order_state import TERMINAL
from trading.domain.vocabulary import GroupStatus, Purpose, Side

WEEK = 7 * DAY
MONDAY = EPOCH + timedelta(days=4)
# 1970 began on a Thursday; weeks of candles begin on Mondays.
SMALLEST, LARGEST = 0.8, 1.6
# Sizes of a marker.


@dataclass(frozen=True, slots=True)
class Line:
    """A price of a group; `kind` gives its colour and stroke: entry, leg, filled, target, stop."""

    kind: str
    price: Decimal
    title: str
    group_id: int


@dataclass(frozen=True, slots=True)
class FillFact:
    """One fill as a chart needs it; qty base or contracts, price quote."""

    at: datetime
    side: str
    group_id: int
    price: Decimal
    qty: Decimal


@dataclass(frozen=True, slots=True)
class Marker:
    """What was bought or sold within a bar; price is the mean, size by what it was worth; group 0 where several did."""

    at: datetime
    side: str
    group_id: int
    price: Decimal
    qty: Decimal
    size: float
    groups: int = 1


def lines(rows: Iterable[GroupRow]) -> tuple[Line, ...]:
    """The prices of open groups; where there are several, each line says whose it is."""
    found = [row for row in rows if row.closed_at is None]
    return tuple(line for row in found for line in _of_group(row, named=len(found) > 1))


def _of_group(row: GroupRow, *, named: bool) -> Iterator[Line]:
    whose = f"{row.side} {formats.timeframe(row.timeframe_secs)} " if named else ""
    said = (*_entry(row), *_legs(row), *_targets(row), *_stops(row))
    return (Line(kind, price, f"{whose}{title}", row.id) for kind, price, title in said)


Said = tuple[str, Decimal, str]


def _entry(row: GroupRow) -> Iterator[Said]:
    if row.average_entry is not None and row.qty:
        yield "entry", row.average_entry, f"entry {formats.qty(row.qty, row.market.lot_step)}"


def _legs(row: GroupRow) -> Iterator[Said]:
    """Legs that may still fill, and those that are held; one whose target was taken is history."""
    closing = row.status == GroupStatus.CLOSING
    for leg in row.legs:
        if leg.mark == "f":
            yield "filled", leg.price, f"{_leg_name(leg)}, filled"
        elif not leg.mark and not closing and _waits(row, leg.client_order_id):
            yield "leg", leg.price, f"{_leg_name(leg)}, {leg.words}"


def _leg_name(leg: LegRow) -> str:
    """`P1 leg 0`: what stands beside it begins with a word, so the number is no quantity."""
    return leg.name.replace(" · ", " leg ")


def _waits(row: GroupRow, client_order_id: str) -> bool:
    """Whether a leg's entry may still fill: its order works, or is planned and not made yet."""
    states = [order.line.state for order in row.orders if order.client_order_id == client_order_id]
    return not states or states[-1] not in TERMINAL


def _targets(row: GroupRow) -> Iterator[Said]:
    """Targets that rest or are on their way, and those that are watched."""
    for order in row.orders:
        if order.line.purpose == Purpose.TARGET and order.line.state not in TERMINAL and order.price:
            yield "target", order.price, f"target {formats.qty(order.line.qty, row.market.lot_step)}"
    yield from (("target", w.trigger_price, w.words) for w in row.watch if w.trigger_price is not None and not w.stops)


def _stops(row: GroupRow) -> Iterator[Said]:
    yield from (("stop", w.trigger_price, w.words) for w in row.watch if w.trigger_price is not None and w.stops)


def markers(fills: Iterable[FillFact], *, timeframe_secs: int) -> tuple[Marker, ...]:
    """Fills, oldest first, those of one side within a bar as one: more arrows on a candle than two hide it."""
    together: dict[tuple[datetime, str], list[FillFact]] = defaultdict(list)
    for fill in sorted(fills, key=lambda fill: fill.at):
        together[(bar_of(fill.at, timeframe_secs), fill.side)].append(fill)
    worth = {key: sum((f.price * f.qty for f in found), Decimal(0)) for key, found in together.items()}
    most = max(worth.values(), default=Decimal(0))
    return tuple(
        _marker(*key, found, share=worth[key] / most if most else Decimal(0)) for key, found in together.items()
    )


def _marker(at: datetime, side: str, found: list[FillFact], *, share: Decimal) -> Marker:
    qty = sum((fill.qty for fill in found), Decimal(0))
    price = sum((fill.price * fill.qty for fill in found), Decimal(0)) / qty if qty else found[0].price
    size = SMALLEST + (LARGEST - SMALLEST) * float(share)
    groups = {fill.group_id for fill in found}
    return Marker(at, side, min(groups) if len(groups) == 1 else 0, price, qty, round(size, 2), len(groups))


def bar_of(at: datetime, timeframe_secs: int) -> datetime:
    """When the bar that holds a moment opened, as venues count: from 1970, whole weeks from Mondays."""
    start = MONDAY if timeframe_secs % WEEK == 0 else EPOCH
    return at - (at - start) % timedelta(seconds=timeframe_secs)


def words_of(marker: Marker, *, lot_step: Decimal) -> str:
    """`bought 0.00325`, `sold 0.2 in 3 groups`: what stands beside a marker."""
    done = "bought" if marker.side == Side.BUY else "sold"
    several = f" in {marker.groups} groups" if marker.groups > 1 else ""
    return f"{done} {formats.qty(marker.qty, lot_step)}{several}"
