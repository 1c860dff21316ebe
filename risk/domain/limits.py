"""The limits the gate holds plans against; defaults and ranges stand in the engine's settings. Pure."""

from dataclasses import dataclass
from decimal import Decimal

CLOCKS_APART_SECS = 5
# A price further ahead than that was written before the clock was set back: nobody knows how old it is.


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """One account's limits. Percentages are of equity unless the name says otherwise; None switches a limit off."""

    profile: str
    per_symbol_pct: Decimal
    per_venue_pct: Decimal | None
    per_strategy_pct: Decimal
    per_sector_pct: Decimal
    cluster_rho: Decimal
    cluster_pct: Decimal  # 0 blocks any second pair of a cluster
    max_leverage: Decimal
    max_heat: Decimal
    var_limit_pct: Decimal
    var_confidence: Decimal
    max_daily_loss_pct: Decimal
    drawdown_tiers_pct: tuple[Decimal, ...]  # yellow, orange, red, stop
    max_consecutive_losses: int
    order_rate_per_min: int
    stale_price_secs: int
    max_clock_offset_ms: int
    dynamic_limits: bool = True  # tighter in a wild market, never wider than set
    capital_tiers: bool = True
    sectors: tuple[tuple[str, str], ...] = ()  # base currency, sector
    size_caps: tuple[str, ...] = ("confidence", "limits")
    risk_bps: Decimal = Decimal(100)
    kelly_fraction: Decimal = Decimal("0.25")
    vol_target_pct: Decimal = Decimal(15)
