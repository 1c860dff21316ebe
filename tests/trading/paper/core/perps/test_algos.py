"""Conditional orders: when they trigger, and what they become."""

import pytest

from tests.trading.paper.core.perps.worlds import LONG, ann, carry_out, held, move, place, wait_for, world
from tests.trading.paper.core.worlds import a
from trading.paper.core.orders import OrderType, Status
from trading.paper.core.perps import algos, commands
from trading.paper.core.perps.orders import AlgoStatus
from trading.paper.core.refusals import Reason, Refused


@pytest.mark.parametrize(
    ("side", "kind", "trigger", "before", "at"),
    [
        ("SELL", "STOP_MARKET", "58000", "58000.1", "58000"),
        ("BUY", "STOP_MARKET", "62000", "61999.9", "62000"),
        ("SELL", "TAKE_PROFIT_MARKET", "62000", "61999.9", "62000"),
        ("BUY", "TAKE_PROFIT_MARKET", "58000", "58000.1", "58000"),
    ],
)
def test_a_price_triggers_it(side: str, kind: str, trigger: str, before: str, at: str) -> None:
    perps = world()
    algo = wait_for(perps, side, kind, "0.1", trigger_price=trigger)
    move(perps, before)
    assert algo.stage is AlgoStatus.NEW
    move(perps, at)
    assert algo.stage is AlgoStatus.FINISHED
    assert (algo.actual.type, algo.actual.origin, algo.actual.status) == (OrderType.MARKET, kind, Status.FILLED)
    assert algo.actual.id != algo.id


@pytest.mark.parametrize(
    ("side", "kind", "trigger"),
    [
        ("SELL", "STOP_MARKET", "60000"),
        ("BUY", "STOP_MARKET", "60000"),
        ("SELL", "TAKE_PROFIT_MARKET", "59000"),
        ("BUY", "TAKE_PROFIT_MARKET", "61000"),
    ],
)
def test_one_that_would_trigger_at_once_is_refused(side: str, kind: str, trigger: str) -> None:
    with pytest.raises(Refused) as refused:
        wait_for(world(), side, kind, "0.1", trigger_price=trigger)
    assert refused.value.reason is Reason.WOULD_TRIGGER


def test_a_stop_limit_becomes_a_limit_order_that_may_rest() -> None:
    perps = world()
    algo = wait_for(perps, "SELL", "STOP", "0.1", price="58500", trigger_price="58000")
    move(perps, "58000")
    assert (algo.stage, algo.actual.status, algo.actual.price) == (AlgoStatus.TRIGGERED, Status.NEW, a("58500"))
    move(perps, "58600")
    assert (algo.stage, held(perps)) == (AlgoStatus.FINISHED, -0.1)


@pytest.mark.parametrize(
    ("side", "path", "triggers_at"),
    [
        ("SELL", ["61000", "62000", "61400", "61380"], 3),  # 1 % below 62,000 is 61,380
        ("SELL", ["59999", "59400"], 1),  # 1 % below 60,000, where it began
        ("BUY", ["59000", "59589.9", "59590"], 2),  # 1 % above 59,000
    ],
)
def test_a_trailing_stop_follows_the_best_price(side: str, path: list[str], triggers_at: int) -> None:
    perps = world()
    algo = wait_for(perps, side, "TRAILING_STOP_MARKET", "0.1", callback_rate="0.01")
    stages = [(move(perps, price), algo.stage)[1] for price in path]
    assert stages == [AlgoStatus.NEW] * triggers_at + [AlgoStatus.FINISHED]


def test_a_trailing_stop_sleeps_until_its_activation_price() -> None:
    perps = world()
    algo = wait_for(perps, "SELL", "TRAILING_STOP_MARKET", "0.1", callback_rate="0.01", activate_price="61000")
    move(perps, "57000")
    assert (algo.stage, algo.extreme) == (AlgoStatus.NEW, 0)
    move(perps, "61000")
    move(perps, "60390")
    assert algo.stage is AlgoStatus.FINISHED


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"callback_rate": "0.0009"}, Reason.CALLBACK_RATE),
        ({"callback_rate": "0.11"}, Reason.CALLBACK_RATE),
        ({"callback_rate": "0.01", "activate_price": "59000"}, Reason.WOULD_TRIGGER),
        ({"callback_rate": "0.01", "position_side": LONG}, Reason.POSITION_SIDE),
    ],
)
def test_a_trailing_stop_must_make_sense(more: dict, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        wait_for(world(), "SELL", "TRAILING_STOP_MARKET", "0.1", **more)
    assert refused.value.reason is reason


def test_closing_a_position_takes_all_of_it() -> None:
    perps = world()
    place(perps, "BUY", "0.3")
    algo = wait_for(perps, "SELL", "STOP_MARKET", trigger_price="58000", close_position=True)
    place(perps, "BUY", "0.1")
    move(perps, "58000")
    assert (algo.actual.qty, held(perps)) == (a("0.4"), 0)


@pytest.mark.parametrize(
    "more",
    [{"qty": "0.1", "reduce_only": True}, {"close_position": True}, {"qty": "1.5"}],
)
def test_what_the_book_refuses_ends_rejected(more: dict) -> None:
    perps = world()  # no position to reduce or to close; 1.5 × 62,000 ÷ 20 = 4,650 of margin, gone by then
    algo = wait_for(perps, "BUY", "STOP_MARKET", trigger_price="62000", **more)
    place(perps, "BUY", "1.6")
    move(perps, "62000")
    assert (algo.stage, algo.actual, list(perps.algos_open["BTCUSDT"])) == (AlgoStatus.REJECTED, None, [])


def test_a_cancelled_one_never_triggers() -> None:
    perps = world()
    algo = wait_for(perps, "BUY", "STOP_MARKET", "0.1", trigger_price="62000")
    carry_out(perps, algos.cancel(algo, now_ms=1))
    move(perps, "63000")
    assert (algo.stage, held(perps)) == (AlgoStatus.CANCELED, 0)
    with pytest.raises(Refused):
        algos.cancel(algo, now_ms=1)


def test_ten_may_wait_at_a_time_and_ids_are_unique_among_them() -> None:
    perps = world()
    for number in range(10):
        wait_for(perps, "BUY", "STOP_MARKET", "0.1", trigger_price="62000", client_id=f"c{number}")
    reasons = []
    for client_id in ("c0", "c10"):
        with pytest.raises(Refused) as refused:
            wait_for(perps, "BUY", "STOP_MARKET", "0.1", trigger_price="62000", client_id=client_id)
        reasons.append(refused.value.reason)
    assert reasons == [Reason.DUPLICATE, Reason.MAX_ALGO_ORDERS]


def test_hedge_mode_needs_a_side() -> None:
    perps = world()
    carry_out(perps, commands.set_dual(perps, ann(perps), dual=True, now_ms=1))
    with pytest.raises(Refused) as refused:
        wait_for(perps, "BUY", "STOP_MARKET", "0.1", trigger_price="62000")
    assert refused.value.reason is Reason.POSITION_SIDE
