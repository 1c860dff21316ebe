"""The capital of a pyramid from everything that is known: what is asked, what may make it smaller, what bound it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from risk.domain import kelly, sizing_caps
from risk.domain.checks import Snapshot
from risk.domain.denial import Denial, missing
from risk.domain.drawdown import SIZE_FACTOR, DrawdownTier
from risk.domain.kelly import KellyPolicy, TradeRecord
from risk.domain.limits import RiskLimits
from risk.domain.portfolio import PortfolioFacts
from risk.domain.precision import exact
from risk.domain.sizing import Cap, Sized, SizeRequest, capital, in_quote, scaled

ZERO = Decimal(0)
LEAST_LEFT = Decimal("0.5")
# Where a limit leaves less of what is asked, nothing is squeezed into it: the gate denies, with the limit's numbers.


@dataclass(frozen=True, slots=True)
class SizeFacts:
    """What sizing asks for; money in quote, None = not known, which denies where it is needed.

    request: the alert's or the source's, None: the setting's. stop_distance: |entry − stop|, quote per base.
    confidence: the signal's own, 0–1, None where it has none. trades: the strategy's closed ones, after fees.
    leverage: notional ÷ margin, 1 on spot. target_scale: wanted ÷ followed volatility. others: how many positions are
    open; correlation: their mean with this.
    """

    request: SizeRequest | None
    setting: SizeRequest
    equity: Decimal | None
    free: Decimal | None
    position: Decimal | None
    price: Decimal
    stop_distance: Decimal | None
    base: str
    quote: str
    contract_size: Decimal = Decimal(1)
    leverage: Decimal = Decimal(1)
    confidence: Decimal | None = None
    tier: DrawdownTier | None = None
    trades: TradeRecord | None = None
    target_scale: Decimal | None = None
    others: int = 0
    correlation: Decimal = ZERO


@exact
def plan_capital(facts: SizeFacts, book: Snapshot, limits: RiskLimits) -> Sized | Denial:
    """What the pyramid gets, and by which line; or what is missing to say it."""
    asked = _asked(facts)
    if isinstance(asked, Denial):
        return asked
    caps = list[Cap]()
    for name in limits.size_caps:
        found = _CAPS[name](asked, facts, book, limits)
        if isinstance(found, Denial):
            return found
        caps += found
    sized = capital(
        facts.request,
        setting=facts.setting,
        equity=facts.equity,
        free=facts.free,
        position=facts.position,
        price=facts.price,
        stop_distance=facts.stop_distance,
        base=facts.base,
        quote=facts.quote,
        contract_size=facts.contract_size,
        leverage=facts.leverage,
        caps=caps,
    )
    return sized if isinstance(sized, Denial) else _in_drawdown(sized, facts.tier)


def _asked(facts: SizeFacts) -> Decimal | Denial:
    return in_quote(
        facts.request or facts.setting,
        equity=facts.equity,
        free=facts.free,
        position=facts.position,
        price=facts.price,
        stop_distance=facts.stop_distance,
        base=facts.base,
        quote=facts.quote,
        contract_size=facts.contract_size,
    )


def _in_drawdown(sized: Sized, tier: DrawdownTier | None) -> Sized:
    """Half of it in the tier before entries stop; where they have stopped, the gate says so with its numbers."""
    half = tier is DrawdownTier.ORANGE
    return scaled(sized, factor=SIZE_FACTOR[DrawdownTier.ORANGE], name="drawdown tier") if half else sized


# the caps ----------------------------------------------------------------------------------------

Caps = list[Cap] | Denial


def _confidence(asked: Decimal, facts: SizeFacts, book: Snapshot, limits: RiskLimits) -> Caps:
    """A signal without a confidence of its own is taken as it is."""
    return [] if facts.confidence is None else [sizing_caps.confidence(asked, confidence=facts.confidence)]


def _kelly(asked: Decimal, facts: SizeFacts, book: Snapshot, limits: RiskLimits) -> Caps:
    """Nothing while the strategy's record is too short to say."""
    if facts.trades is None or not facts.equity or facts.stop_distance is None:
        lacking = "stop distance" if facts.trades and facts.equity else "the strategy's trades"
        return missing(lacking, subject="the Kelly fraction")
    found = kelly.kelly(
        facts.trades,
        policy=KellyPolicy(fraction=limits.kelly_fraction),
        confidence=Decimal(1) if facts.confidence is None else facts.confidence,
        positions=facts.others,
        correlation=facts.correlation,
    )
    far = {"equity": facts.equity, "price": facts.price, "stop_distance": facts.stop_distance}
    return [] if found is None else [sizing_caps.kelly(found, **far)]


def _risk(asked: Decimal, facts: SizeFacts, book: Snapshot, limits: RiskLimits) -> Caps:
    if not facts.equity or facts.stop_distance is None:
        return missing("stop distance", subject="the risk per trade")
    far = {"equity": facts.equity, "price": facts.price, "stop_distance": facts.stop_distance}
    return [sizing_caps.risk_per_trade(risk_bps=limits.risk_bps, **far)]


def _volatility(asked: Decimal, facts: SizeFacts, book: Snapshot, limits: RiskLimits) -> Caps:
    if facts.target_scale is None:
        return missing("volatility", subject="the volatility target")
    return [sizing_caps.volatility_target(asked, scale=facts.target_scale)]


def _limits(asked: Decimal, facts: SizeFacts, book: Snapshot, limits: RiskLimits) -> Caps:
    """The room under every limit, where it is worth having."""
    return [cap for cap in rooms(book, limits) if LEAST_LEFT * asked <= cap.quote < asked]


_CAPS: Mapping[str, Callable[[Decimal, SizeFacts, Snapshot, RiskLimits], Caps]] = MappingProxyType(
    {"confidence": _confidence, "kelly": _kelly, "limits": _limits, "risk": _risk, "volatility": _volatility}
)


@exact
def rooms(book: Snapshot, limits: RiskLimits) -> list[Cap]:
    """What each limit still leaves, quote, by the gate's own measures; what is not known leaves it to the gate."""
    if book.equity is None or book.symbol_exposure_quote is None:
        return []
    pct, equity = limits.per_symbol_pct * book.dynamic.position, book.equity
    found = [sizing_caps.exposure("symbol exposure", equity=equity, limit_pct=pct, held=book.symbol_exposure_quote)]
    return found + (_portfolio_rooms(book.portfolio, equity, limits) if book.portfolio else [])


def _portfolio_rooms(facts: PortfolioFacts, equity: Decimal, limits: RiskLimits) -> list[Cap]:
    shares = [
        ("strategy exposure", limits.per_strategy_pct, facts.strategy_quote),
        ("sector exposure", limits.per_sector_pct, facts.sector_quote),
    ]
    if facts.cluster:
        shares.append(("cluster exposure", limits.cluster_pct * facts.dynamic.correlation, facts.cluster_quote))
    found = [sizing_caps.exposure(name, equity=equity, limit_pct=pct, held=held) for name, pct, held in shares]
    most = limits.max_leverage * facts.dynamic.leverage
    found.append(sizing_caps.leverage(equity=equity, max_leverage=most, held=facts.exposure_quote))
    return [*found, *_venue_room(facts, limits), *_heat_room(facts, equity, limits)]


def _venue_room(facts: PortfolioFacts, limits: RiskLimits) -> list[Cap]:
    if limits.per_venue_pct is None or facts.places_equity is None or facts.venue_quote is None:
        return []
    pct, held = limits.per_venue_pct, facts.venue_quote
    room = sizing_caps.exposure("venue exposure", equity=facts.places_equity, limit_pct=pct, held=held)
    return [room] if facts.several_venues else []


def _heat_room(facts: PortfolioFacts, equity: Decimal, limits: RiskLimits) -> list[Cap]:
    if facts.heat_others is None or facts.vol_annual is None or not facts.depth:
        return []
    room = sizing_caps.heat(
        equity=equity,
        max_heat=limits.max_heat,
        others=facts.heat_others,
        held=facts.symbol_quote,
        vol_annual=facts.vol_annual,
        depth=facts.depth,
    )
    return [room] if room else []
