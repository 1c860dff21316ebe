"""The desk of the simulated engine: what a decision reads about its account, as services/desk.Desk offers it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from risk.domain.checks import Snapshot, VenueFacts
from signals.market.instruments import InstrumentFacts
from tests.simulator.market import FEE
from tests.simulator.rows import Account, Group, Order, Queued
from trading.domain.money import ONE, ZERO
from trading.domain.order_state import TERMINAL
from trading.domain.settings import EngineSettings
from trading.domain.vocabulary import PositionSide
from trading.selectors import Quoted, is_unsettled

if TYPE_CHECKING:
    from tests.simulator.engine import Engine

QUIET: Any = SimpleNamespace(drawdown_tier=None)
ALONE: Any = SimpleNamespace(markets={}, mean_correlation=lambda symbol: ZERO)
# No losses so far, and a portfolio of which nothing is known: the caps that would ask are off.


class SimDesk:
    """One account at one moment. Nothing but the clock and the last prices is kept over a decision."""

    derivative = False
    history = QUIET
    holdings = ALONE

    def __init__(self, engine: "Engine", account: Account, now: datetime) -> None:
        self.engine, self.store, self.account, self.now = engine, engine.store, account, now

    @property
    def mode(self) -> str:
        return self.store.mode

    def settings(self, symbol: str) -> EngineSettings:
        return self.engine.settings

    @property
    def groups(self) -> list[Group]:
        return [g for g in self.store.groups.values() if g.account_id == self.account.pk and g.closed_at is None]

    @property
    def taken_slots(self) -> frozenset[int]:
        rows = self.store.slots.values()
        return frozenset(s.number for s in rows if s.account_id == self.account.pk and s.released_at is None)

    @property
    def free_slots(self) -> int:
        return max(self.settings("").pool.max_open_groups - len(self.taken_slots), 0)

    @property
    def waiting(self) -> list[Queued]:
        rows = self.store.queued.values()
        mine = [row for row in rows if row.account_id == self.account.pk and row.state == "WAITING"]
        return sorted(mine, key=lambda row: (row.queued_at, row.pk))

    def groups_of(self, instrument: InstrumentFacts) -> list[Group]:
        return [group for group in self.groups if group.instrument_id == instrument.id]

    def open_sides(self, instrument: InstrumentFacts) -> frozenset[PositionSide]:
        return frozenset(g.side for g in self.groups_of(instrument) if g.closing_at is None)

    def group_for(self, instrument: InstrumentFacts, timeframe_secs: int, side: PositionSide) -> Group | None:
        matches = (g for g in self.groups_of(instrument) if g.timeframe_secs == timeframe_secs and g.side == side)
        return next(matches, None)

    # prices and money -----------------------------------------------------------------------

    @cached_property
    def tickers(self) -> Mapping[int, Quoted]:
        return self.engine.quoted(self.account)

    @property
    def equity(self) -> Decimal | None:
        balances = self.engine.balances.get(self.account.pk)
        if not balances:
            return None
        prices = {"USDT": ONE} | {quoted.base: quoted.last for quoted in self.tickers.values()}
        return sum((total * prices.get(name, ZERO) for name, total in balances.totals.items()), ZERO)

    @property
    def available_quote(self) -> Decimal | None:
        """The balance, less what resting and unsent purchases need, less purchases since it was read."""
        balances = self.engine.balances.get(self.account.pk)
        if not balances:
            return None
        rows = self.store.fills.values()
        since = (f.cost for f in rows if self._mine(f.order) and f.side == "BUY" and f.recorded_at >= balances.at)
        return balances.totals.get("USDT", ZERO) - self.reserved_quote - sum(since, ZERO)

    def _mine(self, order: Order) -> bool:
        return order.account is self.account

    @property
    def _live(self) -> list[Order]:
        return [order for order in self.store.orders.values() if self._mine(order) and is_unsettled(order)]

    @property
    def reserved_quote(self) -> Decimal:
        return sum((self._leaves(order) for order in self._live if order.purpose == "ENTRY"), ZERO)

    @staticmethod
    def _leaves(order: Order) -> Decimal:
        return max(order.qty - order.filled_qty, ZERO) * (order.price or order.reference_price) * (1 + FEE)

    def exposure(self, instrument: InstrumentFacts) -> Decimal:
        ticker = self.tickers.get(instrument.id)
        held = sum((abs(group.qty) for group in self.groups_of(instrument)), ZERO)
        coming = (self._leaves(o) for o in self._live if o.purpose == "ENTRY" and o.instrument is instrument)
        return held * (ticker.last if ticker else ZERO) + sum(coming, ZERO)

    def snapshot(self, instrument: InstrumentFacts, side: PositionSide, *, strategy: str = "") -> Snapshot:
        """Everything the gate asks for; no past and no portfolio, so that their checks are not asked."""
        ticker = self.tickers.get(instrument.id)
        age = (self.now - ticker.at).total_seconds() if ticker else None
        return Snapshot(
            mode=self.mode,
            armed=self.account.armed,
            price_age_secs=None if age is None else round(Decimal(str(age)), 3),
            min_qty=instrument.min_qty,
            min_notional=instrument.min_notional,
            free_slots=self.free_slots,
            open_slots=len(self.taken_slots),
            pool_size=self.settings("").pool.max_open_groups,
            equity=self.equity,
            available_quote=self.available_quote,
            symbol_exposure_quote=self.exposure(instrument),
            venue=self._at_venue(instrument),
        )

    def _at_venue(self, instrument: InstrumentFacts) -> VenueFacts:
        resting = [o for o in self._live if o.instrument is instrument and o.state not in TERMINAL]
        return VenueFacts(
            health=self.account.health,
            reconciled=self.account.reconciled_at is not None,
            clock_offset_ms=self.account.clock_offset_ms,
            open_orders=len(resting),
            algo_orders=0,
            max_open_orders=instrument.max_open_orders,
            max_algo_orders=None,
            hedge_mode=False,
            opposite="",
            quote=instrument.quote,
        )
