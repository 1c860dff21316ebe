"""The engine's settings as typed groups, resolved for one account and pair. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from risk.domain.limits import RiskLimits
from risk.domain.offset_limits import OffsetLimits
from risk.domain.sizing import SizeRequest
from trading.domain.admission import QueueRule
from trading.domain.dust import DustRule
from trading.domain.grid import LegSpec
from trading.domain.order_state import TIMING_PROFILES, TimingProfile
from trading.domain.rungs import LadderKind, Rung
from trading.domain.stops import StopKind
from trading.domain.vocabulary import OrderType, TakeProfitMode


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """How old, how far off and how often an alert may be."""

    max_age_secs: int
    max_slippage_pct: Decimal
    body_dedupe_secs: int
    reverse_on_opposite: bool
    blocked: bool

    @property
    def max_age(self) -> timedelta:
        """The oldest an alert may be at arrival."""
        return timedelta(seconds=self.max_age_secs)


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How many groups may be open."""

    max_open_groups: int
    count_pyramids: bool


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """Who waits how long, and who goes first: the rules that are on, in order."""

    rules: tuple[QueueRule, ...]
    queue_max_age_h: int

    @property
    def max_age(self) -> timedelta:
        """The longest a signal may wait."""
        return timedelta(hours=self.queue_max_age_h)


@dataclass(frozen=True, slots=True)
class GridSettings:
    """Pyramids and their legs. active_window None = all legs rest; first_entry "limit" or "market".

    legs_by_pyramid and capital_by_pyramid are exceptions by pyramid index (from 0) to legs and capital_per_pyramid.
    """

    max_pyramids: int
    pyramid_min_gap_pct: Decimal
    legs: tuple[LegSpec, ...]
    first_entry: str
    active_window: int | None
    base_price: str
    capital_per_pyramid: SizeRequest
    cancel_dca_beyond_pct: Decimal | None
    dca_max_age: timedelta | None
    keep_ladder: bool
    legs_by_pyramid: tuple[tuple[int, tuple[LegSpec, ...]], ...] = ()
    capital_by_pyramid: tuple[tuple[int, SizeRequest], ...] = ()

    def legs_of(self, pyramid_index: int) -> tuple[LegSpec, ...]:
        """The legs of one pyramid."""
        return dict(self.legs_by_pyramid).get(pyramid_index, self.legs)

    def capital_of(self, pyramid_index: int) -> SizeRequest:
        """What one pyramid may use when the alert does not say."""
        return dict(self.capital_by_pyramid).get(pyramid_index, self.capital_per_pyramid)

    @property
    def first_order_type(self) -> OrderType:
        """The type of leg 0's order."""
        return OrderType.MARKET if self.first_entry == "market" else OrderType.LIMIT


@dataclass(frozen=True, slots=True)
class ExitSettings:
    """Take-profit, stops, time exit. breakeven_after_target 0 = never; swing_* are bars of the stored candles."""

    tp_mode: TakeProfitMode
    tp_aggregate_pct: Decimal
    stop: tuple[StopKind, ...]
    fixed_stop_pct: Decimal
    atr_period: int
    atr_multiplier: Decimal
    trailing_activation_pct: Decimal
    trailing_distance_pct: Decimal
    breakeven_after_target: int
    emergency_stop_pct: Decimal
    time_exit_h: int | None
    swing_lookback: int = 100
    swing_width: int = 3
    tp_ladder: LadderKind = LadderKind.OFF
    tp_ladder_r: tuple[Rung, ...] = ()
    tp_ladder_fibonacci: tuple[Rung, ...] = ()

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The exit ladder's, nearest first; none where the take-profit mode's own targets rest."""
        chosen = {LadderKind.R: self.tp_ladder_r, LadderKind.FIBONACCI: self.tp_ladder_fibonacci}
        return chosen.get(self.tp_ladder, ())

    @property
    def time_exit(self) -> timedelta | None:
        """How long a group may stay open."""
        return None if self.time_exit_h is None else timedelta(hours=self.time_exit_h)


RiskSettings = RiskLimits
OffsetSettings = OffsetLimits


@dataclass(frozen=True, slots=True)
class ExecutionSettings:
    """How orders go out."""

    max_slippage_bps: Decimal
    timing_profile: str
    dust: DustRule = DustRule.MERGE

    @property
    def timing(self) -> TimingProfile:
        """The times of proof of absence and of an order's validity."""
        return TIMING_PROFILES[self.timing_profile]


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """What holds on live accounts only."""

    live_start_cap_quote: Decimal


@dataclass(frozen=True, slots=True)
class ModeSettings:
    """What the trading modes do. reduce_step_pct None: REDUCED sells nothing by itself; dead_man_secs None: off."""

    approvals: bool
    dead_man_secs: int | None
    reduce_step_minutes: int
    reduce_step_pct: Decimal | None
    sealed_pnl: str = "hidden"


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """What belongs to the installation, not to trading."""

    log_level: str
    log_levels: tuple[tuple[str, str], ...]
    log_rotation_mb: int
    log_rotation_keep: int
    registration: str
    cors_origins: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    demo_speed: Decimal


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Every setting, as it holds for one account and pair."""

    alerts: AlertSettings
    pool: PoolSettings
    queue: QueueSettings
    grid: GridSettings
    exits: ExitSettings
    risk: RiskSettings
    offset: OffsetSettings
    execution: ExecutionSettings
    live: LiveSettings
    modes: ModeSettings
    system: SystemSettings
