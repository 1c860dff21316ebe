"""Entry legs: the window, what ends them, and a ladder that follows its first fill."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trading.domain.build import BTC, COARSE, NOON
from trading.domain import settings as registry
from trading.domain.ladder import (
    EntryAction,
    LadderLeg,
    MovedLeg,
    PlaceLeg,
    Replace,
    RestingEntry,
    WithdrawLeg,
    WithdrawReason,
    entries,
)
from trading.domain.order_state import OrderState
from trading.domain.settings import GridSettings
from trading.domain.vocabulary import PositionSide

D = Decimal
S = OrderState
W = WithdrawReason
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
FOUR = "(0, 25, 1) (-1, 25, 1) (-2, 25, 1) (-3, 25, 1)"


def grid(**changed: object) -> GridSettings:
    return registry.resolve([{"legs": FOUR, **changed}]).grid


def leg(index: int, *, side: PositionSide = LONG, pyramid: int = 0, base: str = "100", **more: Any) -> LadderLeg:
    """Leg n stands n % away from its base; its id is 10 × pyramid + index."""
    price = D(base) * (1 - side.sign * D(index) / 100)
    plain = LadderLeg(10 * pyramid + index, pyramid, index, D(base), price, D(10), D(0), D(1), NOON)
    return replace(plain, **more)


def rests(index: int, *, state: OrderState = S.OPEN, **more: Any) -> LadderLeg:
    planned = leg(index, **more)
    return replace(planned, resting=RestingEntry(planned.leg_id, planned.price, state))


def filled(index: int, *, average: str | None = None, **more: Any) -> LadderLeg:
    planned = leg(index, **more)
    return replace(planned, filled_qty=planned.qty, average_price=D(average) if average else planned.price, done=True)


def act(legs: list[LadderLeg], **more: Any) -> tuple[EntryAction, ...]:
    facts = {"settings": grid(), "price": D(100), "now": NOON, "rules": COARSE, "side": LONG, **more}
    return entries(legs, **facts)


def place(*indices: int) -> tuple[PlaceLeg, ...]:
    return tuple(PlaceLeg(n, D(100 - n), D(10)) for n in indices)


WINDOW = grid(active_window=2)


@pytest.mark.parametrize(
    ("legs", "settings", "actions"),
    [
        ([leg(n) for n in range(4)], grid(), place(0, 1, 2, 3)),
        ([leg(n) for n in range(4)], WINDOW, place(0, 1)),  # the next two, nearest first
        ([rests(0), rests(1), leg(2), leg(3)], WINDOW, ()),
        ([filled(0), rests(1), leg(2), leg(3)], WINDOW, place(2)),
        ([leg(0, done=True), rests(1), leg(2), leg(3)], WINDOW, place(2)),  # cancelled by hand: it is over
        ([filled(0), filled(1), filled(2), filled(3)], WINDOW, ()),
        ([rests(0, filled_qty=D(4)), rests(1), leg(2)], WINDOW, ()),  # half filled, it is still its turn
        ([rests(0, filled_qty=D(10)), leg(1), leg(2)], WINDOW, place(1, 2)),  # whole: its turn is over
        ([leg(0, filled_qty=D(4))], grid(), (PlaceLeg(0, D(100), D(6)),)),  # only what is missing
        ([leg(0, filled_qty=D(9))], grid(), ()),  # a rest below the minimum is let be
        ([rests(0), rests(1), rests(2)], WINDOW, (WithdrawLeg(2, W.OUTSIDE_WINDOW),)),
        ([rests(0), rests(1), rests(2, state=S.CANCELLING)], WINDOW, ()),
        ([rests(0), rests(1), rests(2, state=S.UNKNOWN)], WINDOW, ()),
        ([rests(0), rests(1), rests(2, state=S.NEW)], WINDOW, (WithdrawLeg(2, W.OUTSIDE_WINDOW),)),
        ([], grid(), ()),
    ],
)
def test_the_next_legs_rest(legs: list[LadderLeg], settings: GridSettings, actions: tuple[EntryAction, ...]) -> None:
    assert act(legs, settings=settings) == actions


def test_a_new_pyramid_takes_the_window_from_deeper_legs() -> None:
    """The pyramid at 99.5 is nearer than the first one's legs at 98 and 97."""
    old = [filled(0), filled(1), rests(2), rests(3)]
    new = [leg(0, pyramid=1, base="99.5"), leg(1, pyramid=1, base="99.5")]
    assert act([*old, *new], settings=WINDOW) == (
        WithdrawLeg(2, W.OUTSIDE_WINDOW),
        WithdrawLeg(3, W.OUTSIDE_WINDOW),
        PlaceLeg(10, D("99.5"), D(10)),
        PlaceLeg(11, D("98.505"), D(10)),
    )


def test_a_short_places_its_lowest_prices_first() -> None:
    legs = [leg(n, side=SHORT) for n in range(3)]
    found = act(legs, settings=WINDOW, side=SHORT)
    assert found == (PlaceLeg(0, D(100), D(10)), PlaceLeg(1, D(101), D(10)))


def test_where_nothing_may_open_withdrawals_go_on() -> None:
    assert act([leg(0), rests(1), rests(2), rests(3)], settings=WINDOW, opens=False) == (
        WithdrawLeg(2, W.OUTSIDE_WINDOW),
        WithdrawLeg(3, W.OUTSIDE_WINDOW),
    )


BEYOND = grid(cancel_dca_beyond_pct=2)
AGED = grid(dca_max_age="90m")
LATER = NOON + timedelta(minutes=91)


@pytest.mark.parametrize(
    ("legs", "more", "actions"),
    [
        ([filled(0), rests(1)], {"settings": BEYOND, "price": D(102)}, ()),  # exactly the limit stays
        ([filled(0), rests(1)], {"settings": BEYOND, "price": D("102.1")}, (WithdrawLeg(1, W.BEYOND),)),
        ([filled(0), rests(1)], {"settings": BEYOND, "price": D(90)}, ()),  # that is what the legs are for
        ([filled(0), rests(1)], {"settings": BEYOND, "price": None}, ()),
        ([filled(0), leg(1)], {"settings": BEYOND, "price": D(103)}, (WithdrawLeg(1, W.BEYOND),)),  # never again
        ([filled(0), leg(1, done=True)], {"settings": BEYOND, "price": D(103)}, ()),
        ([rests(0)], {"settings": BEYOND, "price": D(103)}, (WithdrawLeg(0, W.BEYOND),)),  # it ran away at once
        ([rests(0, side=SHORT)], {"settings": BEYOND, "price": D("97.9"), "side": SHORT}, (WithdrawLeg(0, W.BEYOND),)),
        ([rests(0, side=SHORT)], {"settings": BEYOND, "price": D(103), "side": SHORT}, ()),
        ([filled(0), rests(1)], {"settings": AGED, "now": NOON + timedelta(minutes=90)}, ()),
        ([filled(0), rests(1)], {"settings": AGED, "now": LATER}, (WithdrawLeg(1, W.TOO_OLD),)),
        ([filled(0), leg(1)], {"settings": AGED, "now": LATER}, (WithdrawLeg(1, W.TOO_OLD),)),
        ([rests(1, state=S.SUBMITTING)], {"settings": AGED, "now": LATER}, ()),
    ],
)
def test_what_ends_a_leg(legs: list[LadderLeg], more: dict[str, Any], actions: tuple[EntryAction, ...]) -> None:
    assert act(legs, **more) == actions


def test_final_reasons_end_a_leg_the_others_do_not() -> None:
    assert [reason for reason in W if reason.final] == [W.BEYOND, W.TOO_OLD]


def test_a_leg_that_ends_gives_its_place_in_the_window_away() -> None:
    old, young = leg(1), leg(2, created_at=LATER)
    settings = grid(active_window=1, dca_max_age="90m")
    assert act([old, young], settings=settings, now=LATER) == (WithdrawLeg(1, W.TOO_OLD), PlaceLeg(2, D(98), D(10)))


FOLLOW = grid(base_price="follow_fill")
MOVED = (MovedLeg(1, D(99), D(10), D(100)), MovedLeg(2, D(98), D(10), D(99)))
# The first leg was filled at 100 although the alert said 101; gaps of 1 and 2 % hang from there.


def asked_at_101(index: int, **more: Any) -> LadderLeg:
    return leg(index, base="101", price=D(f"{101 * (1 - index / 100):.1f}"), **more)


def test_the_ladder_follows_its_first_fill() -> None:
    first = replace(asked_at_101(0), filled_qty=D(10), average_price=D(100), done=True)
    second, third = asked_at_101(1), asked_at_101(2)
    resting = replace(second, resting=RestingEntry(1, second.price, S.OPEN))
    assert act([first, resting, third], settings=FOLLOW) == (
        Replace(0, D(100), MOVED),
        WithdrawLeg(1, W.REPRICED),
        PlaceLeg(2, D(98), D(10)),
    )
    written = [replace(first, base_price=D(100)), leg(1, resting=resting.resting), leg(2)]
    assert act(written, settings=FOLLOW) == (WithdrawLeg(1, W.REPRICED), *place(2))
    assert act([written[0], leg(1), rests(2)], settings=FOLLOW) == place(1)  # cancelled: at its new price
    assert act([third, resting, first], settings=FOLLOW)[0] == Replace(0, D(100), MOVED)  # in whatever order they come


@pytest.mark.parametrize(
    "legs",
    [
        [filled(0, average="99"), leg(1)],  # and base_price is fixed
        [filled(0), leg(1)],
    ],
)
def test_a_fixed_ladder_stays(legs: list[LadderLeg]) -> None:
    assert act(legs) == place(1)


@pytest.mark.parametrize(
    "legs",
    [
        [leg(0), leg(1)],  # nothing filled
        [rests(0, filled_qty=D(4), average_price=D(99)), leg(1)],  # it may still fill at another price
        [filled(0), leg(1)],  # filled where it was asked
        [filled(0, average="99"), filled(1)],  # nothing left to move
        [filled(0, average="99"), leg(1, filled_qty=D(4))],  # a leg that is filling stays where it is
        [filled(0, average="99"), leg(4)],  # the settings have no such leg any more
        [filled(1, average="98"), leg(2)],  # leg 0 was merged away
    ],
)
def test_when_a_ladder_does_not_move(legs: list[LadderLeg]) -> None:
    assert not any(isinstance(action, Replace) for action in act(legs, settings=FOLLOW))


def test_each_pyramid_follows_its_own_fill_with_its_own_legs() -> None:
    settings = grid(base_price="follow_fill", legs_by_pyramid="1: (0, 50, 1) (-5, 50, 1)")
    first = [filled(0), rests(1)]
    second = [filled(0, pyramid=1, average="80"), leg(1, pyramid=1)]
    (found, *_) = act([*second, *first], settings=settings)
    assert found == Replace(1, D(80), (MovedLeg(11, D(76), D(10), D("76.8")),))  # 80 − 5 %; 76 + 1 % = 76.76


@pytest.mark.parametrize(
    ("average", "price", "qty"),
    [
        ("50000", "49500", "0.01"),  # cheaper: the planned quantity, for less money
        ("52000", "51480", "0.0098"),  # dearer: 0.01 × 50 490 ÷ 51 480 = 0.009807, down to the lot
    ],
)
def test_a_leg_that_moves_costs_no_more_than_before(average: str, price: str, qty: str) -> None:
    first = filled(0, base="51000", average=average)
    second = replace(leg(1, base="51000"), price=D(50490), qty=D("0.01"))
    (found, *_) = act([first, second], settings=FOLLOW, rules=BTC)
    assert isinstance(found, Replace)
    assert (found.legs[0].price, found.legs[0].qty) == (D(price), D(qty))


@pytest.mark.parametrize(
    "qty",
    [
        "0.0001",  # × 50 490 ÷ 51 480 = 0.000098, less than 5 USDT
        "0.00011",  # 0.000107, so 0.0001: worth 5.15 USDT, but after the fee only 0.00009 could be sold
    ],
)
def test_a_leg_that_would_fall_below_the_minimum_keeps_its_quantity(qty: str) -> None:
    second = replace(leg(1, base="51000"), price=D(50490), qty=D(qty))
    (found, *_) = act([filled(0, base="51000", average="52000"), second], settings=FOLLOW, rules=BTC)
    assert isinstance(found, Replace)
    assert found.legs[0].qty == D(qty)


# A market whose price is some ticks of 0.00000001: half of one tick lies on none.
TINY = replace(COARSE, tick_size=D("1E-8"), min_qty=D(1))
HALVES = "(0, 50, 1) (-50, 50, 1)"


def test_a_leg_that_would_fall_below_one_tick_stays_where_it_is() -> None:
    """Leg 0 was asked for at 3 ticks and came at 1: leg 1, half of that, has no price there, and keeps its own."""
    settings = grid(legs=HALVES, base_price="follow_fill")
    first = replace(leg(0, base="3E-8", average_price=D("1E-8"), done=True), filled_qty=D(10))
    second = replace(leg(1, base="3E-8"), price=D("1E-8"))
    assert act([first, second], settings=settings, price=D("1E-8"), rules=TINY) == (
        Replace(0, D("1E-8"), ()),
        PlaceLeg(1, D("1E-8"), D(10)),
    )
    hung = [replace(one, base_price=D("1E-8")) for one in (first, second)]
    assert act(hung, settings=settings, price=D("1E-8"), rules=TINY) == (PlaceLeg(1, D("1E-8"), D(10)),)


def test_a_leg_whose_target_would_fall_below_one_tick_stays_where_it_is() -> None:
    settings = grid(legs="(0, 50, 1) (-50, 50, 99)", base_price="follow_fill")
    first = filled(0, side=SHORT, base="100", average="2E-8")
    second = leg(1, side=SHORT, take_profit_pct=D(99))
    (found, *_) = act([first, second], settings=settings, price=None, rules=TINY, side=SHORT)
    assert found == Replace(0, D("2E-8"), ())  # from 3 ticks 99 % down: less than one


@given(
    st.sampled_from([LONG, SHORT]),
    st.sampled_from(["1E-8", "0.001", "0.1", "5"]),
    st.integers(1, 50),
    st.integers(1, 50),
    st.lists(st.integers(1, 50), min_size=1, max_size=3),
    st.integers(0, 90),
    st.integers(1, 99),
)
def test_a_ladder_follows_its_fill_to_prices_above_0_at_any_price(
    side: PositionSide, tick: str, base: int, average: int, prices: list[int], gap: int, profit: int
) -> None:
    """All prices in ticks, gaps and targets of up to nearly all of it."""
    rules = replace(TINY, tick_size=D(tick))
    later = " ".join(f"(-{gap}, 10, {profit})" for _ in prices)
    settings = grid(legs=f"(0, {100 - 10 * len(prices)}, 1) {later}", base_price="follow_fill")
    first = replace(leg(0), base_price=base * D(tick), filled_qty=D(10), average_price=average * D(tick), done=True)
    waiting = [
        replace(leg(n), base_price=base * D(tick), price=price * D(tick), take_profit_pct=D(profit))
        for n, price in enumerate(prices, start=1)
    ]
    found = act([first, *waiting], settings=settings, price=None, rules=rules, side=side)
    moved = [one for action in found if isinstance(action, Replace) for one in action.legs]
    assert all(one.price > 0 and one.target_price > 0 and 0 < one.qty <= 10 for one in moved)
    assert all(action.price > 0 for action in found if isinstance(action, PlaceLeg))


STATES = st.sampled_from([None, None, S.NEW, S.OPEN, S.PARTIALLY_FILLED, S.CANCELLING, S.UNKNOWN])


@st.composite
def ladders(draw: st.DrawFn) -> list[LadderLeg]:
    legs = []
    for pyramid in range(draw(st.integers(1, 2))):
        base = draw(st.decimals(90, 110, places=1))
        for index in range(draw(st.integers(1, 4))):
            planned = leg(index, pyramid=pyramid, base=str(base))
            state = draw(STATES)
            order = None if state is None else RestingEntry(planned.leg_id, planned.price, state)
            came_in = draw(st.sampled_from([D(0), D(0), D(4), D(10)]))
            average = draw(st.decimals(90, 110, places=1)) if came_in else None
            done = draw(st.booleans()) and order is None
            legs.append(replace(planned, filled_qty=came_in, average_price=average, resting=order, done=done))
    return legs


@given(
    ladders(),
    st.none() | st.integers(1, 4),
    st.sampled_from(["fixed", "follow_fill"]),
    st.none() | st.integers(1, 5),
    st.decimals(85, 115, places=1),
    st.booleans(),
)
def test_a_leg_is_placed_or_withdrawn_never_both_and_the_window_holds(
    legs: list[LadderLeg], window: int | None, base_price: str, beyond: int | None, price: Decimal, opens: bool
) -> None:
    settings = grid(active_window=window, base_price=base_price, cancel_dca_beyond_pct=beyond)
    found = act(legs, settings=settings, price=price, opens=opens)
    by_id = {one.leg_id: one for one in legs}
    placed = [a for a in found if isinstance(a, PlaceLeg)]
    withdrawn = {a.leg_id for a in found if isinstance(a, WithdrawLeg)}
    assert all(by_id[a.leg_id].resting is None and by_id[a.leg_id].waits for a in placed)
    assert not withdrawn & {a.leg_id for a in placed}
    assert opens or not placed
    staying = {one.leg_id for one in legs if one.resting is not None and one.waits} - withdrawn
    movable = {one for one in staying if by_id[one].resting.state not in (S.CANCELLING, S.UNKNOWN)}
    assert window is None or len(placed) + len(movable) <= window


def test_rows_keep_these_words() -> None:
    assert [reason.value for reason in W] == ["DCA_BEYOND", "DCA_TOO_OLD", "OUTSIDE_WINDOW", "REPRICED"]
