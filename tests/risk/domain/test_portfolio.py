"""What surrounds a plan, from exposures, markets and correlations."""

from dataclasses import replace
from decimal import Decimal

import pytest

from risk.domain import heat as heats
from risk.domain.dependence import Dependence
from risk.domain.depth import near
from risk.domain.portfolio import Exposure, Holdings, MarketRisk, PortfolioFacts, facts
from risk.domain.regime import DynamicLimits
from risk.domain.sectors import sector_of

D = Decimal


def market(symbol: str, *, sigma: float, ratio: float = 1.0, depth: int | None = 10_000) -> MarketRisk:
    vol = Decimal(str(sigma)) * 19  # about √365
    return MarketRisk(symbol, sigma**2, sigma**2 / 24, 5.0, ratio, vol, None if depth is None else D(depth))


MARKETS = {one.symbol: one for one in (market("BTC/USDT", sigma=0.03), market("ETH/USDT", sigma=0.04))}
BTC = Exposure("BTC/USDT", "BTC", D(1000), D(1000))
ETH = Exposure("ETH/USDT", "ETH", D(500), D(-500))
HELD = Holdings(
    exposures=(BTC, ETH),
    markets=MARKETS,
    dependence=Dependence({("BTC/USDT", "ETH/USDT"): 0.8}),
    sectors={"BTC": "majors", "ETH": "majors"},
    strategies={"mine": D(1500)},
)


def around(held: Holdings = HELD, **changed: object) -> PortfolioFacts:
    asked: dict[str, object] = {
        "symbol": "BTC/USDT",
        "base": "BTC",
        "long": True,
        "strategy": "mine",
        "cluster_rho": D("0.7"),
        "equity": D(10_000),
        "tighten": True,
    }
    return facts(held, **(asked | changed))  # type: ignore[arg-type]


def test_exposures() -> None:
    found = around()
    assert (found.exposure_quote, found.symbol_quote) == (D(1500), D(1000))
    assert (found.strategy_quote, around(strategy="other").strategy_quote) == (D(1500), D(0))
    assert (found.sector, found.sector_quote) == ("majors", D(1500))
    assert (found.cluster, found.cluster_quote) == (("ETH/USDT",), D(1500))
    assert around(cluster_rho=D("0.9")).cluster_quote == D(1000)


def test_a_currency_on_no_list_is_its_own_sector() -> None:
    found = around(replace(HELD, sectors={}))
    assert (found.sector, found.sector_quote) == ("BTC", D(1000))
    assert sector_of("sol", {"SOL": "l1"}) == "l1"


def test_variance_and_covariance_know_the_sides() -> None:
    found = around()
    # 30² + 20² − 2 × 30 × 20 × 0.8, the short hedges
    assert found.variance == pytest.approx(340)
    # one quote long of BTC: 0.03 × 30 − 0.03 × 20 × 0.8
    assert found.covariance == pytest.approx(0.42)
    assert around(long=False).covariance == pytest.approx(-0.42)
    assert found.own == pytest.approx(0.0009)


def test_what_is_not_known_is_the_worst() -> None:
    found = around(replace(HELD, dependence=Dependence()))
    assert found.variance == pytest.approx(2500)  # (30 + 20)²
    assert found.cluster == ("ETH/USDT",)


def test_the_heat_of_the_others_is_the_one_that_is_known() -> None:
    found = around()
    holding = heats.Holding("ETH/USDT", D(500), MARKETS["ETH/USDT"].vol_annual, D(10_000))
    assert found.heat_others == heats.heat([holding], equity=D(10_000))


@pytest.mark.parametrize(
    ("markets", "lacking"),
    [
        ({}, ("volatility", "BTC/USDT")),
        ({"BTC/USDT": MARKETS["BTC/USDT"]}, ("volatility", "ETH/USDT")),
        (MARKETS | {"ETH/USDT": market("ETH/USDT", sigma=0.04, depth=None)}, ("book depth", "ETH/USDT")),
        (MARKETS, ("", "")),
    ],
)
def test_what_is_lacking_is_named(markets: dict[str, MarketRisk], lacking: tuple[str, str]) -> None:
    found = around(replace(HELD, markets=markets))
    assert found.lacking == lacking
    assert (found.heat_others is None) == (lacking[1] == "ETH/USDT" or not markets)


def test_limits_follow_the_market_where_that_is_wanted() -> None:
    wild = replace(HELD, markets=MARKETS | {"BTC/USDT": market("BTC/USDT", sigma=0.06, ratio=2.0)})
    assert around(wild).dynamic == DynamicLimits(D("0.5"), D("0.75"), D("0.8"), D("0.5"))  # mean ρ 0.8
    assert around(wild, tighten=False).dynamic == DynamicLimits()


def test_a_market_that_is_flat_is_not_held() -> None:
    flat = replace(HELD, exposures=(BTC, replace(ETH, gross=D(0), net=D(0))), markets={"BTC/USDT": MARKETS["BTC/USDT"]})
    found = around(flat)
    assert (found.lacking, found.cluster) == (("", ""), ())


def test_mean_correlation_with_the_rest() -> None:
    assert HELD.mean_correlation("BTC/USDT") == D("0.8")
    assert HELD.mean_correlation("NEW/USDT") == 1
    assert replace(HELD, exposures=()).mean_correlation("BTC/USDT") == 0


LEVELS = [(D(100), D(1)), (D("99.5"), D(2)), (D(98), D(50))]
ASKS = [(D(101), D(1)), (D(102), D(1)), (D("102.02"), D(9))]


@pytest.mark.parametrize(
    ("bids", "asks", "depth"),
    [
        (LEVELS, ASKS, D(299)),  # 100 + 199 are within 1 % of 100; asks: 101 + 102 + … = 203 up to 102.01
        (LEVELS[:1], ASKS, D(100)),
        ([], ASKS, D(0)),
        (LEVELS, [], D(0)),
    ],
)
def test_depth_near_the_price(
    bids: list[tuple[Decimal, Decimal]], asks: list[tuple[Decimal, Decimal]], depth: Decimal
) -> None:
    assert near(bids, asks) == min(depth, D(203) if asks else depth)
    assert near(bids, asks, contract_size=D("0.001")) == near(bids, asks) / 1000
