"""The desk of a shadowed source: its paper positions instead of the account's, the account's money, nobody's slots.

Entries are decided by the same code as real ones; what they put on the sheet is taken off it here and never written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import Model

from project.accounts.mode import Mode
from project.accounts.models import ExchangeAccount
from risk.domain.checks import Snapshot
from signals.market.instruments import InstrumentFacts
from signals.models import Source
from trading.domain.money import ONE, ZERO, total
from trading.domain.vocabulary import PositionSide, Purpose
from trading.models import PositionGroup, Pyramid, QueuedSignal, ShadowGroup, ShadowOrder
from trading.services.desk import Desk, Resting
from trading.services.sheet import Sheet

Row = TypeVar("Row", bound=Model)
PREFETCHED = "_prefetched_objects_cache"


class PaperSheet(Sheet):
    """A sheet that is read and thrown away."""

    def write(self) -> None:
        """Nothing: what would be written is looked at."""

    def rows(self, model: type[Row]) -> list[Row]:
        """What a decision would have written of a table."""
        return [row for row in self._rows[model] if isinstance(row, model)]


@dataclass
class ShadowDesk(Desk):
    """What a shadowed source would see: its own groups on paper, as many slots as the pool has, the whole balance."""

    sheet: PaperSheet = field(default_factory=PaperSheet)
    source: Source = field(kw_only=True)

    @cached_property
    def shadows(self) -> list[ShadowGroup]:
        """Its open groups on paper, oldest first."""
        rows = ShadowGroup.objects.filter(source=self.source, account=self.account, closed_at=None)
        return list(rows.select_related("instrument").prefetch_related("legs", "orders").order_by("id"))

    @cached_property
    def groups(self) -> list[PositionGroup]:
        """The same as the engine's own code knows groups: never saved, and with numbers that no row has."""
        return [as_group(shadow) for shadow in self.shadows]

    @cached_property
    def taken_slots(self) -> frozenset[int]:
        """A slot for each of them."""
        return frozenset(range(1, len(self.shadows) + 1))

    @cached_property
    def waiting(self) -> list[QueuedSignal]:
        """Nobody: a shadow has no queue."""
        return []

    @cached_property
    def mode(self) -> str:
        """Paper goes on whatever the engine may do."""
        return Mode.NORMAL

    @cached_property
    def available_quote(self) -> Decimal | None:
        """The account's balance, as if all of it were this source's, less what its paper positions take."""
        balance = self.balances.get(self.account.quote)
        if balance is None:
            return None
        whole: Decimal = balance.total
        held = total(shadow.cost / (shadow.leverage if self.derivative else ONE) for shadow in self.shadows)
        return whole - held - total(resting.reserved for resting in self._resting.values())

    @cached_property
    def _resting(self) -> dict[int, Resting]:
        """What its open entries would cost, by instrument."""
        found: dict[int, Resting] = {}
        for shadow in self.shadows:
            entries = [o for o in shadow.orders.all() if o.state == ShadowOrder.State.OPEN and _enters(o)]
            cost = total(o.qty * (o.price or ZERO) * shadow.instrument.contract_size for o in entries)
            needed = cost / shadow.leverage if self.derivative else cost
            known = found.get(shadow.instrument_id, Resting())
            entries_cost, reserved = known.entries_cost + cost, known.reserved + needed
            found[shadow.instrument_id] = replace(known, entries_cost=entries_cost, reserved=reserved)
        return found

    @cached_property
    def _orders_last_minute(self) -> int:
        return 0

    def snapshot(self, instrument: InstrumentFacts, side: PositionSide, *, strategy: str = "") -> Snapshot:
        """What a plan on paper can be asked: it goes to no venue and has no past."""
        ticker = self.tickers.get(instrument.id)
        age = (self.now - ticker.at).total_seconds() if ticker else None
        return Snapshot(
            mode=self.mode,
            armed=True,
            price_age_secs=None if age is None else round(Decimal(str(age)), 3),
            min_qty=instrument.min_qty,
            min_notional=instrument.min_notional,
            free_slots=self.free_slots,
            open_slots=len(self.taken_slots),
            pool_size=self.settings("").pool.max_open_groups,
            equity=self.equity,
            available_quote=self.available_quote,
            symbol_exposure_quote=self.exposure(instrument),
        )


def desk(account: ExchangeAccount, source: Source, *, now: datetime) -> ShadowDesk:
    """The desk of a source on an account at one moment."""
    return ShadowDesk(account, now, source=source)


def _enters(order: ShadowOrder) -> bool:
    return order.purpose == Purpose.ENTRY


def as_group(shadow: ShadowGroup) -> PositionGroup:
    """A paper position as the engine's own code reads a group, with the pyramids that it counts."""
    names = (
        "account",
        "instrument",
        "timeframe_secs",
        "side",
        "settings",
        "leverage",
        "qty",
        "cost",
        "opened_at",
        "levels",
    )
    group = PositionGroup(pk=-shadow.pk, **{name: getattr(shadow, name) for name in names})
    setattr(group, PREFETCHED, {"pyramids": _known(_pyramids(shadow, group))})
    return group


def _pyramids(shadow: ShadowGroup, group: PositionGroup) -> list[Pyramid]:
    first = {leg.pyramid_index: leg for leg in reversed(list(shadow.legs.all()))}
    return [
        Pyramid(group=group, index=index, base_price=leg.base_price, created_at=leg.created_at)
        for index, leg in sorted(first.items())
    ]


def _known(rows: Sequence[Pyramid]) -> Any:
    """A query that is answered already, as prefetch_related leaves it."""
    query = Pyramid.objects.all()
    query._result_cache = list(rows)
    return query


def named(
    shadows: Iterable[ShadowGroup], *, instrument_id: int, timeframe_secs: int | None, side: str | None
) -> list[ShadowGroup]:
    """Those that an exit names: its pair, the side, and its timeframe where it says one."""
    of_pair = (shadow for shadow in shadows if shadow.instrument_id == instrument_id and side in (None, shadow.side))
    return [shadow for shadow in of_pair if timeframe_secs in (None, shadow.timeframe_secs)]
