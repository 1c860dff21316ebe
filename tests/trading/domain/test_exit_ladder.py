"""Exit ladders: where the rungs stand, that they sell exactly what is held, and never more."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trading.domain.build import COARSE, FREE, NOON, at, fill, holding, resting, view
from tests.trading.domain.toy_ladder import ToyLadder
from trading.domain import exit_ladder
from trading.domain import settings as registry
from trading.domain.exit_ladder import rung_of
from trading.domain.exit_plan import ExitAction, ExitDecision, ExitView, Levels, PlaceRung, Watched, desired
from trading.domain.exit_view import ExitReason, RungState
from trading.domain.grid import InstrumentRules
from trading.domain.money import floor_to
from trading.domain.order_state import OrderState
from trading.domain.position import from_fills
from trading.domain.rungs import LadderKind, Rung
from trading.domain.settings import ExitSettings
from trading.domain.swings import Swing
from trading.domain.take_profit import Cancel, CancelReason, Held, Place
from trading.domain.vocabulary import PositionSide, Side

D = Decimal
S = OrderState
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
RISK_4 = Levels(risk_quote=D(4))
NO_MINIMUM = replace(FREE, min_qty=D(1))


def exits(**changed: object) -> ExitSettings:
    return registry.resolve([{"tp_ladder": "r", "stop": "fixed", "fixed_stop_pct": 4, **changed}]).exits


def decide(group: ExitView, **more: object) -> ExitDecision:
    facts = {"settings": exits(), "rules": FREE, "prices": None, "now": NOON, "levels": RISK_4, **more}
    return desired(group, **facts)


def rung(number: int, closed: object = 0, rests: object = None, price: object = 106, **more: object) -> RungState:
    parts = [] if rests is None else str(rests).split()
    orders = [
        resting(D(part), price=D(str(price)), order_id=20 + number + 10 * n, **more) for n, part in enumerate(parts)
    ]
    return RungState(number, D(str(closed)), tuple(orders))


def places(*rows: tuple[int, object, object]) -> tuple[PlaceRung, ...]:
    return tuple(PlaceRung(number, D(str(qty)), D(str(price))) for number, qty, price in rows)


@pytest.mark.parametrize(
    ("key", "number"),
    [("group:7/rung:2/target:5", 2), ("group:7/leg:3/target:0", None), ("group:7/leg:all/target:1", None)],
)
def test_a_target_says_whose_it_is(key: str, number: int | None) -> None:
    assert rung_of(key) == number


# where -------------------------------------------------------------------------------------------

FIFTHS = (Rung(D("1.5"), D(33)), Rung(D(2), D(33)), Rung(D(3), D(34)))
EXTENDED = (Rung(D("1.272"), D(50)), Rung(D("1.618"), D(50)))


@pytest.mark.parametrize(
    ("side", "kind", "rungs", "levels", "expected"),
    [
        (LONG, LadderKind.R, FIFTHS, RISK_4, ["106", "108", "112"]),  # 100 + 4 × 1.5, 2, 3
        (SHORT, LadderKind.R, FIFTHS, RISK_4, ["94", "92", "88"]),
        (LONG, LadderKind.R, FIFTHS, Levels(risk_quote=D("0.33")), ["100.5", "100.7", "101"]),  # on the tick above
        (LONG, LadderKind.R, FIFTHS, Levels(), None),
        (LONG, LadderKind.FIBONACCI, EXTENDED, Levels(swing=Swing(D(90), D(100))), ["102.8", "106.2"]),
        (SHORT, LadderKind.FIBONACCI, EXTENDED, Levels(swing=Swing(D(110), D(100))), ["97.2", "93.8"]),
        (LONG, LadderKind.FIBONACCI, EXTENDED, Levels(swing=Swing(D(80), D(90))), ["100.2", "100.2"]),  # both fees
        (LONG, LadderKind.FIBONACCI, EXTENDED, RISK_4, None),
    ],
)
def test_where_the_rungs_stand(
    side: PositionSide, kind: LadderKind, rungs: tuple[Rung, ...], levels: Levels, expected: list[str] | None
) -> None:
    found = exit_ladder.prices(rungs, kind=kind, side=side, average_entry=D(100), levels=levels, rules=COARSE)
    assert found == (expected and tuple(map(D, expected)))


def test_averaging_moves_the_rungs_and_keeps_r() -> None:
    """10 at 100 and 10 at 90: average 95, so 95 + 4 × 1.5 = 101 and so on, of all 20."""
    averaged = from_fills([fill(Side.BUY, 10, 100), fill(Side.BUY, 10, 90)], side=LONG, rules=FREE)
    group = replace(view(10), position=averaged, holdings=())
    assert decide(group).actions == places((0, 6, 101), (1, 7, 103), (2, 7, 107))


# how much ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (view(100), places((0, 33, 106), (1, 33, 108), (2, 34, 112))),
        (view(10), places((0, 3, 106), (1, 3, 108), (2, 4, 112))),  # 3.3, 6.6, 10 down to the lot
        (view("10.9"), places((0, 3, 106), (1, 3, 108), (2, 4, 112))),
        (view(10, side=SHORT), places((0, 3, 94), (1, 3, 92), (2, 4, 88))),
        (view(5), places((1, 3, 108), (2, 2, 112))),  # 1 is below the venue's 2: it leaves with the next rung
        (view(4), places((1, 2, 108), (2, 2, 112))),
        (view(3), places((2, 3, 112))),  # 0, 1, 2
        (view(2), places((2, 2, 112))),  # 0, 1, 1
        (view(1), ()),
        (view(0), ()),
        (view(100, reserved_qty=D(40)), places((0, 19, 106), (1, 20, 108), (2, 21, 112))),  # of 60
        (view(100, rungs=(rung(0, rests=33), rung(1, rests=33, price=108))), places((2, 34, 112))),
    ],
)
def test_what_rests_on_each_rung(group: ExitView, expected: tuple[ExitAction, ...]) -> None:
    assert decide(group).actions == expected


def test_a_last_rung_that_is_too_small_leaves_with_the_one_before() -> None:
    assert decide(view(10), settings=exits(tp_ladder_r="(1.5, 90) (2, 10)")).actions == places((0, 10, 106))
    three = exits(tp_ladder_r="(1.5, 45) (2, 45) (3, 10)")  # 4, 5 and 1
    assert decide(view(10), settings=three).actions == places((0, 4, 106), (1, 6, 108))


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (view(67, rungs=(rung(0, closed=33),)), places((1, 33, 108), (2, 34, 112))),
        (view(80, rungs=(rung(0, closed=20, rests=13),)), places((1, 33, 108), (2, 34, 112))),  # 33 − 20 rest
        (view(34, rungs=(rung(0, closed=33), rung(1, closed=33))), places((2, 34, 112))),
        # A leg came in after the first rung: 33 of 200 more is its share, 66 − 33.
        (view(167, rungs=(rung(0, closed=33),)), places((0, 33, 106), (1, 66, 108), (2, 68, 112))),
        (view(67, rungs=(rung(1, closed=33),)), places((0, 33, 106), (2, 34, 112))),  # the nearer one is still to come
        # 30 of the rest were sold otherwise: of 70 the first rung's share was 23, the last ones hold 37.
        (view(37, rungs=(rung(0, closed=33),)), places((1, 13, 108), (2, 24, 112))),
    ],
)
def test_what_is_left_is_shared_anew(group: ExitView, expected: tuple[ExitAction, ...]) -> None:
    assert decide(group).actions == expected


@pytest.mark.parametrize(
    ("rests", "actions"),
    [
        (rung(0, rests=33), ()),
        (rung(0, rests=33, price="106.1"), ()),  # a tick's rounding is no reason
        (rung(0, rests=33, price=105), (Cancel(20, CancelReason.REPRICED),)),
        (rung(0, rests=30), (Cancel(20, CancelReason.RESIZED),)),
        (rung(0, rests=30, state=S.CANCELLING), ()),  # cancel, confirm, place
        (rung(0, rests=30, state=S.UNKNOWN), ()),
        (rung(7, rests=33), (Cancel(27, CancelReason.RESIZED),)),  # a rung that is no more
    ],
)
def test_a_rung_that_no_longer_fits_is_replaced(rests: RungState, actions: tuple[ExitAction, ...]) -> None:
    found = decide(view(100, rungs=(rests,))).actions
    assert tuple(action for action in found if isinstance(action, Cancel)) == actions


def test_a_partly_filled_merged_rung_stays_where_it_is() -> None:
    """5 held: rung 1 took 1 + 2. After 2 of its 3 have filled, 1 rests below the minimum and is let be."""
    group = view(3, rungs=(rung(1, closed=2, rests=1, price=108), rung(2, rests=2, price=112)))
    assert decide(group).actions == ()


@pytest.mark.parametrize(
    ("others", "actions"),
    [
        (rung(2, closed=1), [21]),
        (rung(2, closed=1, rests=5, price=112), [21, 22]),  # it does not fit either
    ],
)
def test_a_rest_below_the_minimum_takes_what_the_next_rung_cannot_carry(others: RungState, actions: list[int]) -> None:
    """Of 5 each rung has sold 1: 0, 1 and 1 are left. The rung before rests its 1, and is placed anew with 2."""
    group = view(2, rungs=(rung(0, closed=1), rung(1, closed=1, rests=1, price=108), others))
    assert decide(group).actions == tuple(Cancel(number, CancelReason.RESIZED) for number in actions)


def test_it_takes_more_than_it_rests_itself() -> None:
    """Of 6 each rung has sold 1: 0, 1 and 2 are left, and the venue wants 3."""
    group = view(3, rungs=(rung(0, closed=1), rung(1, closed=1, rests=1, price=108), rung(2, closed=1)))
    assert decide(group, rules=replace(FREE, min_qty=D(3))).actions == (Cancel(21, CancelReason.RESIZED),)


@pytest.mark.parametrize(
    ("risk", "expected"),
    [
        (40, places((0, 33, 40), (1, 67, 20))),  # 100 − 3 × 40 is no price: the rung before takes its share
        (60, places((0, 100, 10))),
        (70, ()),  # not one of them is a price
    ],
)
def test_a_shorts_rung_below_zero_leaves_with_the_one_before(risk: int, expected: tuple[ExitAction, ...]) -> None:
    group = view(100, side=SHORT)
    assert decide(group, levels=Levels(risk_quote=D(risk))).actions == expected


def test_what_is_left_at_the_end_stays_at_the_rung_where_it_rests() -> None:
    """Of 3 rung 1 has sold 2 and rests the last 1: no rung may sell it anew, and the last one has no order."""
    assert decide(view(1, rungs=(rung(1, closed=2, rests=1, price=108),))).actions == ()


def test_rungs_are_taken_back_in_their_order() -> None:
    group = view(100, rungs=(rung(1, rests=30, price=108), rung(0, rests=30)))
    assert decide(group).actions[:2] == (Cancel(20, CancelReason.RESIZED), Cancel(21, CancelReason.RESIZED))


@pytest.mark.parametrize(
    ("qty", "stuck"),
    [
        (100, 90),  # of the other rungs' 33 and 34 none fits into 10
        ("100.5", 68),  # 32.5 are free: 32 lots
    ],
)
def test_a_whole_rung_or_nothing_is_placed(qty: object, stuck: int) -> None:
    assert decide(view(qty, rungs=(rung(0, rests=stuck, state=S.NEEDS_HUMAN),))).actions == ()


SMALL = replace(FREE, max_qty=D("15.5"))
# In whole lots 15; the venue wants 2 at least.


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        # 33, 33 and 34 in orders of 15
        (view(100), [(0, [15, 15, 3]), (1, [15, 15, 3]), (2, [15, 15, 4])]),
        (view(45), [(0, [14]), (1, [15]), (2, [8, 8])]),  # 15 and 1 are 16: halved, for 1 is below the minimum
        (view(48), [(0, [15]), (1, [8, 8]), (2, [15, 2])]),
        (view(90), [(0, [15, 14]), (1, [15, 15]), (2, [15, 8, 8])]),  # 31
    ],
)
def test_a_rung_beyond_the_venues_largest_order_rests_in_several(
    group: ExitView, expected: list[tuple[int, list[int]]]
) -> None:
    at = {0: D(106), 1: D(108), 2: D(112)}
    parts = tuple(PlaceRung(n, D(qty), at[n], part) for n, qtys in expected for part, qty in enumerate(qtys))
    assert decide(group, rules=SMALL).actions == parts


REST = [rung(1, rests="15 15 3", price=108), rung(2, rests="15 15 4", price=112)]


@pytest.mark.parametrize(
    ("qty", "first", "actions"),
    [
        (100, rung(0, rests="15 15 3"), ()),
        (80, rung(0, closed=20, rests="4 9"), ()),  # partly filled, and together what is left of it
        (100, rung(0, rests="15 3"), places((0, 15, 106))),  # one was refused: the others stay
        (100, rung(0, rests="15"), (PlaceRung(0, D(15), D(106), 0), PlaceRung(0, D(3), D(106), 1))),
        (100, rung(0, rests="15 15 2"), (Cancel(40, CancelReason.RESIZED),)),  # a leg filled: the whole ones stay
        (100, rung(0, rests="15 15 3", price=105), tuple(Cancel(n, CancelReason.REPRICED) for n in (20, 30, 40))),
        (100, rung(0, rests="15 18", state=S.UNKNOWN), ()),
        (100, rung(0, rests="33"), ()),  # from before the venue took less; it stands
        # 15 sold elsewhere: 28 in 15 and 13
        (85, rung(0, rests="15 15 3"), tuple(Cancel(n, CancelReason.RESIZED) for n in (30, 40))),
    ],
)
def test_what_rests_of_a_split_rung_is_held_against_its_parts(
    qty: int, first: RungState, actions: tuple[ExitAction, ...]
) -> None:
    group = view(qty, rungs=(first, *REST))
    found = decide(group, rules=SMALL).actions
    assert tuple(a for a in found if (a.order_id % 10 if isinstance(a, Cancel) else a.number) == 0) == actions


@pytest.mark.parametrize("mode", ["PER_LEG", "AGGREGATE", "HYBRID"])
def test_the_ladder_stands_instead_of_the_modes_own_targets(mode: str) -> None:
    settings = exits(tp_mode=mode, tp_aggregate_pct=20)
    assert decide(view(100), settings=settings).actions == places((0, 33, 106), (1, 33, 108), (2, 34, 112))
    legs_own = view(100, holdings=(holding(0, 100, resting=resting(100)),))
    assert decide(legs_own, settings=settings).actions == (Cancel(7, CancelReason.MODE_CHANGED),)
    assert decide(view(100, aggregate=resting(100)), settings=settings).actions == (
        Cancel(7, CancelReason.MODE_CHANGED),
    )
    hybrid = Watched(ExitReason.AGGREGATE_TARGET, D(120)) in decide(view(100), settings=settings).watch
    assert hybrid is (mode == "HYBRID")


def test_a_ladder_whose_stop_has_fired_rests_nothing_more() -> None:
    found = decide(view(100), prices=at(96))
    assert found.fired is not None
    assert (found.fired.reason, found.actions) == (ExitReason.STOP_FIXED, ())


def test_without_r_the_modes_own_targets_rest_and_strange_rungs_go() -> None:
    """A group that was opened without a ladder, and got one by hand."""
    assert decide(view(10), levels=Levels()).actions == (Place(10, D(10), D(101)),)
    off = decide(view(10, rungs=(rung(0, rests=10),)), settings=exits(tp_ladder="off"))
    assert off.actions == (Cancel(20, CancelReason.MODE_CHANGED),)


@pytest.mark.parametrize(
    ("group", "waits"),
    [
        (view(1), Held(10, D(1))),
        (view("1.5"), Held(10, D(1))),
        (view(2), None),
        (view(100), None),
        (view(1, holdings=(holding(1, "0.5"), holding(0, "0.5"), holding(2, 0))), Held(11, D(1))),
        (view(6, reserved_qty=D(5), rungs=(rung(2, rests=6, price=112),)), Held(10, D(1))),  # what rests is too much
    ],
)
def test_what_no_rung_can_carry_is_named(group: ExitView, waits: Held | None) -> None:
    assert decide(group).waiting == waits


def test_a_rung_is_taken_once_it_has_sold_all_that_is_its_own() -> None:
    states = [rung(0, closed="0.5"), rung(1), rung(2, closed=3)]
    assert exit_ladder.taken(states, [exit_ladder.RungTarget(2, D(3), D(112), D(1))]) == 1


@pytest.mark.parametrize(
    ("rungs", "qty", "stands"),
    [
        ((), 100, None),
        ((rung(0, closed=20, rests=13),), 80, None),  # not all of it
        ((rung(0, closed=33),), 67, D(100)),
    ],
)
def test_break_even_counts_rungs(rungs: tuple[RungState, ...], qty: int, stands: Decimal | None) -> None:
    group = view(qty, rungs=rungs, last_fill=D(106))
    (found,) = [w.trigger_price for w in decide(group).watch if w.kind is ExitReason.STOP_BREAK_EVEN]
    assert found == stands


MOST_LOOKS = 400


# properties --------------------------------------------------------------------------------------

SHARES = st.lists(st.integers(1, 60), min_size=1, max_size=6)


def ladder_of(weights: list[int]) -> str:
    """Rungs at 1, 2, 3 … R whose shares add up to 100, in whole percent but for the last."""
    shares = [D(100 * weight // sum(weights)) or D(1) for weight in weights[:-1]]
    rows = [*shares, D(100) - sum(shares)]
    return " ".join(f"({n}, {share})" for n, share in enumerate(rows, 1))


GROUPS = st.fixed_dictionaries(
    {
        "side": st.sampled_from(PositionSide),
        "qty": st.integers(0, 200),
        "reserved_qty": st.integers(0, 50).map(D),
        "closed": st.lists(st.integers(0, 60), max_size=6),
        "resting": st.lists(st.none() | st.integers(1, 60), max_size=6),
        "min_qty": st.integers(1, 9),
        "risk": st.integers(1, 30),
        "most": st.none() | st.integers(20, 60).map(D),
    }
)


def built(facts: dict[str, object]) -> tuple[ExitView, InstrumentRules]:
    """A group with rungs as its orders might have left them; what rests never exceeds what is free."""
    rows = range(max(len(facts["closed"]), len(facts["resting"])))
    free = max(D(facts["qty"]) - facts["reserved_qty"], D(0))
    states = []
    for n in rows:
        rests = facts["resting"][n] if n < len(facts["resting"]) else None
        fits = rests is not None and rests <= free
        free -= rests if fits else 0
        states.append(rung(n, facts["closed"][n] if n < len(facts["closed"]) else 0, rests if fits else None))
    group = view(facts["qty"], side=facts["side"], reserved_qty=facts["reserved_qty"], rungs=tuple(states))
    return group, replace(FREE, min_qty=D(facts["min_qty"]), max_qty=facts["most"])


@settings(max_examples=200)
@given(GROUPS, SHARES)
def test_the_rungs_sell_exactly_what_is_free_or_it_is_named(facts: dict[str, object], weights: list[int]) -> None:
    group, rules = built(facts)
    chosen = exits(tp_ladder_r=ladder_of(weights))
    levels = Levels(risk_quote=D(facts["risk"]) / 10)
    found = decide(group, settings=chosen, rules=rules, levels=levels)
    targets = exit_ladder.wanted(group, settings=chosen, levels=levels, rules=rules) or ()
    free = floor_to(exit_ladder.free_qty(group), rules.lot_step)
    waits = found.waiting.qty if found.waiting else D(0)
    assert sum(target.qty for target in targets) + waits == (free if group.position.average_entry else 0)
    assert all(target.qty % rules.lot_step == 0 for target in targets)
    signed = [group.side.sign * target.price for target in targets]
    assert signed == sorted(signed)
    assert all(price > group.side.sign * 100 for price in signed)


@settings(max_examples=200)
@given(GROUPS, SHARES)
def test_what_rests_and_is_placed_never_exceeds_what_is_free(facts: dict[str, object], weights: list[int]) -> None:
    group, rules = built(facts)
    found = decide(group, settings=exits(tp_ladder_r=ladder_of(weights)), rules=rules)
    placed = [action for action in found.actions if isinstance(action, PlaceRung)]
    promised = sum(state.resting_qty for state in group.rungs)
    assert sum(action.qty for action in placed) + promised <= max(exit_ladder.free_qty(group), promised)
    assert all(rules.sellable(action.qty, action.price) for action in placed)
    assert all(action.qty <= (rules.most_at_rest or action.qty) for action in placed)
    assert len({(action.number, action.part) for action in placed}) == len(placed)


def test_what_rests_at_a_rung_that_the_ladder_has_no_longer_is_taken_back() -> None:
    group = view(1, rungs=(rung(0), rung(1, rests=1)))
    rules = replace(FREE, min_qty=D(2))
    found = decide(group, settings=exits(tp_ladder_r="(1, 100)"), rules=rules)
    assert found.actions == (Cancel(21, CancelReason.RESIZED),)


@settings(max_examples=100)
@given(
    st.sampled_from(PositionSide),
    st.integers(1, 300),
    SHARES,
    st.integers(1, 9),
    st.none() | st.integers(20, 90),
    st.data(),
)
def test_rung_by_rung_everything_is_sold(
    side: PositionSide, qty: int, weights: list[int], least: int, most: int | None, data: st.DataObject
) -> None:
    """Each fill, whole or in parts, is followed by a look; in the end less is left than the venue would take."""
    rules = replace(FREE, min_qty=D(least), max_qty=most and D(most))
    toy = ToyLadder(side, D(qty), exits(tp_ladder_r=ladder_of(weights)), rules)
    shares = st.integers(1, 100)
    assert any(toy.look_or_fill(lambda: data.draw(shares)) for _ in range(MOST_LOOKS))
    assert toy.left < least
    assert toy.most_promised <= 0
