"""Per-leg targets: placed, scaled, never promised twice, and nothing left behind."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.trading.domain.build import BTC, COARSE, fill, holding, resting
from trading.domain.money import floor_to
from trading.domain.order_state import OrderState
from trading.domain.take_profit import (
    Cancel,
    CancelReason,
    Held,
    LegHolding,
    Place,
    Remainder,
    RestingTarget,
    closed_as,
    open_remainder,
    paid_target,
    remainder,
    taken,
    targets,
    waiting,
)
from trading.domain.vocabulary import GroupStatus, PositionSide

D = Decimal
S = OrderState


def test_each_filled_leg_gets_its_target() -> None:
    legs = [holding(0, 10), holding(1, 20, target_price=D(99)), holding(2, 0)]
    assert targets(legs, rules=COARSE, held_qty=D(30)) == (Place(10, D(10), D(101)), Place(11, D(20), D(99)))


def test_residue_of_earlier_legs_is_carried_to_later_ones() -> None:
    """0.9 of a lot is lost to fees on each: 9.1 + 9.1 + 9.1 = 27.3 → 9, then 18.2 − 9 → 9, then 27.3 − 18 → 9."""
    legs = [holding(0, "9.1"), holding(1, "9.1"), holding(2, "9.1")]
    assert [a.qty for a in targets(legs, rules=COARSE, held_qty=D("27.3"))] == [9, 9, 9]
    # 9.5 + 9.5: the second leg gets the first one's half: 9, then 19 − 9
    legs = [holding(0, "9.5"), holding(1, "9.5")]
    assert [a.qty for a in targets(legs, rules=COARSE, held_qty=D(19))] == [9, 10]


def test_what_is_too_small_waits_for_the_next_leg() -> None:
    """The venue wants 2: 1.4 waits alone, and 1.4 + 1.7 = 3.1 are sold together at the second leg's target."""
    first = holding(0, "1.4")
    assert targets([first], rules=COARSE, held_qty=D("1.4")) == ()
    assert waiting([first], rules=COARSE) == Held(10, D(1))
    both = [first, holding(1, "1.7", target_price=D(99))]
    assert targets(both, rules=COARSE, held_qty=D("3.1")) == (Place(11, D(3), D(99)),)
    assert waiting(both, rules=COARSE) is None
    assert waiting([], rules=COARSE) is None
    assert waiting([replace(first, net_qty=D("3.4"), closed_qty=D(2))], rules=COARSE) == Held(10, D(1))


def test_each_leg_is_taken_off_by_its_own_size() -> None:
    legs = [holding(0, 2), holding(1, 3), holding(2, 4), holding(3, 5)]
    assert [a.qty for a in targets(legs, rules=COARSE, held_qty=D(14))] == [2, 3, 4, 5]


def test_nothing_is_placed_for_a_leg_that_has_not_filled() -> None:
    """A higher target of an unfilled leg must not carry what waits: it would sell at a price of another leg."""
    rules = replace(BTC, min_notional=D(5))
    legs = [holding(0, "0.00009", target_price=D(50000)), holding(1, 0, target_price=D(90000))]
    assert targets(legs, rules=rules, held_qty=D("0.00009")) == ()


@pytest.mark.parametrize(
    ("leg", "actions"),
    [
        (holding(0, 10, resting=resting("10")), ()),
        (holding(0, 10, resting=resting("4")), (Cancel(7, CancelReason.RESIZED),)),  # the leg filled further
        (holding(0, 10, resting=resting("10", price="102")), (Cancel(7, CancelReason.REPRICED),)),
        (holding(0, 10, closed_qty=D(6), resting=resting("4")), ()),  # partly filled: the rest stays
        (holding(0, 10, closed_qty=D(9), resting=resting("1")), ()),  # below the minimum, but it rests already
        (holding(0, 10, closed_qty=D(4)), (Place(10, D(6), D(101)),)),  # somebody cancelled it at the venue
        (holding(0, 10, closed_qty=D(10)), ()),
        (holding(0, 10, resting=resting("4", state=S.CANCELLING)), ()),  # wait for CANCELED
        (holding(0, 10, resting=resting("4", state=S.SUBMITTING)), ()),
        (holding(0, 10, resting=resting("4", state=S.UNKNOWN)), ()),
        (holding(0, 10, resting=resting("4", state=S.NEEDS_HUMAN)), ()),
        (holding(0, 10, resting=resting("4", state=S.NEW)), (Cancel(7, CancelReason.RESIZED),)),  # it never leaves
        (holding(0, 10, resting=resting("10", state=S.NEW)), ()),
    ],
)
def test_a_resting_target_is_kept_replaced_or_waited_for(leg: LegHolding, actions: tuple[object, ...]) -> None:
    assert targets([leg], rules=COARSE, held_qty=D(10) - leg.closed_qty) == actions


def test_a_promise_that_is_being_cancelled_is_not_promised_again() -> None:
    """10 held, 8 still promised by a target on its way out: 2 are free, although leg 1 should have 5."""
    legs = [holding(0, 5, resting=resting("8", state=S.CANCELLING)), holding(1, 5)]
    assert targets(legs, rules=COARSE, held_qty=D(10)) == (Place(11, D(2), D(101)),)
    # 13 held, 6 promised: of the 7 that are free leg 1 takes 4, so 3 are left for leg 2
    legs = [holding(0, 5, resting=resting("6", state=S.CANCELLING)), holding(1, 4), holding(2, 4)]
    assert targets(legs, rules=COARSE, held_qty=D(13)) == (Place(11, D(4), D(101)), Place(12, D(3), D(101)))


def test_more_closed_than_a_legs_share_comes_off_the_next() -> None:
    legs = [holding(0, 5, closed_qty=D(6)), holding(1, 5)]
    assert targets(legs, rules=COARSE, held_qty=D(4)) == (Place(11, D(4), D(101)),)


def test_what_was_closed_elsewhere_comes_off_the_first_legs_and_stays_off() -> None:
    """A reduction sold 6 of 5 + 5: leg 0 has nothing left, leg 1 rests 4; when 3 of them fill, 1 stays."""
    legs = [holding(0, 5), holding(1, 5)]
    assert targets(legs, rules=COARSE, held_qty=D(4)) == (Place(11, D(4), D(101)),)
    partly = [holding(0, 5), holding(1, 5, closed_qty=D(3), resting=resting("1"))]
    assert targets(partly, rules=COARSE, held_qty=D(1)) == ()
    assert targets([holding(0, 5), holding(1, 5, closed_qty=D(4))], rules=COARSE, held_qty=D(0)) == ()


def test_a_part_of_a_lot_that_was_closed_elsewhere_comes_off_the_first_leg() -> None:
    """Of 1.6, 0.6 and 1 went 0.3: 1.3, 1.9 and 2.9 in lots are 1, 1 and 2, so the second leg has none."""
    legs = [holding(0, "1.6"), holding(1, "0.6"), holding(2, 1)]
    found = targets(legs, rules=replace(COARSE, min_qty=D(1)), held_qty=D("2.9"))
    assert found == (Place(10, D(1), D(101)), Place(12, D(1), D(101)))


def test_a_lot_that_a_later_leg_has_sold_is_not_promised_by_an_earlier_one() -> None:
    """Leg 0 had 30.07 and leg 1 1.94: 30 and 2. Leg 1 sold its 2, then leg 0 grew to 31.04: 30.98 are held, not 31."""
    legs = [holding(0, "31.04", resting=resting("30")), holding(1, "1.94", closed_qty=D(2))]
    assert targets(legs, rules=COARSE, held_qty=D("30.98")) == ()
    without = [holding(0, "31.04"), legs[1]]
    assert targets(without, rules=COARSE, held_qty=D("30.98")) == (Place(10, D(30), D(101)),)


def test_targets_make_room_for_a_reduction() -> None:
    """Both rest in full; 6 of 10 are to be reduced: leg 0's target goes, leg 1's shrinks to 4."""
    legs = [holding(0, 5, resting=resting("5", order_id=1)), holding(1, 5, resting=resting("5", order_id=2))]
    found = targets(legs, rules=COARSE, held_qty=D(4))
    assert found == (Cancel(1, CancelReason.RESIZED), Cancel(2, CancelReason.RESIZED))


def test_what_waits_is_known_after_a_reduction_too() -> None:
    assert waiting([holding(0, 5)], rules=COARSE, held_qty=D(1)) == Held(10, D(1))
    assert waiting([holding(0, 5)], rules=COARSE, held_qty=D(0)) is None


@pytest.mark.parametrize(
    ("side", "planned", "paid", "stands"),
    [
        (PositionSide.LONG, "101", ["100"], "101"),
        (PositionSide.LONG, "101", ["100.9"], "101.2"),  # 100.9 and two fees of 0.1 % are 101.1018
        (PositionSide.LONG, "101", ["103"], "103.3"),  # the plan would sell below what was paid
        (PositionSide.LONG, "101", ["100.5", "101.3"], "101.2"),  # 100.9 on average
        (PositionSide.LONG, "101", [], "101"),
        (PositionSide.SHORT, "99", ["100"], "99"),
        (PositionSide.SHORT, "99", ["99.1"], "98.9"),
    ],
)
def test_the_target_of_a_market_entry_is_never_nearer_than_both_fees_to_what_it_paid(
    side: PositionSide, planned: str, paid: list[str], stands: str
) -> None:
    fills = [fill(side.entry_side, 1, price) for price in paid]
    out = fill(side.exit_side, 50, 1)  # what an exit brought says nothing
    rules = replace(COARSE, taker_fee=D("0.001"))
    assert paid_target(D(planned), [*fills, out], side=side, rules=rules) == D(stands)


@pytest.mark.parametrize(
    ("closed", "count"),
    [(["0", "0"], 0), (["9", "0"], 0), (["10", "0"], 1), (["9.5", "10.4"], 2)],  # less than a lot of residue
)
def test_taken_counts_whole_targets(closed: list[str], count: int) -> None:
    legs = [holding(index, 10, closed_qty=D(qty)) for index, qty in enumerate(closed)]
    assert taken([*legs, holding(2, 0)], rules=COARSE) == count


def test_the_smallest_target_counts_too() -> None:
    assert taken([holding(0, "0.4", closed_qty=D("0.4"))], rules=COARSE) == 1


def test_legs_go_by_pyramid_then_index() -> None:
    legs = [holding(0, "5.5", pyramid_index=1, leg_id=20), holding(3, "5.5", leg_id=13)]
    found = targets(legs, rules=COARSE, held_qty=D(11))
    assert found == (Place(13, D(5), D(101)), Place(20, D(6), D(101)))


@pytest.mark.parametrize(
    ("qty", "price", "left", "closes"),
    [
        ("0", "50000", Remainder.NOTHING, GroupStatus.CLOSED),
        ("0.0000099", "50000", Remainder.NOTHING, GroupStatus.CLOSED),  # less than a lot
        ("-1", "50000", Remainder.NOTHING, GroupStatus.CLOSED),
        ("0.00009", "50000", Remainder.DUST, GroupStatus.DUST_CLOSED),  # 4.5 of at least 5 USDT
        ("0.0001", "50000", Remainder.SELLABLE, None),
        ("0.0001099", "45454", Remainder.DUST, GroupStatus.DUST_CLOSED),  # lots count: 0.0001 × 45 454 = 4.5454
    ],
)
def test_what_is_left(qty: str, price: str, left: Remainder, closes: GroupStatus | None) -> None:
    at = {"price": D(price), "rules": BTC}
    assert remainder(D(qty), **at) is left
    assert closed_as(D(qty), **at) is closes


@pytest.mark.parametrize(
    ("legs", "left"),
    [
        ([holding(0, "0.0001", target_price=D(50500))], Remainder.SELLABLE),  # 5.05 at its target
        ([holding(0, "0.0001", target_price=D(49500))], Remainder.DUST),
        (
            [holding(0, "0.00005", target_price=D(50500)), holding(1, "0.00005", target_price=D(49500))],
            Remainder.SELLABLE,
        ),  # the best target counts
        ([holding(0, 0, target_price=D(50500))], Remainder.DUST),  # an unfilled leg's target sells nothing
        ([], Remainder.DUST),
    ],
)
def test_a_dip_of_the_price_makes_no_dust_of_a_holding_with_a_target(legs: list[LegHolding], left: Remainder) -> None:
    """0.0001 BTC at 49 000 is 4.9 USDT."""
    assert open_remainder(legs, qty=D("0.0001"), price=D(49000), rules=BTC) is left


@pytest.mark.parametrize("words", [CancelReason, Remainder])
def test_rows_keep_these_words(words: type[StrEnum]) -> None:
    assert [word.value for word in words] == [word.name for word in words]


class Targets(RuleBasedStateMachine):
    """Legs fill in any order and amounts, targets fill, cancels take their time; a ledger keeps what is true."""

    legs: list[LegHolding]
    bought: Decimal
    sold: Decimal

    def __init__(self) -> None:
        super().__init__()
        self.legs = [replace(holding(n, 0), target_price=D(110 - 5 * n)) for n in range(4)]
        self.bought = self.sold = D(0)
        self.next_order = 100

    def change(self, index: int, **values: object) -> None:
        self.legs[index] = replace(self.legs[index], **values)

    @rule(index=st.integers(0, 3), lots=st.integers(1, 9))
    def leg_fills(self, index: int, lots: int) -> None:
        leg, net = self.legs[index], lots * D("0.97")
        self.change(index, filled_qty=leg.filled_qty + lots, net_qty=leg.net_qty + net)
        self.bought += net

    @rule(index=st.integers(0, 3), share=st.integers(1, 4))
    def target_fills(self, index: int, share: int) -> None:
        leg = self.legs[index]
        order = leg.resting or RestingTarget(0, D(0), D(0), S.CANCELED)
        qty = min(floor_to(order.qty * share / 4, COARSE.lot_step), order.qty)
        rest = replace(order, qty=order.qty - qty, state=order.state if order.state is S.CANCELLING else S.OPEN)
        self.change(index, closed_qty=leg.closed_qty + qty, resting=rest if rest.qty else None)
        self.sold += qty

    @rule(index=st.integers(0, 3))
    def cancel_arrives(self, index: int) -> None:
        order = self.legs[index].resting
        gone = order is not None and order.state is S.CANCELLING
        self.change(index, resting=None if gone else order)

    @rule(lots=st.integers(1, 9))
    def somebody_reduces(self, lots: int) -> None:
        """Only what no target promises can be sold otherwise."""
        free = floor_to(self.bought - self.sold - self.promised(), COARSE.lot_step)
        self.sold += min(D(lots), max(free, D(0)))

    @rule()
    def sweep(self) -> None:
        for action in self.actions():
            self.carry_out(action)

    def actions(self) -> tuple[object, ...]:
        return targets(self.legs, rules=COARSE, held_qty=self.bought - self.sold)

    def carry_out(self, action: object) -> None:
        index = {(leg.resting.order_id if leg.resting else None): n for n, leg in enumerate(self.legs)}
        steps: dict[type, Callable[[], None]] = {
            Cancel: lambda: self.change(
                index[action.order_id],
                resting=replace(self.legs[index[action.order_id]].resting, state=S.CANCELLING),
            ),
            Place: lambda: self.place(action),
        }
        steps[type(action)]()

    def place(self, action: Place) -> None:
        self.next_order += 1
        order = RestingTarget(self.next_order, action.qty, action.price, S.OPEN)
        assert action.qty >= COARSE.min_qty
        assert self.legs[action.leg_id - 10].resting is None
        self.change(action.leg_id - 10, resting=order)

    def promised(self) -> Decimal:
        return sum((leg.resting.qty for leg in self.legs if leg.resting), D(0))

    @invariant()
    def nothing_is_promised_twice(self) -> None:
        assert self.promised() <= self.bought - self.sold

    def teardown(self) -> None:
        """Left alone, the sweep covers everything that came in but less than a lot, or names what waits."""
        for _ in range(12):
            self.sweep()
            for index in range(4):
                self.cancel_arrives(index)
        assert self.actions() == ()
        held = waiting(self.legs, rules=COARSE, held_qty=self.bought - self.sold)
        assert self.promised() + (held.qty if held else 0) == floor_to(self.bought, D(1)) - self.sold


Targets.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestTargets = Targets.TestCase
