"""A flow of strangers: by seed the same, in its numbers as it was shaped, and moved by whoever trades."""

import math
from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trading.paper.core import atoms
from trading.paper.core.orders import Side
from trading.paper.market.chance import Beta, LogNormal, impact
from trading.paper.market.instruments import bundled
from trading.paper.market.synthetic import Arrival, Flow, Shape

BTC = next(one for one in bundled() if one.symbol == "BTCUSDT")
SHAPE = Shape(rate_per_sec=2.0)
CALM = Shape(rate_per_sec=2.0, day_volatility=1e-9)
SECS = 2_000.0
ALPHA = 0.01


def flow(seed: int = 1, shape: Shape = SHAPE) -> Flow:
    return Flow(BTC, shape, Random(seed), 60_000.0)


@pytest.fixture(scope="module")
def trades() -> list[Arrival]:
    return list(flow().until(SECS))


@settings(max_examples=20)
@given(st.integers(0, 99), st.lists(st.floats(0.1, 9.0), max_size=6))
def test_however_often_one_looks_the_trades_are_the_same(seed: int, steps: list[float]) -> None:
    often, once = flow(seed), flow(seed)
    ends = [sum(steps[: index + 1]) for index in range(len(steps))]
    assert [one for end in ends for one in often.until(end)] == list(once.until(sum(steps)))


def test_another_seed_is_another_market() -> None:
    assert list(flow(1).until(9)) != list(flow(2).until(9))


def test_every_trade_is_on_ticks_and_lots(trades: list[Arrival]) -> None:
    assert all(one.price % BTC.tick_size == 0 and one.qty % BTC.lot_step == 0 for one in trades)
    assert all(BTC.lot_step <= one.reached <= one.qty for one in trades)


def returns(trades: list[Arrival], shape: Shape) -> Iterator[float]:
    """What is left of each price move after its impact, in standard deviations of the drift."""
    for before, after in pairwise(trades):
        sign = 1 if after.aggressor is Side.BUY else -1
        share = sign * after.qty * after.price / atoms.SCALE**2 / shape.day_notional
        moved = math.log(after.price / before.price)
        pushed = impact(share, volatility=shape.day_volatility, strength=shape.strength)
        yield (moved - pushed) / (shape.day_volatility * math.sqrt((after.at_secs - before.at_secs) / 86_400))


def test_gaps_sizes_and_shares_have_their_distributions(trades: list[Arrival]) -> None:
    gaps = [after.at_secs - before.at_secs for before, after in pairwise(trades)]
    sizes = [one.qty * one.price / atoms.SCALE**2 for one in trades]
    shares = [one.reached / one.qty for one in trades if one.qty > 1_000 * BTC.lot_step]
    assert stats.kstest(gaps, stats.expon(scale=0.5).cdf).pvalue > ALPHA
    assert stats.kstest(sizes, stats.lognorm(1.2, scale=20_000.0).cdf).pvalue > ALPHA
    assert stats.kstest(shares, stats.beta(2.0, 5.0).cdf).pvalue > ALPHA


def test_prices_move_by_the_square_root_of_the_size_and_by_nothing_else_but_drift() -> None:
    wild = Shape(rate_per_sec=2.0, day_volatility=1.0)  # so that a tick is small against a move
    found = list(flow(shape=wild).until(SECS))
    assert stats.kstest(list(returns(found, wild)), stats.norm().cdf).pvalue > ALPHA


@pytest.mark.parametrize(("side", "sign"), [(Side.BUY, 1), (Side.SELL, -1)])
def test_a_customer_moves_the_price_as_a_stranger_would(side: Side, sign: int) -> None:
    pushed = flow()
    pushed.push(side, 4 * atoms.SCALE)
    share = 4 * 60_000.0 / SHAPE.day_notional
    assert math.log(pushed.middle / 60_000.0) == pytest.approx(sign * 0.7 * 0.03 * math.sqrt(share))


def test_a_day_trades_what_the_shape_says() -> None:
    shape = Shape(rate_per_sec=2.0, notional=LogNormal(1_000.0, 0.5), reached=Beta(1.0, 1.0))
    found = list(flow(shape=shape).until(SECS))
    traded = sum(one.qty * one.price for one in found) / atoms.SCALE**2
    assert traded == pytest.approx(shape.day_notional * SECS / 86_400, rel=0.1)
