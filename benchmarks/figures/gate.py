"""The gate and its statistics on one core: a live decision, columns of them, what surrounds a plan, fit and filter."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np

from benchmarks.bench import Bench
from benchmarks.figure import Figure, agree, at_least, at_most, figure
from benchmarks.figures.plans import BOOK, PROPOSED
from risk import fit
from risk.domain import garch, vector
from risk.domain.capital_tiers import TIERS
from risk.domain.checks import CHECKS, GateResult, Snapshot, TrackRecord, run
from risk.domain.dependence import Dependence, pair
from risk.domain.drawdown import DrawdownTier
from risk.domain.portfolio import Exposure, Holdings, MarketRisk, Places, PortfolioFacts, facts
from trading.domain import settings

D = Decimal
LIMITS = settings.resolve([]).risk
HELD = 50
SYMBOLS = [f"S{number:02d}/USDT" for number in range(HELD)]
PAST = TrackRecord(3, D("0.4"), 1, D("1.2"), DrawdownTier.GREEN, D(5000), None)


def measure(bench: Bench) -> list[Figure]:
    """Each beside its goal; nothing of it reads a row."""
    held = holdings()
    around = replace(BOOK, record=PAST, portfolio=surroundings(held))
    returns = shocks(1000)
    found = fit.garch(returns)
    assert found is not None
    return [
        figure("gate over columns, all checks", columns(bench, around), "1/s", goal=at_least(100_000)),
        figure("one live decision, all checks", 1e6 * secs(bench, lambda: judge(around)), "µs", goal=at_most(100)),
        # A copy each time: what follows from everything held is kept with it, and a plan comes with holdings of its own.
        figure(
            "what surrounds a plan, 50 groups",
            1e3 * secs(bench, lambda: surroundings(replace(held))),
            "ms",
            goal=at_most(5),
        ),
        figure("GARCH-t fit, 1,000 returns", 1e3 * secs(bench, lambda: fit.garch(returns)), "ms", goal=at_most(150)),
        figure(
            "volatility, one more candle",
            1e6 * secs(bench, lambda: garch.advance(found.model, found.variance, 0.01)),
            "µs",
            goal=at_most(20),
        ),
    ]


def secs(bench: Bench, deed: Callable[[], object]) -> float:
    """Seconds a deed takes: the best of five rows of repetitions, each long enough for the clock."""
    began = time.perf_counter()
    deed()
    once = max(time.perf_counter() - began, 1e-7)
    times = max(1, min(int(bench.size(200, 20) / 1000 / once), 100_000))
    return min(_row(deed, times) for _ in range(5)) / times


def _row(deed: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        deed()
    return time.perf_counter() - began


def judge(book: Snapshot) -> GateResult:
    """One decision, allowed."""
    result = run(CHECKS, PROPOSED, book, LIMITS)
    assert result.allowed, result.sentence()
    return result


def columns(bench: Bench, book: Snapshot) -> float:
    """Decisions a second, half of them denied; the same number as the gate itself denies."""
    count = bench.size(200_000, 20_000)
    small, large = PROPOSED, replace(PROPOSED, notional=D(400_000))
    both = vector.columns_of([small, large], [book, book])
    whole = {name: np.tile(column, count // 2) for name, column in both.items()}
    began = time.perf_counter()
    decided = vector.decide(whole, LIMITS)
    took = time.perf_counter() - began
    allowed = sum(run(CHECKS, plan, book, LIMITS).allowed for plan in (small, large))
    agree("allowed plans", int((decided == vector.ALLOWED).sum()), allowed * count // 2)
    return count / took


def holdings() -> Holdings:
    """Fifty markets held, every correlation known."""
    markets = {
        symbol: MarketRisk(symbol, 0.0009, 0.00004, 5.0, 1.0, D("0.57"), D(1_000_000), D("0.3")) for symbol in SYMBOLS
    }
    rho = {pair(one, other): 0.5 for place, one in enumerate(SYMBOLS) for other in SYMBOLS[:place]}
    return Holdings(
        exposures=tuple(Exposure(symbol, symbol[:3], D(900), D(900)) for symbol in SYMBOLS),
        markets=markets | {"BTC/USDT": replace(markets[SYMBOLS[0]], symbol="BTC/USDT")},
        dependence=Dependence(rho | {pair("BTC/USDT", symbol): 0.6 for symbol in SYMBOLS}),
        strategies={"bench": D(45_000)},
        places=Places(2, D(2_000_000), D(0), TIERS[-1]),
    )


def surroundings(held: Holdings) -> PortfolioFacts:
    """What the portfolio checks see."""
    return facts(
        held,
        symbol="BTC/USDT",
        base="BTC",
        long=True,
        strategy="bench",
        cluster_rho=LIMITS.cluster_rho,
        equity=D(1_000_000),
        tighten=True,
    )


def shocks(count: int) -> list[float]:
    """Returns of a known GARCH, always the same."""
    chance, variance, made = np.random.default_rng(11), 0.0004, list[float]()
    for _ in range(count):
        made.append(math.sqrt(variance) * float(chance.standard_t(5.0)) * math.sqrt(3 / 5))
        variance = 0.00002 + 0.1 * made[-1] ** 2 + 0.85 * variance
    return made
