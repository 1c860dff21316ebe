"""Placing: which side, how much margin, what reduces, what is refused."""

import pytest

from tests.trading.paper.core.perps.worlds import (
    BOTH,
    LONG,
    SHORT,
    ann,
    ask_for,
    carry_out,
    held,
    move,
    place,
    wallet,
    world,
)
from tests.trading.paper.core.worlds import a
from trading.paper.core.atoms import SCALE
from trading.paper.core.depth import Depth
from trading.paper.core.orders import OrderType, Status, TimeInForce
from trading.paper.core.perps import commands, margin
from trading.paper.core.perps.state import Perps
from trading.paper.core.refusals import Reason, Refused


def refusal(perps: Perps, *order: str, **more: object) -> Reason:
    with pytest.raises(Refused) as refused:
        place(perps, *order, **more)
    return refused.value.reason


def hedge(perps: Perps) -> Perps:
    carry_out(perps, commands.set_dual(perps, ann(perps), dual=True, now_ms=1))
    return perps


def test_a_round_trip_pays_two_taker_fees() -> None:
    perps = world()
    place(perps, "BUY", "1")
    move(perps, "61000")
    place(perps, "SELL", "1")
    # 1,000 gained; 5 bps of 60,000 and of 61,000: 30 + 30.5
    assert (held(perps), wallet(perps)) == (0, 10_000 + 1_000 - 60.5)


def test_a_resting_order_fills_as_maker_at_its_price() -> None:
    perps = world()
    order = place(perps, "SELL", "0.1", "61000")
    assert margin.summary(perps, ann(perps)).order_initial == a("305")  # 6,100 ÷ 20
    move(perps, "61500")
    assert (order.status, held(perps)) == (Status.FILLED, -0.1)
    assert wallet(perps) == 10_000 - 1.22  # 2 bps of 6,100


def test_a_sell_in_one_way_mode_turns_a_long_round() -> None:
    perps = world()
    place(perps, "BUY", "0.1")
    place(perps, "SELL", "0.3")
    assert held(perps) == pytest.approx(-0.2)


def test_hedge_mode_holds_both_sides_apart() -> None:
    perps = hedge(world())
    place(perps, "BUY", "0.2", position_side=LONG)
    place(perps, "SELL", "0.3", position_side=SHORT)
    assert (held(perps, LONG), held(perps, SHORT), held(perps, BOTH)) == (0.2, -0.3, 0)


@pytest.mark.parametrize(
    ("order", "more", "reason"),
    [
        (("BUY", "0.01"), {"position_side": LONG}, Reason.POSITION_SIDE),
        (("BUY", "0.01"), {"reduce_only": True}, Reason.REDUCE_ONLY),
        (("BUY", "3.4"), {}, Reason.MAX_POSITION),  # 204,000: at 20× only 100,000 may be held
        (("BUY", "0.0008"), {}, Reason.QTY_LOW),
        (("BUY", "0.0015"), {}, Reason.STEP_SIZE),
        (("BUY", "101"), {}, Reason.QTY_HIGH),
        (("BUY", "0.01", "59000.05"), {}, Reason.TICK_SIZE),
        (("BUY", "0.01", "63000.1"), {}, Reason.PRICE_HIGH),  # 5 % above the mark price is 63,000
        (("SELL", "0.01", "56999.9"), {}, Reason.PRICE_LOW),
        (("BUY", "0.01", "400"), {}, Reason.PRICE_MIN),
        (("BUY", "0.001", "49000"), {}, Reason.NOTIONAL),
        (("BUY", "0.01", "60000.1"), {"type": OrderType.LIMIT_MAKER}, Reason.WOULD_TAKE),
        (("BUY", "0.01", "59999"), {"time_in_force": TimeInForce.FOK}, Reason.UNFILLABLE),
    ],
)
def test_a_bad_order_is_refused(order: tuple[str, ...], more: dict, reason: Reason) -> None:
    assert refusal(world(), *order, **more) is reason


@pytest.mark.parametrize(("qty", "refused"), [("0.329", False), ("0.33", True)])
def test_margin_must_cover_the_order_and_its_fee(qty: str, refused: bool) -> None:
    # 1,000 at 20×: 0.330 × 60,000 ÷ 20 = 990, and 5 bps of 19,800 = 9.9, together 999.9; bound by spread below
    perps = world(wallet="996" if refused else "1000")
    outcome = refusal(perps, "BUY", qty) if refused else place(perps, "BUY", qty).status
    assert outcome is (Reason.MARGIN if refused else Status.FILLED)


def test_orders_that_close_bind_no_margin() -> None:
    perps = world(wallet="1000")
    place(perps, "BUY", "0.3")
    before = margin.summary(perps, ann(perps)).available
    place(perps, "SELL", "0.3", "62000")
    place(perps, "SELL", "0.3", "62000", reduce_only=True)
    assert margin.summary(perps, ann(perps)).available == before


def test_a_reduce_only_order_never_turns_a_position_round() -> None:
    perps = world()
    place(perps, "BUY", "0.1")
    order = place(perps, "SELL", "0.3", reduce_only=True)
    assert (order.status, order.filled, held(perps)) == (Status.EXPIRED, a("0.1"), 0)


def test_reduce_only_orders_end_with_their_position() -> None:
    perps = world()
    place(perps, "BUY", "0.2")
    targets = [place(perps, "SELL", "0.2", price, reduce_only=True) for price in ("61000", "62000")]
    opening = place(perps, "SELL", "0.1", "63000")
    move(perps, "62500")
    assert [order.status for order in targets] == [Status.FILLED, Status.EXPIRED]
    assert (opening.status, held(perps)) == (Status.NEW, 0)


def test_the_makers_reduce_only_room_limits_a_trade_between_customers() -> None:
    perps = world(depth=Depth(spread_ticks=20))  # strangers sell from 60,001 on
    place(perps, "BUY", "0.1")
    target = place(perps, "SELL", "0.3", "60000.1", reduce_only=True)
    taker = place(perps, "BUY", "0.3", "60000.1", account="bob", time_in_force=TimeInForce.IOC)
    assert (target.filled, target.status, held(perps)) == (a("0.1"), Status.EXPIRED, 0)
    assert (taker.filled, taker.status) == (a("0.1"), Status.EXPIRED)


def test_a_client_id_is_unique_among_open_orders() -> None:
    perps = world()
    place(perps, "BUY", "0.01", client_id="one")  # filled: free again
    second = place(perps, "BUY", "0.01", "59000", client_id="one")
    assert refusal(perps, "BUY", "0.01", "59000", client_id="one") is Reason.DUPLICATE
    assert perps.orders.named(("ann", "BTCUSDT"), "one") is second


def test_leverage_decides_how_much_margin_binds() -> None:
    perps = world()
    place(perps, "BUY", "1")
    carry_out(perps, commands.set_leverage(perps, ann(perps), "BTCUSDT", 10, now_ms=1))
    assert margin.summary(perps, ann(perps)).position_initial == a("6000")
    with pytest.raises(Refused) as refused:
        commands.set_leverage(perps, ann(perps), "BTCUSDT", 5, now_ms=1)  # 12,000 of about 9,970
    assert refused.value.reason is Reason.LEVERAGE_MARGIN


@pytest.mark.parametrize(("leverage", "reason"), [(0, Reason.LEVERAGE), (21, Reason.LEVERAGE)])
def test_leverage_has_limits(leverage: int, reason: Reason) -> None:
    perps = world()
    with pytest.raises(Refused) as refused:
        commands.set_leverage(perps, ann(perps), "BTCUSDT", leverage, now_ms=1)
    assert refused.value.reason is reason


def test_modes_change_only_while_nothing_is_open() -> None:
    perps = world()
    resting = place(perps, "BUY", "0.1", "59000")
    refusals = [_mode_refusal(perps)]
    carry_out(perps, commands.cancel(resting, now_ms=1))
    place(perps, "BUY", "0.1")
    refusals.append(_mode_refusal(perps))
    place(perps, "SELL", "0.1")
    carry_out(perps, commands.set_isolated(perps, ann(perps), "BTCUSDT", isolated=True, now_ms=1))
    assert refusals == [
        (Reason.MARGIN_MODE_ORDERS, Reason.SIDES_ORDERS),
        (Reason.MARGIN_MODE_POSITION, Reason.SIDES_POSITION),
    ]


def _mode_refusal(perps: Perps) -> tuple[Reason, Reason]:
    with pytest.raises(Refused) as margins:
        commands.set_isolated(perps, ann(perps), "BTCUSDT", isolated=True, now_ms=1)
    with pytest.raises(Refused) as sides:
        commands.set_dual(perps, ann(perps), dual=True, now_ms=1)
    return margins.value.reason, sides.value.reason


def test_an_isolated_position_sets_margin_aside_and_gives_it_back() -> None:
    perps = world()
    carry_out(perps, commands.set_isolated(perps, ann(perps), "BTCUSDT", isolated=True, now_ms=1))
    place(perps, "BUY", "0.2")
    position = ann(perps).position("BTCUSDT", BOTH)
    assert position.isolated_wallet == a("600")  # 12,000 ÷ 20
    place(perps, "SELL", "0.1")
    assert position.isolated_wallet == a("300")
    carry_out(perps, commands.move_margin(perps, ann(perps), "BTCUSDT", BOTH, a("50"), now_ms=1))
    assert position.isolated_wallet == a("350")
    place(perps, "SELL", "0.1")
    assert (position.isolated_wallet, ann(perps).cross_wallet) == (0, ann(perps).wallet)


def test_the_check_alone_changes_nothing() -> None:
    perps = world()
    commands.place(perps, ask_for("BUY", "0.1"), now_ms=1)
    assert (perps.orders, held(perps)) == ({}, 0)


def test_the_depth_is_walked_once() -> None:
    perps = world(wallet="1000000")
    market = perps.markets["BTCUSDT"]
    market.depth = Depth(spread_ticks=0, levels=2, level_notional=a("6000"), step_bps=100)
    order = place(perps, "BUY", "0.25")
    # 0.1 at 60,000, then 0.099 at 60,600, and no more
    assert [(fill.price // SCALE, fill.qty) for fill in order.fills] == [(60_000, a("0.1")), (60_600, a("0.099"))]
    assert order.status is Status.EXPIRED
