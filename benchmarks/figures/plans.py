"""Plans of five legs on one core, alone and with the gate's checks; exact."""

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction

from benchmarks.bench import Bench
from benchmarks.figure import Figure, agree, at_least, at_most, figure
from risk.domain.checks import CHECKS, Proposed, Snapshot, VenueFacts, run
from risk.domain.mode import PlanKind
from trading.domain import settings
from trading.domain.grid import GridPlan, InstrumentRules, LegSpec, plan
from trading.domain.vocabulary import MarketKind, PositionSide

D = Decimal
CAPITAL = D("1234.56")
RULES = InstrumentRules(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    kind=MarketKind("SPOT"),
    tick_size=D("0.01"),
    lot_step=D("0.00001"),
    min_qty=D("0.00001"),
    max_qty=D(9000),
    min_notional=D(5),
    contract_size=D(1),
    maker_fee=D("0.001"),
    taker_fee=D("0.001"),
    max_open_orders=200,
)
CHOSEN = settings.resolve([])
LEGS = CHOSEN.grid.legs_of(0)


def measure(bench: Bench) -> list[Figure]:
    """Plans a second beside the bare arithmetic of the same legs; plan and gate in microseconds."""
    prices = [D(60_000) + D(number) / 100 for number in range(bench.size(20_000, 2_000))]
    for price in prices[:500]:
        _check_exact(price, planned(price))
    ours, bare = _per_second(planned, prices), _per_second(bare_arithmetic, prices)
    both = 1e6 / _per_second(gated, prices)
    return [
        figure("plans of 5 legs, one core", ours, "1/s", baseline=bare, against=BARE, goal=at_least(50_000)),
        figure("plan and gate", both, "µs", baseline=1e6 / bare, against=BARE, goal=at_most(100)),
    ]


BARE = "the same prices and quantities in plain Decimal: no minimums, no merging, no exits, no dataclasses"


def planned(price: Decimal) -> GridPlan:
    """The engine's own plan."""
    found = plan(side=PositionSide.LONG, base_price=price, capital=CAPITAL, legs=LEGS, rules=RULES)
    assert isinstance(found, GridPlan)
    return found


def bare_arithmetic(price: Decimal) -> list[tuple[Decimal, Decimal, Decimal]]:
    """Price, target and quantity of each leg, and nothing else."""
    return [_bare_leg(price, leg) for leg in LEGS]


def _bare_leg(price: Decimal, leg: LegSpec) -> tuple[Decimal, Decimal, Decimal]:
    entry = _steps(price + price * leg.gap_pct / 100, RULES.tick_size, ROUND_FLOOR)
    target = _steps(entry + entry * leg.take_profit_pct / 100, RULES.tick_size, ROUND_CEILING)
    return entry, target, _steps(CAPITAL * leg.weight_pct / 100 / entry, RULES.lot_step, ROUND_FLOOR)


def _steps(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    return (value / step).to_integral_value(rounding) * step


def gated(price: Decimal) -> None:
    """Plan, then every check of the gate; what is written afterwards is another figure."""
    found = planned(price)
    result = run(CHECKS, replace(PROPOSED, notional=found.cost), BOOK, CHOSEN.risk)
    assert result.allowed, result.sentence()


PROPOSED = Proposed(
    account_id=1,
    symbol="BTC/USDT",
    side=PositionSide.LONG,
    kind=PlanKind.ENTRY,
    notional=CAPITAL,
    smallest_qty=D("0.003"),
    smallest_notional=D(180),
    needs_slot=True,
    quote="USDT",
    leverage=D(1),
    orders=5,
)
BOOK = Snapshot(
    mode="NORMAL",
    armed=True,
    price_age_secs=D("0.5"),
    min_qty=RULES.min_qty,
    min_notional=RULES.min_notional,
    free_slots=9,
    open_slots=1,
    pool_size=10,
    equity=D(1_000_000),
    available_quote=D(900_000),
    symbol_exposure_quote=D(0),
    venue=VenueFacts(
        health="",
        reconciled=True,
        clock_offset_ms=0,
        open_orders=0,
        algo_orders=0,
        hedge_mode=False,
        opposite="",
        quote="USDT",
    ),
)


def _check_exact(price: Decimal, found: GridPlan) -> None:
    """The plan against fractions, which cannot be rounded: the deepest tick not above, the largest lot affordable."""
    for leg, spec in zip(found.legs, LEGS, strict=True):
        raw = Fraction(price) * (1 + Fraction(spec.gap_pct) / 100)
        tick, lot = Fraction(RULES.tick_size), Fraction(RULES.lot_step)
        entry = raw // tick * tick
        agree("entry price", Fraction(leg.price), entry)
        agree("quantity", Fraction(leg.qty), Fraction(CAPITAL) * Fraction(spec.weight_pct) / 100 / entry // lot * lot)


def _per_second(work: Callable[[Decimal], object], prices: list[Decimal]) -> float:
    """The best of three rounds: what disturbs a round is not ours."""
    return max(_round(work, prices) for _ in range(3))


def _round(work: Callable[[Decimal], object], prices: list[Decimal]) -> float:
    started = time.perf_counter()
    for price in prices:
        work(price)
    return len(prices) / (time.perf_counter() - started)
