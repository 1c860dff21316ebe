"""The desk: what a batch of decisions reads about one account, loaded under its lock, at most once each."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from project.accounts import mode
from project.accounts.models import Balance, ExchangeAccount, PositionMode
from risk import portfolio
from risk.domain.checks import Snapshot, TrackRecord, VenueFacts
from risk.domain.portfolio import Holdings, PortfolioFacts, facts
from signals.market import instruments, venues
from signals.market.instruments import InstrumentFacts
from signals.models import Instrument
from trading import selectors
from trading.domain import settings as registry
from trading.domain.money import ZERO, total
from trading.domain.position import open_profit
from trading.domain.settings import EngineSettings
from trading.domain.vocabulary import PositionSide, Side
from trading.models import ForeignOrder, Leg, Order, PositionGroup, QueuedSignal, SettingOverride, Slot
from trading.selectors import Quoted
from trading.services import desk_reads, surroundings, track_record
from trading.services.sheet import Sheet
from trading.services.track_record import History

LASTING = ("_foreign", "_known", "balances", "history", "installation", "overrides", "strategies", "tickers")
# What an account's own decisions do not change: read once a batch.
LOOKED_AT = (*LASTING, "_orders_last_minute", "available_quote", "groups", "mode", "taken_slots", "waiting")


@dataclass(frozen=True, slots=True)
class Resting:
    """An account's live orders on one instrument, and what its entries may still cost, quote; legs that wait included."""

    plain: int = 0
    algo: int = 0
    entries_cost: Decimal = ZERO
    reserved: Decimal = ZERO  # the same as margin, on futures
    unseen: Decimal = ZERO  # of that, what the venue did not know of when the balance was asked for

    def with_coming(self, cost: Decimal, needed: Decimal) -> "Resting":
        """The same with entries that no venue has seen, quote: needed is the margin, on futures."""
        return replace(
            self,
            entries_cost=self.entries_cost + cost,
            reserved=self.reserved + needed,
            unseen=self.unseen + needed,
        )


@dataclass
class Desk:
    """One account at one moment, and the sheet on which decisions about it are written.

    It takes entries in by itself (take_in). After anything else was done, go on with `renewed()`.
    """

    account: ExchangeAccount
    now: datetime
    sheet: Sheet = field(default_factory=Sheet)
    _settings: dict[str, EngineSettings] = field(default_factory=dict)

    def renewed(self) -> "Desk":
        """The desk after something was done: groups, slots and orders are read anew, the rest stands."""
        self.sheet.write()
        fresh = Desk(self.account, self.now, self.sheet, self._settings)
        vars(fresh).update({name: vars(self)[name] for name in LASTING if name in vars(self)})
        return fresh

    def look(self) -> None:
        """Read now what an entry is going to ask (desk_ahead.known makes it two statements). Raises SettingError."""
        for name in LOOKED_AT:
            getattr(self, name)

    @cached_property
    def mode(self) -> str:
        """The trading mode."""
        return mode.current().mode

    @cached_property
    def groups(self) -> list[PositionGroup]:
        """Groups that are not closed, oldest first."""
        return desk_reads.GROUPS(account_id=self.account.pk)

    @cached_property
    def taken_slots(self) -> frozenset[int]:
        """Numbers of the slots that are taken."""
        return frozenset(desk_reads.TAKEN(account_id=self.account.pk))

    @cached_property
    def overrides(self) -> list[SettingOverride]:
        """Every changed setting that can hold for this account, widest scope first."""
        rows = desk_reads.OVERRIDES(account_id=self.account.pk, user_id=self.account.user_id)
        return sorted(rows, key=lambda row: (bool(row.symbol), bool(row.account_id), bool(row.user_id)))

    def settings(self, symbol: str) -> EngineSettings:
        """The settings that hold for a pair of this account."""
        own = symbol if any(row.symbol == symbol for row in self.overrides) else ""
        if own not in self._settings:
            holding = [{row.name: row.value} for row in self.overrides if row.symbol in ("", own)]
            self._settings[own] = registry.resolve(holding)
        return self._settings[own]

    @cached_property
    def history(self) -> History:
        """Losses, drawdown, the first day."""
        return track_record.history(self.account, self.settings(""), now=self.now)

    @cached_property
    def record(self) -> TrackRecord:
        """What the account has done so far, as the gate asks for it."""
        past = self.history
        return TrackRecord(
            orders_last_minute=self._orders_last_minute,
            day_loss_pct=past.day_loss_pct,
            losing_streak=past.losing_streak,
            drawdown_pct=past.drawdown_pct,
            drawdown_tier=past.drawdown_tier,
            exposure_quote=self.exposure_of_all,
            first_day_cap_quote=past.first_day_cap_quote,
        )

    @cached_property
    def free_slots(self) -> int:
        """How many more groups may open now."""
        return max(self.settings("").pool.max_open_groups - len(self.taken_slots), 0)

    @cached_property
    def waiting(self) -> list[QueuedSignal]:
        """Signals that wait for a slot, oldest first; each exit with nothing open asks."""
        return desk_reads.WAITING(account_id=self.account.pk)

    @cached_property
    def installation(self) -> str:
        """This installation's name, which client order ids are made of."""
        return desk_reads.INSTALLATION.get()

    # what an entry changes ------------------------------------------------------------------

    def take_in(
        self,
        group: PositionGroup,
        slot: Slot | None,
        placed: Sequence[Order],
        instrument: InstrumentFacts,
        *,
        strategy: str,
        later: Sequence[Leg] = (),
    ) -> None:
        """Go on as if an entry on the sheet were read back: its group, slot, orders, and legs that rest later."""
        if group not in self.groups:
            self.groups.append(group)
            self.strategies[group.pk] = strategy
        if slot:
            self.taken_slots |= {slot.number}
        self._resting[instrument.id] = self._resting_with(group, placed, later, instrument)
        self._orders_last_minute += len(placed)
        for name in ("holdings", "available_quote", "exposure_of_all", "free_slots", "record", "reserved_quote"):
            vars(self).pop(name, None)

    def _resting_with(
        self, group: PositionGroup, placed: Sequence[Order], later: Sequence[Leg], instrument: InstrumentFacts
    ) -> Resting:
        """What rests on the instrument, with new entries that no venue has seen. The sums of LEAVES_COST, in Python."""
        known = self._resting.get(instrument.id, Resting())
        costs = [o.qty * (o.price or o.reference_price) for o in placed] + [leg.qty * leg.price for leg in later]
        cost = total(costs) * instrument.contract_size * (1 + max(instrument.taker_fee, ZERO))
        needed = cost / group.leverage if self.derivative else cost
        return replace(known, plain=known.plain + len(placed)).with_coming(cost, needed)

    def instrument_row(self, instrument: InstrumentFacts) -> Instrument:
        """An instrument as a row, without asking the database."""
        return instruments.row(instrument, venue=self.account.venue, environment=self.account.environment)

    @cached_property
    def _orders_last_minute(self) -> int:
        return track_record.orders_last_minute(self.account, now=self.now)

    # positions ------------------------------------------------------------------------------

    def groups_of(self, instrument: InstrumentFacts) -> list[PositionGroup]:
        """Open groups of an instrument."""
        return [group for group in self.groups if group.instrument_id == instrument.id]

    def open_sides(self, instrument: InstrumentFacts) -> frozenset[PositionSide]:
        """Sides on which the instrument is open; a group that is closing no longer counts."""
        return frozenset(PositionSide(g.side) for g in self.groups_of(instrument) if g.closing_at is None)

    def group_for(self, instrument: InstrumentFacts, timeframe_secs: int, side: PositionSide) -> PositionGroup | None:
        """The one open group of pair, timeframe and side."""
        matches = (g for g in self.groups_of(instrument) if g.timeframe_secs == timeframe_secs and g.side == side)
        return next(matches, None)

    # prices and money -----------------------------------------------------------------------

    @cached_property
    def tickers(self) -> dict[int, Quoted]:
        """Last prices by instrument, of this account's venue."""
        return selectors.quoted(venue=self.account.venue, environment=self.account.environment)

    @cached_property
    def balances(self) -> dict[str, Balance]:
        """What the account holds, by currency."""
        return {row.currency: row for row in desk_reads.BALANCES(account_id=self.account.pk)}

    @cached_property
    def equity(self) -> Decimal | None:
        """Everything the account holds, in its quote; None before the first look. What has no price counts nothing.

        A futures wallet knows nothing of what its open positions stand at: that is counted with it.
        """
        if not self.balances:
            return None
        prices = {self.account.quote: Decimal(1)}
        prices |= {price.base: price.last for price in self.tickers.values() if price.quote == self.account.quote}
        held = total(row.total * prices.get(currency, ZERO) for currency, row in self.balances.items())
        return held + self.unrealised if self.derivative else held

    @cached_property
    def unrealised(self) -> Decimal:
        """What the open groups would bring at the last price, quote; one without a price counts as it cost."""
        return total(self._open_profit(group) for group in self.groups)

    def _open_profit(self, group: PositionGroup) -> Decimal:
        ticker, unit = self.tickers.get(group.instrument_id), group.instrument.contract_size
        if ticker is None:
            return ZERO
        return open_profit(side=PositionSide(group.side), qty=group.qty, cost=group.cost, price=ticker.last, unit=unit)

    @cached_property
    def derivative(self) -> bool:
        """Whether the account trades futures: margin instead of the whole price."""
        venue = venues.capability(self.account.venue)
        return venue is not None and venue.derivative

    @cached_property
    def available_quote(self) -> Decimal | None:
        """What may still be spent (spot) or put up as margin (futures); None before the first look."""
        balance = self.balances.get(self.account.quote)
        if balance is None:
            return None
        return self._margin_left(balance) if self.derivative else self._spendable(balance)

    def _spendable(self, balance: Balance) -> Decimal:
        """The balance, less what resting and unsent purchases need, less purchases since.

        Counted from the total and not from the venue's own "free", because a purchase that we decided a moment ago is
        in no balance yet; what was sold since is left out: it counts at the next refresh.
        """
        whole: Decimal = balance.total
        return whole - self.reserved_quote - self._bought_since - self._bound_by_others

    def _margin_left(self, balance: Balance) -> Decimal:
        """The venue's free margin, less what entries need that it did not know of when it was asked."""
        free: Decimal = balance.free
        return free - total(resting.unseen for resting in self._resting.values())

    @cached_property
    def _bound_by_others(self) -> Decimal:
        """What resting purchases that are none of ours would still cost; the venue has locked it for them."""
        mine = (o for o in self._foreign if o.side == Side.BUY and o.instrument.quote == self.account.quote)
        return total((o.qty - o.filled_qty) * o.price for o in mine if o.price is not None)

    @cached_property
    def _foreign(self) -> list[ForeignOrder]:
        return desk_reads.FOREIGN(account_id=self.account.pk)

    @cached_property
    def reserved_quote(self) -> Decimal:
        """What entries that may still fill would cost with the taker fee; on futures their margin."""
        return total(resting.reserved for resting in self._resting.values())

    @cached_property
    def _resting(self) -> dict[int, Resting]:
        """Live orders, those with fills missing, and what legs without an order may still buy, by instrument."""
        balance = self.balances.get(self.account.quote)
        read = desk_reads.resting_on(derivative=self.derivative)
        found = read(account_id=self.account.pk, balance_at=balance.at if balance else desk_reads.BEFORE_ALL)
        by_market = {instrument_id: Resting(*numbers) for instrument_id, *numbers in found}
        for instrument_id, cost, needed in desk_reads.legs_to_come(derivative=self.derivative)(
            account_id=self.account.pk
        ):
            by_market[instrument_id] = by_market.get(instrument_id, Resting()).with_coming(cost, needed)
        return by_market

    @cached_property
    def _bought_since(self) -> Decimal:
        """What purchases have cost since the balance was asked for."""
        at = self.balances[self.account.quote].at
        spent: Decimal = desk_reads.BOUGHT.get(account_id=self.account.pk, since=at)
        return spent

    def exposure(self, instrument: InstrumentFacts) -> Decimal:
        """What is held of an instrument at its price, and what its entries may still buy, quote."""
        ticker = self.tickers.get(instrument.id)
        held = total(abs(g.qty) for g in self.groups_of(instrument)) * instrument.contract_size
        coming = self._resting.get(instrument.id, Resting()).entries_cost
        return held * (ticker.last if ticker else ZERO) + coming

    @cached_property
    def exposure_of_all(self) -> Decimal:
        """Everything held at its price, and what all entries may still buy, quote; without a price as it cost."""
        coming = total(resting.entries_cost for resting in self._resting.values())
        return coming + total(self._worth(group) for group in self.groups)

    def _worth(self, group: PositionGroup) -> Decimal:
        ticker = self.tickers.get(group.instrument_id)
        worth: Decimal = abs(group.qty) * group.instrument.contract_size * ticker.last if ticker else group.cost
        return worth

    def _at_venue(self, instrument: InstrumentFacts, side: PositionSide) -> VenueFacts:
        """What is known of the account at its venue."""
        resting = self._resting.get(instrument.id, Resting())
        theirs = [o.conditional for o in self._foreign if o.instrument_id == instrument.id]
        other = [g for g in self.groups_of(instrument) if g.side == side.opposite]
        venue = venues.capability(self.account.venue)
        return VenueFacts(
            health=self.account.health,
            reconciled=surroundings.reconciled(self.account, now=self.now),
            clock_offset_ms=self.account.clock_offset_ms,
            open_orders=resting.plain + theirs.count(False),
            algo_orders=resting.algo + theirs.count(True),
            max_open_orders=instrument.max_open_orders,
            max_algo_orders=venue.max_algo_orders if venue else None,
            hedge_mode=self.account.position_mode == PositionMode.HEDGE,
            opposite=f"group {other[0].pk}, {other[0].side}" if other else "",
            quote=self.account.quote,
        )

    # the whole ------------------------------------------------------------------------------

    @cached_property
    def strategies(self) -> dict[int, str]:
        """The strategy of each open group, by the group's id."""
        return surroundings.strategies(self.account)

    @cached_property
    def _known(self) -> Holdings:
        """What no entry of ours changes of the portfolio: markets, correlations, other accounts, breakers."""
        limits = self.settings("").risk
        return portfolio.known(
            self.account,
            equity=self.equity or ZERO,
            elsewhere=surroundings.elsewhere(self.account),
            sectors=dict(limits.sectors),
            tiered=limits.capital_tiers,
            now=self.now,
        )

    @cached_property
    def holdings(self) -> Holdings:
        """The portfolio as it stands, what entries may still buy included."""
        coming = {pk: resting.entries_cost for pk, resting in self._resting.items()}
        worth = {group.pk: self._worth(group) for group in self.groups}
        return replace(
            self._known,
            exposures=tuple(surroundings.exposures(self.groups, worth=worth, coming=coming)),
            strategies=surroundings.by_strategy(self.groups, self.strategies, worth=worth, coming=coming),
        )

    def _portfolio(self, instrument: InstrumentFacts, side: PositionSide, strategy: str) -> PortfolioFacts | None:
        """What surrounds a plan; None without equity, which denies by itself."""
        limits = self.settings(instrument.symbol).risk
        if self.equity is None or self.equity <= 0:
            return None
        return facts(
            self.holdings,
            symbol=instrument.symbol,
            base=instrument.base,
            long=side is PositionSide.LONG,
            strategy=strategy,
            cluster_rho=limits.cluster_rho,
            equity=self.equity,
            tighten=limits.dynamic_limits,
        )

    def snapshot(self, instrument: InstrumentFacts, side: PositionSide, *, strategy: str = "") -> Snapshot:
        """Everything the gate asks for about a plan of a strategy on this instrument and side."""
        ticker, pool_size = self.tickers.get(instrument.id), self.settings("").pool.max_open_groups
        age = (self.now - ticker.at).total_seconds() if ticker else None
        return Snapshot(
            mode=self.mode,
            armed=self.account.may_open,
            price_age_secs=None if age is None else round(Decimal(str(age)), 3),
            min_qty=instrument.min_qty,
            min_notional=instrument.min_notional,
            free_slots=self.free_slots,
            open_slots=len(self.taken_slots),
            pool_size=pool_size,
            equity=self.equity,
            available_quote=self.available_quote,
            symbol_exposure_quote=self.exposure(instrument),
            venue=self._at_venue(instrument, side),
            record=self.record,
            portfolio=self._portfolio(instrument, side, strategy),
        )
