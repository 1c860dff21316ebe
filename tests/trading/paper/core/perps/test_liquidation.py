"""Funding, and the end of positions whose margin is used up."""

import pytest

from tests.trading.paper.core.perps.worlds import BOTH, ann, carry_out, held, move, place, wallet, world
from tests.trading.paper.core.worlds import a
from trading.paper.core.atoms import SCALE
from trading.paper.core.orders import Status
from trading.paper.core.perps import commands, margin
from trading.paper.core.perps.events import Funded
from trading.paper.core.perps.state import Perps


def isolated(perps: Perps) -> Perps:
    carry_out(perps, commands.set_isolated(perps, ann(perps), "BTCUSDT", isolated=True, now_ms=1))
    return perps


@pytest.mark.parametrize(
    ("side", "rate", "paid"),
    [("BUY", "0.0001", 6), ("SELL", "0.0001", -6), ("BUY", "-0.0001", -6)],
)
def test_longs_pay_a_positive_rate_to_shorts(side: str, rate: str, paid: int) -> None:
    perps = world()
    place(perps, side, "1")
    before = wallet(perps)
    atoms = -a(rate[1:]) if rate.startswith("-") else a(rate)
    carry_out(perps, [Funded(5, "BTCUSDT", atoms, a("60000"))])
    assert before - wallet(perps) == pytest.approx(paid)  # 60,000 × 1 bps
    assert [*ann(perps).incomes][-1].kind == "FUNDING_FEE"


@pytest.mark.parametrize(
    ("notional", "maintenance"),
    [
        ("0", "0"),
        ("100000", "1000"),  # 1 %
        ("200000", "5000"),  # 4 % less 3 % of the first 100,000: 8,000 − 3,000
    ],
)
def test_the_maintenance_margin_never_jumps(notional: str, maintenance: str) -> None:
    assert world().contracts["BTCUSDT"].maintenance(a(notional)) == a(maintenance)


def test_a_cross_position_ends_where_its_margin_does() -> None:
    perps = world(wallet="1000")
    place(perps, "BUY", "0.2")  # wallet 1,000 − 6 fee = 994
    bid = place(perps, "BUY", "0.01", "50000")
    position = ann(perps).position("BTCUSDT", BOTH)
    # 994 + 0.2 × (p − 60,000) = 1 % of 0.2 × p, so p = (12,000 − 994) ÷ 0.198 = 55,585.858…
    assert margin.liquidation_price(perps, ann(perps), position) // SCALE == 55_585
    move(perps, "55586")
    assert held(perps) == 0.2
    move(perps, "55585")
    assert (held(perps), bid.status) == (0, Status.CANCELED)
    assert wallet(perps) == pytest.approx(994 - 0.2 * 4415 - 5.5585)  # the loss, and 5 bps of 11,117
    assert perps.orders.page(("ann", "BTCUSDT"))[-1].origin == "LIQUIDATION"


def test_what_a_gap_takes_beyond_the_wallet_is_insured() -> None:
    perps = world(wallet="1000")
    place(perps, "BUY", "0.2")
    move(perps, "50000")  # a loss of 2,000
    assert (held(perps), wallet(perps)) == (0, 0)
    assert [*ann(perps).incomes][-1].kind == "INSURANCE_CLEAR"


def test_an_isolated_position_takes_only_its_own_margin_along() -> None:
    perps = isolated(world())
    place(perps, "SELL", "0.2")  # 600 set aside, 6 fee
    move(perps, "63000")  # a loss of 600
    assert held(perps) == 0
    assert wallet(perps) == pytest.approx(10_000 - 600 - 6)


def test_an_isolated_liquidation_price_looks_at_its_own_margin() -> None:
    perps = isolated(world())
    place(perps, "SELL", "0.2")
    price = margin.liquidation_price(perps, ann(perps), ann(perps).position("BTCUSDT", BOTH)) / SCALE
    # 600 + 0.2 × (60,000 − p) = 1 % of 0.2 × p: p = 12,600 ÷ 0.202
    assert price == pytest.approx(12_600 / 0.202)


def test_a_healthy_account_is_left_alone() -> None:
    perps = world()
    place(perps, "BUY", "0.2")
    assert move(perps, "50000") == []
