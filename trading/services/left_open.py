"""After an emergency: groups that by our books still hold something, with the quantity and why they are open."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db.models import F

from signals.market import instruments
from signals.models import Ticker
from trading import selectors
from trading.domain.money import ZERO, floor_to
from trading.domain.order_state import TERMINAL, UNDECIDED
from trading.domain.vocabulary import MarketKind, Purpose
from trading.kill import journal
from trading.models import Order, PositionGroup

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """One group. qty in base units or contracts, as `unit` says; why: what stands in the way, and what to do."""

    group: int
    account: str
    symbol: str
    side: str
    qty: Decimal
    unit: str
    why: str

    @property
    def words(self) -> str:
        """In one line."""
        return f"group {self.group}, {self.account}: {self.symbol} {self.side} {self.amount}: {self.why}"

    @property
    def amount(self) -> str:
        """The quantity and its unit."""
        return f"{self.qty.normalize():f} {self.unit}"


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is asked for a reason: the group, its exits that have not ended, its last price, the kill's lines."""

    group: PositionGroup
    exits: Sequence[Order]
    price: Decimal
    lines: Sequence[Line]


def left_open(home: Path, latch_id: str) -> tuple[LeftOpen, ...]:
    """Every open group that holds something, after this emergency's press, oldest first. Raises DatabaseError."""
    lines = journal.lines(home, latch_id)
    rows = PositionGroup.objects.filter(closed_at=None, qty__gt=F("converted_qty"))
    groups = list(rows.select_related("account", "instrument").order_by("id"))
    live = Order.objects.filter(group__in=groups).exclude(purpose=Purpose.ENTRY).exclude(state__in=sorted(TERMINAL))
    exits = list(live.order_by("id"))
    tickers = selectors.prices({group.instrument_id for group in groups})
    return tuple(_row(group, exits, tickers, lines) for group in groups)


def _row(
    group: PositionGroup, exits: Sequence[Order], tickers: Mapping[int, Ticker], lines: Sequence[Line]
) -> LeftOpen:
    ticker = tickers.get(group.instrument_id)
    facts = _Facts(
        group,
        [order for order in exits if order.group_id == group.pk],
        ticker.last if ticker else group.average_entry or ZERO,
        [line for line in lines if line.get("account") == group.account_id],
    )
    return LeftOpen(
        group=group.pk,
        account=group.account.name,
        symbol=group.instrument.symbol,
        side=group.side,
        qty=group.qty,
        unit=group.instrument.base if group.instrument.kind == MarketKind.SPOT else "contracts",
        why=next(filter(None, (reason(facts) for reason in REASONS))),
    )


def _undecided_exit(facts: _Facts) -> str:
    for order in facts.exits:
        if order.state in UNDECIDED:
            what = f"its order {order.pk} ({order.side} {order.qty.normalize():f}) is {order.state}"
            return f"{what}: look it up at the venue and settle it"
    return ""


def _too_small(facts: _Facts) -> str:
    rules = selectors.rules_of(instruments.facts(facts.group.instrument))
    if rules.sellable(floor_to(facts.group.qty, rules.lot_step), facts.price):
        return ""
    return "less than the venue's minimum order: sell it at the venue, or leave it"


def _refused(facts: _Facts) -> str:
    """What the venue last said to the kill process about this market or this account."""
    told = [line for line in facts.lines if line.get("kind") in ("refused", "alarm") and _concerns(line, facts.group)]
    if not told or _is_flat(facts):
        return ""
    line = told[-1]
    return f"the venue refused: {line.get('detail') or line.get('words')}"


def _concerns(line: Line, group: PositionGroup) -> bool:
    symbol: str = group.instrument.symbol
    return bool(line.get("symbol", symbol) == symbol)


def _unwell(facts: _Facts) -> str:
    account = facts.group.account
    return f"{account.health}: {account.health_detail}" if account.health else ""


def _on_its_way(facts: _Facts) -> str:
    last = facts.exits[-1] if facts.exits else None
    return f"its order {last.pk} is {last.state}: its end is being asked for" if last else ""


def _not_told_apart(facts: _Facts) -> str:
    if not _is_flat(facts):
        return ""
    return (
        "the venue is flat, but no sale there is known to be this group's: the next reconcile books what the kill sold; "
        "if it stays, compare with the venue and close the group by hand"
    )


def _not_yet(facts: _Facts) -> str:
    return "not closed yet: the kill process goes on"


def _is_flat(facts: _Facts) -> bool:
    return any(line.get("kind") == "account flat" for line in facts.lines)


REASONS: tuple[Callable[[_Facts], str], ...] = (
    _undecided_exit,
    _refused,
    _too_small,
    _unwell,
    _on_its_way,
    _not_told_apart,
    _not_yet,
)
# The first that has words is the reason.
