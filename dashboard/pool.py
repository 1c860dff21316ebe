"""The page "Pool": every slot with what holds it, and who waits, with what going in would bring at best."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dashboard import groups, waiting
from dashboard.snapshot import LeftRow, WaitingRow
from dashboard.words import RANK_WORDS
from project.accounts.models import ExchangeAccount
from risk.domain.sizing import SizeRequest
from signals.intent import SizeKind
from trading.domain.money import HUNDRED, exact, total
from trading.domain.position import open_profit
from trading.domain.settings import GridSettings
from trading.domain.vocabulary import PositionSide
from trading.models import PositionGroup, Slot
from trading.services.desk import Desk
from trading.services.meaning import settings_or_defaults


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A unit of the pool; group_id None: free. result is unrealised, quote; beyond: the pool was lowered under it."""

    number: int
    group_id: int | None = None
    symbol: str = ""
    side: str = ""
    quote: str = ""
    taken_at: datetime | None = None
    result: Decimal | None = None
    is_pyramid: bool = False
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class Hope:
    """What a waiting signal would bring if every leg took its target, quote, after maker fees; None: not known."""

    row: WaitingRow
    expected: Decimal | None
    capital: Decimal | None


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool of an account."""

    size: int
    taken: int
    slots: tuple[SlotRow, ...]
    waiting: tuple[Hope, ...]
    left: tuple[LeftRow, ...]
    max_age_h: int
    rules: tuple[str, ...]


def gather(account: ExchangeAccount, *, now: datetime) -> Pool:
    """Slots and queue, as they are."""
    desk = Desk(account, now)
    chosen = settings_or_defaults(desk, "")
    held = _held(account)
    return Pool(
        size=chosen.pool.max_open_groups,
        taken=len(held),
        slots=_slots(held, chosen.pool.max_open_groups),
        waiting=tuple(_hope(desk, row) for row in waiting.rows(desk)),
        left=waiting.left_lately(account, now=now),
        max_age_h=chosen.queue.queue_max_age_h,
        rules=tuple(RANK_WORDS[rule] for rule in chosen.queue.rules),
    )


def _held(account: ExchangeAccount) -> Mapping[int, Slot]:
    rows = Slot.objects.filter(account=account, released_at__isnull=True)
    return {slot.number: slot for slot in rows.select_related("group__instrument__ticker")}


def _slots(held: Mapping[int, Slot], size: int) -> tuple[SlotRow, ...]:
    numbers = range(1, max([size, *held]) + 1)
    return tuple(_slot(held[n], n > size) if n in held else SlotRow(n) for n in numbers)


def _slot(slot: Slot, beyond: bool) -> SlotRow:
    group: PositionGroup = slot.group
    market = group.instrument
    last = groups.last_of(group)
    result = None
    if last is not None and group.qty:
        side, unit = PositionSide(group.side), market.contract_size
        result = open_profit(side=side, qty=group.qty, cost=group.cost, price=last, unit=unit)
    return SlotRow(
        slot.number,
        group.pk,
        market.symbol,
        group.side,
        market.quote,
        slot.taken_at,
        result,
        bool(slot.pyramid_id),
        beyond,
    )


def _hope(desk: Desk, row: WaitingRow) -> Hope:
    """By the settings of its pair; a size that the alert or its source names is not known before it goes in."""
    grid = settings_or_defaults(desk, row.market.symbol).grid
    capital = _capital(grid.capital_of(0), desk.equity)
    return Hope(row, None if capital is None else expected(grid, capital=capital, fee=row.maker_fee), capital)


def _capital(size: SizeRequest, equity: Decimal | None) -> Decimal | None:
    """A pyramid's capital, quote, where it follows from the equity or is an amount."""
    if size.kind is SizeKind.QUOTE:
        return size.value
    return equity * size.value / HUNDRED if size.kind is SizeKind.PCT_EQUITY and equity is not None else None


@exact
def expected(grid: GridSettings, *, capital: Decimal, fee: Decimal) -> Decimal:
    """Capital × Σ weight × (target − fee in − fee out of what is then worth more), quote; fee is a ratio."""
    return total(
        capital * leg.weight_pct / HUNDRED * (leg.take_profit_pct / HUNDRED - fee * (2 + leg.take_profit_pct / HUNDRED))
        for leg in grid.legs_of(0)
    )
