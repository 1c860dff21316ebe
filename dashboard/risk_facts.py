"""The page Risk, figures: heat, value at risk, correlations, exposure and how old each of them is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from dashboard.formats import rounded
from risk.domain.limits import RiskLimits
from risk.domain.portfolio import Exposure, Holdings, MarketRisk, heat_of
from risk.domain.precision import exact
from risk.domain.regime import Regime, regime
from risk.domain.sectors import sector_of
from risk.domain.value_at_risk import Stake, Tail, heaviest, losses, portfolio_variance

MATRIX = 10
# Of the largest positions: more columns no screen holds.
HORIZONS: Mapping[str, Callable[[MarketRisk], float | None]] = {
    "1 hour": lambda market: market.variance_hour,
    "1 day": lambda market: market.variance_day,
}


@dataclass(frozen=True, slots=True)
class LossRow:
    """A horizon and level: VaR and CVaR in percent of equity and in quote."""

    horizon: str
    level: int
    var_pct: Decimal
    cvar_pct: Decimal
    var_quote: Decimal
    cvar_quote: Decimal


@dataclass(frozen=True, slots=True)
class ShareRow:
    """What hangs on one thing: quote, percent of equity, and how much of its limit that is (percent, None: no limit)."""

    name: str
    quote: Decimal
    pct: Decimal | None
    limit_pct: Decimal | None
    used: int | None
    set_pct: Decimal | None = None  # the limit as it was set, where the market holds a tighter one

    @property
    def state(self) -> str:
        """ok, near, over; idle without a limit."""
        return "idle" if self.used is None else "over" if self.used > 100 else "near" if self.used >= 80 else "ok"

    @property
    def bar(self) -> int:
        """The bar's length, percent."""
        return min(self.used or 0, 100)


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A pair's correlations with the others, in their order; None = not known. close: beyond the cluster's limit."""

    name: str
    cells: tuple[tuple[Decimal | None, bool], ...]


@dataclass(frozen=True, slots=True)
class AgeRow:
    """A statistic and when it was made; late: too old or missing, and then the gate denies what needs it."""

    name: str
    at: datetime | None
    words: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class MarketRow:
    """A market's weather: its regime, volatility of a year (percent) and against its own record (ratio)."""

    name: str
    regime: str
    vol_pct: Decimal | None
    ratio: float | None
    source: str


def held(holdings: Holdings) -> list[Exposure]:
    """What is held, the largest first."""
    return sorted(holdings.held, key=lambda one: -one.gross)


@exact
def heat(holdings: Holdings, *, equity: Decimal) -> Decimal | None:
    """The portfolio's heat; None where something of it is not known."""
    total = Decimal(0)
    for one in held(holdings):
        market = holdings.markets.get(one.symbol)
        if market is None or market.vol_annual is None or not market.depth:
            return None
        total += heat_of(one.gross, equity=equity, vol_annual=market.vol_annual, depth=market.depth)
    return total


def losses_of(holdings: Holdings, *, equity: Decimal) -> tuple[LossRow, ...]:
    """VaR and CVaR of everything held, by horizon and level; none where a volatility is not known."""
    found: list[LossRow] = []
    for horizon, variance in HORIZONS.items():
        stakes = _stakes(holdings, variance)
        if stakes is None:
            return ()
        together = portfolio_variance(stakes, rho=holdings.dependence.of)
        tails = losses(together, nu=heaviest(stakes), equity=float(equity))
        found += [_loss(horizon, int(level), tail, equity) for level, tail in tails.items()]
    return tuple(found)


def _stakes(holdings: Holdings, variance: Callable[[MarketRisk], float | None]) -> list[Stake] | None:
    found = []
    for one in held(holdings):
        market = holdings.markets.get(one.symbol)
        known = variance(market) if market else None
        if market is None or known is None:
            return None
        found.append(Stake(one.symbol, float(one.net), known**0.5, market.nu))
    return found


def _loss(horizon: str, level: int, tail: Tail, equity: Decimal) -> LossRow:
    var, cvar = round(Decimal(tail.var), 6), round(Decimal(tail.cvar), 6)
    return LossRow(horizon, level, var * 100, cvar * 100, var * equity, cvar * equity)


def matrix(holdings: Holdings, *, cluster_rho: Decimal) -> tuple[MatrixRow, ...]:
    """Correlations of the largest positions among each other; none with fewer than two."""
    names = [one.symbol for one in held(holdings)[:MATRIX]]
    rows = tuple(MatrixRow(name, tuple(_cell(holdings, name, other, cluster_rho) for other in names)) for name in names)
    return rows if len(names) > 1 else ()


def _cell(holdings: Holdings, one: str, other: str, limit: Decimal) -> tuple[Decimal | None, bool]:
    rho = holdings.dependence.of(one, other)
    return (None if rho is None else round(Decimal(rho), 2)), one != other and (rho is None or abs(rho) > limit)


def markets(holdings: Holdings) -> tuple[MarketRow, ...]:
    """What is held, and how wild each market is now."""
    return tuple(_market(holdings, one) for one in held(holdings))


def _market(holdings: Holdings, one: Exposure) -> MarketRow:
    known = holdings.markets.get(one.symbol, MarketRisk(one.symbol))
    now = regime(known.ratio)
    vol_pct = None if known.vol_annual is None else known.vol_annual * 100
    return MarketRow(one.symbol, now.value if now else "", vol_pct, known.ratio, known.source)


def worst_regime(holdings: Holdings) -> Regime | None:
    """The wildest regime among what is held; None where nothing is, or nothing is known of it."""
    symbols = [one.symbol for one in held(holdings)]
    known = [
        regime(holdings.markets[name].ratio, mean_rho=holdings.mean_rho) for name in symbols if name in holdings.markets
    ]
    ranked = [one for one in Regime if one in known]
    return ranked[-1] if ranked else None


# exposure ----------------------------------------------------------------------------------------


def by_symbol(
    holdings: Holdings,
    *,
    equity: Decimal | None,
    limit_of: Callable[[str], Decimal],
    left_of: Callable[[str], Decimal] = lambda _: Decimal(1),
) -> tuple[ShareRow, ...]:
    """What hangs on each pair; left_of: what the market leaves of its limit, ratio."""
    return tuple(_of_pair(one, equity, limit_of(one.symbol), left_of(one.symbol)) for one in held(holdings))


def _of_pair(one: Exposure, equity: Decimal | None, limit_pct: Decimal, left: Decimal) -> ShareRow:
    row = shared(one.symbol, one.gross, equity, limit_pct * left)
    return row if left == 1 else replace(row, set_pct=limit_pct)


def by_sector(holdings: Holdings, *, equity: Decimal | None, limits: RiskLimits) -> tuple[ShareRow, ...]:
    """What hangs on each sector; a currency on no list is one of its own."""
    sums: dict[str, Decimal] = {}
    for one in held(holdings):
        name = sector_of(one.base, holdings.sectors)
        sums[name] = sums.get(name, Decimal(0)) + one.gross
    return tuple(shared(name, sums[name], equity, limits.per_sector_pct) for name in _ranked(sums))


def by_strategy(holdings: Holdings, *, equity: Decimal | None, limits: RiskLimits) -> tuple[ShareRow, ...]:
    """What hangs on each source of alerts."""
    sums = {name: quote for name, quote in holdings.strategies.items() if quote}
    return tuple(shared(name or "by hand", sums[name], equity, limits.per_strategy_pct) for name in _ranked(sums))


def _ranked(sums: Mapping[str, Decimal]) -> Sequence[str]:
    return sorted(sums, key=lambda name: -sums[name])


def shared(name: str, quote: Decimal, equity: Decimal | None, limit_pct: Decimal | None) -> ShareRow:
    """A row with its part of the equity and of the limit."""
    if equity is None or equity <= 0:
        return ShareRow(name, quote, None, limit_pct, None)
    pct = quote / equity * 100
    return ShareRow(name, quote, pct, limit_pct, None if limit_pct is None else _used(pct, limit_pct))


def _used(pct: Decimal, limit_pct: Decimal) -> int:
    """How much of a limit, percent, as people round; only what is beyond it says more than 100."""
    if pct > limit_pct:
        return max(101, round(pct / limit_pct * 100)) if limit_pct else 101
    return min(100, int(rounded(pct / limit_pct * 100, 0))) if limit_pct else 0


# ages --------------------------------------------------------------------------------------------


def age(name: str, moments: Iterable[datetime | None], *, now: datetime, most: timedelta, words: str = "") -> AgeRow:
    """The oldest of some moments; missing counts as late, and none at all as missing."""
    found = list(moments)
    known = [at for at in found if at is not None]
    if not known or len(known) < len(found):
        missing = f"{len(found) - len(known)} of {len(found)} missing" if found else "not known yet"
        return AgeRow(name, min(known, default=None), missing, late=True)
    oldest = min(known)
    return AgeRow(name, oldest, words, late=now - oldest > most)
