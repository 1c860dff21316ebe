"""Caps: each limit in quote, and the one that bound by its name."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain import sizing_caps as caps
from risk.domain.kelly import Kelly
from risk.domain.sizing import Cap, Sized, SizeRequest, capital
from signals.intent import SizeKind

D = Decimal
MONEY = st.decimals(1, 10**6, places=2)


@pytest.mark.parametrize(
    ("cap", "name", "quote"),
    [
        # 10 000 × 50 ÷ 10 000 = 50 at risk; ÷ 2 a base = 25 base × 100
        (
            caps.risk_per_trade(equity=D(10000), risk_bps=D(50), price=D(100), stop_distance=D(2)),
            "risk per trade",
            "2500",
        ),
        # 10 000 × 0.01 = 100 at risk; ÷ 2 = 50 base × 100
        (
            caps.kelly(Kelly(D(1), D("0.01"), (), capped=False), equity=D(10000), price=D(100), stop_distance=D(2)),
            "Kelly",
            "5000",
        ),
        (caps.volatility_target(D(200), scale=D("0.25")), "volatility target", "50"),
        (caps.confidence(D(200), confidence=D("0.8")), "confidence", "160"),
        (caps.confidence(D(200), confidence=D(7)), "confidence", "200"),
        (caps.confidence(D(200), confidence=D(-1)), "confidence", "0"),
        (caps.exposure("per symbol", equity=D(10000), limit_pct=D(10), held=D(900)), "per symbol", "100"),
        (caps.exposure("per venue", equity=D(10000), limit_pct=D(10), held=D(1900)), "per venue", "0"),
        (caps.exposure("per sector", equity=D(-5), limit_pct=D(10), held=D(0)), "per sector", "0"),
        (caps.leverage(equity=D(10000), max_leverage=D(3), held=D(29000)), "leverage", "1000"),
        (caps.risk_per_trade(equity=D(-1), risk_bps=D(50), price=D(1), stop_distance=D(1)), "risk per trade", "0"),
    ],
)
def test_each_cap(cap: Cap, name: str, quote: str) -> None:
    assert cap == Cap(name, D(quote))


def test_heat_leaves_room_for_the_symbol_less_what_it_holds() -> None:
    """(0.5 − 0.4) × 10 000 ÷ 0.5 = 2000 for the symbol, 500 are held."""
    asked = {"equity": D(10000), "max_heat": D("0.5"), "others": D("0.4"), "depth": D(10**6)}
    assert caps.heat(**asked, held=D(500), vol_annual=D("0.5")) == Cap("portfolio heat", D(1500))
    assert caps.heat(**asked, held=D(5000), vol_annual=D("0.5")) == Cap("portfolio heat", D(0))
    assert caps.heat(**asked, held=D(500), vol_annual=D(0)) is None


@given(MONEY, MONEY, st.lists(MONEY, min_size=1, max_size=6))
def test_the_smallest_limit_binds_by_name(asked: Decimal, free: Decimal, limits: list[Decimal]) -> None:
    named = [Cap(f"limit {number}", quote) for number, quote in enumerate(limits)]
    request = SizeRequest(SizeKind.QUOTE, asked)
    sized = capital(None, setting=request, equity=D(10**6), free=free, quote="USDT", caps=named)
    assert isinstance(sized, Sized)
    by_name = {"setting": asked, "free balance": free, **{cap.name: cap.quote for cap in named}}
    assert sized.capital == min(by_name.values()) == by_name[sized.bound_by]
    assert {line.name: line.quote for line in sized.lines} == by_name
    assert [line.name for line in sized.lines if line.binds] == [sized.bound_by]


@given(MONEY, st.decimals(1, 500, places=0), MONEY, st.decimals("0.01", 100, places=2))
def test_the_position_loses_exactly_its_risk_at_the_stop(
    equity: Decimal, risk_bps: Decimal, price: Decimal, stop_distance: Decimal
) -> None:
    cap = caps.risk_per_trade(equity=equity, risk_bps=risk_bps, price=price, stop_distance=stop_distance)
    lost = cap.quote / price * stop_distance
    assert abs(lost - equity * risk_bps / 10000) < D("1E-15")
