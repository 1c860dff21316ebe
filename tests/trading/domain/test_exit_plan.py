"""Exits in every mode: what rests, what is watched, what fires, and the same for both sides."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.intent import Level, LevelKind
from tests.trading.domain.build import FREE, NOON, PERP, at, fill, held, holding, resting, view
from trading.domain import settings as registry
from trading.domain.exit_plan import (
    ExitAction,
    ExitDecision,
    ExitReason,
    ExitView,
    Fired,
    Levels,
    PlaceAggregate,
    Prices,
    Watched,
    desired,
)
from trading.domain.order_state import OrderState
from trading.domain.position import from_fills
from trading.domain.settings import ExitSettings
from trading.domain.take_profit import Cancel, CancelReason, Held, Place
from trading.domain.vocabulary import PositionSide, Side

D = Decimal
R = ExitReason
S = OrderState
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
GONE = CancelReason.MODE_CHANGED


def exits(**changed: object) -> ExitSettings:
    return registry.resolve([changed]).exits


def decide(group: ExitView, prices: Prices | None = None, **more: object) -> ExitDecision:
    facts = {"settings": exits(), "rules": FREE, "prices": prices, "now": NOON, **more}
    return desired(group, **facts)


AGGREGATE = exits(tp_mode="AGGREGATE")
HYBRID = exits(tp_mode="HYBRID")


@pytest.mark.parametrize(
    ("group", "actions"),
    [
        (view(10), (PlaceAggregate(D(10), D(101)),)),  # 100 + 1 %
        (view("10.9"), (PlaceAggregate(D(10), D(101)),)),  # lots
        (view(10, side=SHORT), (PlaceAggregate(D(10), D(99)),)),
        (view(10, "100.05"), (PlaceAggregate(D(10), D("101.1")),)),  # 101.0505, on the tick in our favour
        (view(10, aggregate=resting(10)), ()),
        (view(10, aggregate=resting(10, price="101.1")), ()),  # a tick's rounding is no reason
        (view(10, aggregate=resting(10, price="103")), (Cancel(7, CancelReason.REPRICED),)),
        (view(10, aggregate=resting(4)), (Cancel(7, CancelReason.RESIZED),)),  # a leg filled
        (view(10, aggregate=resting(4, state=S.CANCELLING)), ()),  # cancel, confirm, place
        (view(10, aggregate=resting(4, state=S.UNKNOWN)), ()),
        (view(1), ()),  # the venue wants 2
        (view(10, reserved_qty=D(4)), (PlaceAggregate(D(6), D(101)),)),
        (view(10, reserved_qty=D(4), aggregate=resting(10)), (Cancel(7, CancelReason.RESIZED),)),
        (view(10, holdings=(holding(0, 10, resting=resting(10)),)), (Cancel(7, GONE),)),
        (view(10, holdings=(holding(0, 10, resting=resting(10, state=S.CANCELLING)),)), ()),
        (view(10, holdings=(holding(0, 10, resting=resting(10, state=S.CANCELLING)), holding(1, 0))), ()),
        (view(0, 100), ()),
    ],
)
def test_the_aggregate_target_covers_everything_once(group: ExitView, actions: tuple[ExitAction, ...]) -> None:
    assert decide(group, settings=AGGREGATE).actions == actions


def test_no_target_is_larger_than_what_the_venue_lets_rest() -> None:
    rules = replace(FREE, max_qty=D("7.5"))
    assert decide(view(10), settings=AGGREGATE, rules=rules).actions == (PlaceAggregate(D(7), D(101)),)
    assert decide(view(10, aggregate=resting(7)), settings=AGGREGATE, rules=rules).actions == ()


def test_the_target_of_a_flat_group_has_no_price_and_is_let_be() -> None:
    """What is on its way out is seen through by its own fills."""
    flat = replace(view(10), position=held(0), aggregate=resting(10, state=S.CANCELLING))
    assert decide(flat, settings=AGGREGATE).actions == ()


def test_legs_keep_their_targets_in_the_other_modes() -> None:
    for mode in (exits(), HYBRID):
        assert decide(view(10), settings=mode).actions == (Place(10, D(10), D(101)),)
        assert decide(view(10, reserved_qty=D(4)), settings=mode).actions == (Place(10, D(6), D(101)),)


def test_a_mode_that_changes_takes_the_old_target_back_first() -> None:
    assert decide(view(10, aggregate=resting(10))).actions == (Cancel(7, GONE),)
    leaving = view(10, aggregate=resting(10, state=S.CANCELLING))
    assert decide(leaving).actions == ()


@pytest.mark.parametrize(
    ("group", "settings", "waits"),
    [
        (view(10), AGGREGATE, None),
        (view(1), AGGREGATE, Held(10, D(1))),
        (view(1, aggregate=resting(1)), AGGREGATE, None),  # an old target's rest
        (view(1), exits(), Held(10, D(1))),
        (view(10), HYBRID, None),
        (replace(view(1), holdings=()), AGGREGATE, None),
        (view(11, holdings=(holding(0, 10), holding(1, 1))), exits(), Held(11, D(1))),  # leg 1's own part
        (view(11, holdings=(holding(0, 10), holding(1, 1))), AGGREGATE, None),  # all together are sellable
        (view(2, reserved_qty=D(1)), AGGREGATE, Held(10, D(1))),
        (view(1, holdings=(holding(1, "0.5"), holding(0, "0.5"), holding(2, 0))), AGGREGATE, Held(11, D(1))),
        (view("0.5"), AGGREGATE, None),  # not a lot: there is nothing to wait for
    ],
)
def test_what_is_too_small_for_a_target_is_named(group: ExitView, settings: ExitSettings, waits: Held | None) -> None:
    assert decide(group, settings=settings).waiting == waits


@pytest.mark.parametrize(
    ("group", "prices", "trigger"),
    [
        (view(10), at(101), "101"),
        (view(10), at(150), "101"),
        (view(10), at("101.4", spread="1"), None),  # last is there, but selling would get 100.9
        (view(10), at("100.9"), None),
        (view(10, side=SHORT), at(99), "99"),
        (view(10, side=SHORT), at("98.6", spread="1"), None),
        (view(1), at(120), None),  # the first crumbs of a fill would be left as dust
    ],
)
def test_the_hybrid_aggregate_is_watched_with_what_closing_would_get(
    group: ExitView, prices: Prices, trigger: str | None
) -> None:
    found = decide(group, prices, settings=HYBRID)
    assert Watched(R.AGGREGATE_TARGET, D(100 + group.side.sign)) in found.watch
    assert (found.fired and (found.fired.reason, found.fired.trigger_price)) == (
        trigger and (R.AGGREGATE_TARGET, D(trigger))
    )
    assert not (found.fired and found.actions)


EVERY = exits(stop="fixed, atr, support, trailing", breakeven_after_target=0, fixed_stop_pct=4)
KNOWN = Levels(atr_quote=D("1.5"), support=D("97.5"))


@pytest.mark.parametrize(
    ("settings", "levels", "price", "reason", "trigger"),
    [
        (exits(), Levels(), "90.1", None, None),
        (exits(), Levels(), "90", R.STOP_EMERGENCY, "90"),  # always on
        (exits(), Levels(), "12", R.STOP_EMERGENCY, "90"),
        (exits(stop="fixed"), Levels(), "95", R.STOP_FIXED, "95"),
        (exits(stop="fixed"), Levels(), "80", R.STOP_FIXED, "95"),  # the tightest speaks
        (exits(stop="atr"), Levels(atr_quote=D("1.5")), "97", R.STOP_ATR, "97"),  # 2 × 1.5
        (exits(stop="atr"), Levels(), "97", None, None),  # not known: that stop is missing
        (exits(stop="support"), Levels(support=D("98.55")), "98.6", R.STOP_SUPPORT, "98.6"),
        (EVERY, KNOWN, "97.6", None, None),
        (EVERY, KNOWN, "97.5", R.STOP_SUPPORT, "97.5"),
    ],
)
def test_stops_fire_at_the_tightest(
    settings: ExitSettings, levels: Levels, price: str, reason: R | None, trigger: str | None
) -> None:
    fired = decide(view(10), at(price), settings=settings, levels=levels).fired
    assert (fired and (fired.reason, fired.trigger_price, fired.live_price)) == (
        reason and (reason, D(trigger or 0), D(price))
    )


def test_a_fired_stop_says_what_happened_in_words() -> None:
    found = decide(view(10), at("94.9"), settings=exits(stop="fixed"))
    words = "The fixed stop at 95 was reached: the price is 94.9."
    assert (found.fired, found.actions) == (Fired(R.STOP_FIXED, D(95), D("94.9"), words), ())
    target = decide(view(10), at(102), settings=HYBRID).fired
    assert target is not None
    assert target.words == "The aggregate target at 101 was reached: the price is 102."


def asked(price: int, *, before: int) -> Prices:
    """A price that was asked for that many seconds before."""
    return replace(at(price), at=NOON - timedelta(seconds=before))


@pytest.mark.parametrize(
    ("price", "before", "fill_before", "fires"),
    [
        (102, 1, 2, R.AGGREGATE_TARGET),
        (102, 2, 2, R.AGGREGATE_TARGET),
        (102, 3, 2, None),  # the average has moved since
        (102, 11, 20, None),  # too old to take a profit by
        (94, 1, 2, R.STOP_FIXED),
        (94, 11, 20, R.STOP_FIXED),  # old, and it protects all the same
        (94, 3, 2, None),
        (94, 3, -3600, R.STOP_FIXED),  # a fill from an hour ahead: the clocks differ, the stops stay awake
    ],
)
def test_a_price_from_before_the_last_fill_fires_nothing_and_an_old_one_stops_alone(
    price: int, before: int, fill_before: int, fires: ExitReason | None
) -> None:
    group = view(10, last_fill_at=NOON - timedelta(seconds=fill_before))
    settings = exits(tp_mode="HYBRID", stop="fixed")
    found = decide(group, asked(price, before=before), settings=settings, stale_after=timedelta(seconds=10)).fired
    assert (found.reason if found else None) == fires


@pytest.mark.parametrize(
    ("before", "fill_before", "peak"), [(1, 2, D(112)), (3, 2, D(110)), (11, 20, D(110)), (11, None, D(110))]
)
def test_a_trailing_stop_follows_no_price_that_is_old_or_from_before_the_last_fill(
    before: int, fill_before: int | None, peak: Decimal
) -> None:
    when = None if fill_before is None else NOON - timedelta(seconds=fill_before)
    group, ten = view(10, peak=D(110), last_fill_at=when), timedelta(seconds=10)
    assert decide(group, asked(112, before=before), settings=TRAILING, stale_after=ten).new_peak == peak


def test_everything_that_is_watched_is_named_and_what_does_not_stand_says_why() -> None:
    watch = decide(view(10), at(100), settings=replace(EVERY, breakeven_after_target=2, time_exit_h=5)).watch
    assert watch == (
        Watched(R.STOP_FIXED, D(96)),
        Watched(R.STOP_ATR, None, "not known: the average true range has too few bars"),
        Watched(R.STOP_SUPPORT, None, "not known: no support or resistance was found at the entry"),
        Watched(R.STOP_TRAILING, None, "armed at 101"),
        Watched(R.STOP_BREAK_EVEN, None, "after target 2"),
        Watched(R.STOP_EMERGENCY, D(90)),
        Watched(R.TIME_EXIT, None, "at 2026-01-01 17:00 UTC"),
    )


def test_the_alerts_own_stop_is_watched_with_the_others() -> None:
    group = view(10, alert_stop=Level(LevelKind.PRICE, D(98)))
    assert Watched(R.STOP_ALERT, D(98)) in decide(group).watch
    fired = decide(group, at("97.9"), settings=exits(stop="fixed")).fired
    assert fired is not None
    assert (fired.reason, fired.trigger_price) == (R.STOP_ALERT, D(98))


@pytest.mark.parametrize(
    ("mark", "fires"),
    [("95", True), ("95.1", False), (None, True)],  # without a mark price, last stands in
)
def test_on_futures_stops_look_at_the_mark_price(mark: str | None, fires: bool) -> None:
    fired = decide(view(10), at(90, mark=mark), rules=PERP, settings=exits(stop="fixed")).fired
    assert (fired is not None) is fires


def test_on_spot_stops_look_at_the_last_price() -> None:
    assert decide(view(10), at(96, mark="50"), settings=exits(stop="fixed")).fired is None


def test_stops_move_with_the_average_entry() -> None:
    """10 at 100 and 10 at 90: average 95, less 5 % = 90.25, on the tick that loses less 90.3."""
    averaged = from_fills([fill(Side.BUY, 10, 100), fill(Side.BUY, 10, 90)], side=LONG, rules=FREE)
    watch = decide(replace(view(10), position=averaged), settings=exits(stop="fixed")).watch
    assert Watched(R.STOP_FIXED, D("90.3")) in watch


TRAILING = exits(stop="trailing", trailing_activation_pct=2, trailing_distance_pct=1, breakeven_after_target=0)


def follow(group: ExitView, prices: list[str]) -> ExitDecision:
    found = decide(group, settings=TRAILING)
    for price in prices:
        found = decide(replace(group, peak=found.new_peak), at(price), settings=TRAILING)
    return found


@pytest.mark.parametrize(
    ("side", "prices", "peak", "stop", "fires"),
    [
        (LONG, ["101.9"], None, None, False),
        (LONG, ["102"], "102", "101", False),  # 102 × 0.99 = 100.98
        (LONG, ["102", "110", "109"], "110", "108.9", False),
        (LONG, ["102", "110", "108.9"], "110", "108.9", True),
        (SHORT, ["98", "90", "90.8"], "90", "90.9", False),
        (SHORT, ["98", "90", "90.9"], "90", "90.9", True),
    ],
)
def test_the_trailing_stop_remembers_its_peak(
    side: PositionSide, prices: list[str], peak: str | None, stop: str | None, fires: bool
) -> None:
    found = follow(view(10, side=side), prices)
    assert found.new_peak == (peak and D(peak))
    note = "" if stop else "armed at 102"
    assert Watched(R.STOP_TRAILING, stop and D(stop), note) in found.watch
    assert (found.fired is not None) is fires


def test_averaging_does_not_restart_the_peak() -> None:
    averaged = from_fills([fill(Side.BUY, 10, 100), fill(Side.BUY, 10, 108)], side=LONG, rules=FREE)
    found = decide(replace(view(10), position=averaged, peak=D(110)), at("109.5"), settings=TRAILING)
    assert found.new_peak == 110  # the gain from 104 to 109.5 would arm it anew; it is armed already


@pytest.mark.parametrize(
    ("group", "settings", "prices", "peak"),
    [
        (view(10, peak=D(110)), TRAILING, None, D(110)),  # no price: kept
        (view(0, peak=D(110)), TRAILING, at(120), None),  # nothing held: forgotten
        (view(10, peak=D(110)), exits(), at(120), None),  # nobody asks for it
    ],
)
def test_when_the_peak_is_kept(
    group: ExitView, settings: ExitSettings, prices: Prices | None, peak: Decimal | None
) -> None:
    assert decide(group, prices, settings=settings).new_peak == peak


@pytest.mark.parametrize(
    ("taken", "after", "last_fill", "expected"),
    [
        (0, 1, "102", Watched(R.STOP_BREAK_EVEN, None, "after target 1")),
        (1, 1, "102", Watched(R.STOP_BREAK_EVEN, D(100))),
        (3, 2, "100.1", Watched(R.STOP_BREAK_EVEN, D(100))),
        (1, 1, "100", Watched(R.STOP_BREAK_EVEN, None, "after a target beyond 100")),
        (1, 1, "98.5", Watched(R.STOP_BREAK_EVEN, None, "after a target beyond 100")),  # a deep leg's target
        (1, 1, None, Watched(R.STOP_BREAK_EVEN, None, "after a target beyond 100")),
    ],
)
def test_break_even_stands_after_a_target_beyond_it(
    taken: int, after: int, last_fill: str | None, expected: Watched
) -> None:
    group = view(10, targets_taken=taken, last_fill=last_fill and D(last_fill))
    assert expected in decide(group, settings=exits(breakeven_after_target=after)).watch


def test_a_grids_deep_target_does_not_close_the_group_at_a_loss() -> None:
    """Two each at 100, 98, 96; the last took its profit at 96.5. Break-even of the rest is (588 − 193) ÷ 4 = 98.75.

    At 96.5 a stop there would sell at once, at a loss of 9. It stands once leg 1 has sold at 99.
    """
    fills = [fill(Side.BUY, 2, price, after=n) for n, price in enumerate((100, 98, 96))]
    fills.append(fill(Side.SELL, 2, "96.5", after=9))
    group = replace(view(4), position=from_fills(fills, side=LONG, rules=FREE), targets_taken=1, last_fill=D("96.5"))
    assert group.position.break_even == D("98.75")
    assert decide(group, at("96.5")).fired is None
    fills.append(fill(Side.SELL, 2, 99, after=10))
    later = replace(
        group, position=from_fills(fills, side=LONG, rules=FREE), holdings=(holding(0, 2),), last_fill=D(99)
    )
    assert Watched(R.STOP_BREAK_EVEN, D("98.5")) in decide(later, at(99)).watch  # (588 − 193 − 198) ÷ 2
    fired = decide(later, at(97)).fired
    assert fired is not None
    assert fired.reason is R.STOP_BREAK_EVEN


def test_no_break_even_stop_where_nobody_wants_one() -> None:
    watch = decide(view(10, targets_taken=3, last_fill=D(120)), settings=exits(breakeven_after_target=0)).watch
    assert [w.kind for w in watch] == [R.STOP_EMERGENCY]


@pytest.mark.parametrize(
    ("hours", "group", "prices", "fires"),
    [
        ("4.99", view(10), at(100), False),
        ("5", view(10), at(100), True),
        ("6", view(10), None, True),  # time needs no price
        ("6", view(0), None, True),  # nor a fill
    ],
)
def test_a_group_is_closed_after_its_time(hours: str, group: ExitView, prices: Prices | None, fires: bool) -> None:
    now = NOON + timedelta(hours=float(hours))
    found = decide(group, prices, settings=exits(time_exit_h=5), now=now)
    live = prices and prices.last
    words = "The group has been open for 5 h (time_exit_h)."
    assert found.fired == (Fired(R.TIME_EXIT, None, live, words) if fires else None)


def test_without_a_price_nothing_fires_and_targets_are_tended() -> None:
    found = decide(view(10))
    assert (found.fired, found.actions) == (None, (Place(10, D(10), D(101)),))
    assert Watched(R.STOP_EMERGENCY, D(90)) in found.watch


def test_an_empty_group_watches_no_stop() -> None:
    assert decide(view(0), at(1), settings=HYBRID).watch == ()
    assert decide(view("0.5"), at(1)).fired is None  # less than a lot


# both sides --------------------------------------------------------------------------------------

PIVOT = D(200)  # twice the average entry: 100 + x mirrors 100 − x


def mirrored(price: Decimal | None) -> Decimal | None:
    return None if price is None else PIVOT - price


def mirror_action(action: ExitAction) -> ExitAction:
    return action if isinstance(action, Cancel) else replace(action, price=mirrored(action.price))


def shape(found: ExitDecision, *, mirror: bool) -> tuple[object, ...]:
    """A decision without its words; prices as the other side would have them."""
    price, action = (mirrored, mirror_action) if mirror else (lambda same: same, lambda same: same)
    fired = found.fired and (found.fired.reason, price(found.fired.trigger_price), price(found.fired.live_price))
    watch = [(w.kind, price(w.trigger_price)) for w in found.watch]
    return fired, watch, tuple(action(a) for a in found.actions), price(found.new_peak), found.waiting


GROUPS = st.fixed_dictionaries(
    {
        "qty": st.integers(0, 9),
        "targets_taken": st.integers(0, 3),
        "reserved_qty": st.integers(0, 9).map(D),
        "aggregate": st.none() | st.integers(1, 9),
        "aggregate_gap": st.integers(-30, 30).map(lambda ticks: D(ticks) / 10),
        "last_fill": st.none() | st.decimals(90, 110, places=1),
        "offset": st.none() | st.integers(1, 20).map(D),
    }
)
SETTINGS = st.fixed_dictionaries(
    {
        "tp_mode": st.sampled_from(["PER_LEG", "AGGREGATE", "HYBRID"]),
        "stop": st.lists(st.sampled_from(["fixed", "atr", "support"]), unique=True),
        "tp_aggregate_pct": st.sampled_from(["0.5", "1", "3.33"]),
        "fixed_stop_pct": st.sampled_from(["0.77", "3", "5"]),
        "emergency_stop_pct": st.integers(2, 30),
        "time_exit_h": st.sampled_from(["off", 1, 99]),
    }
)


def one_side(side: PositionSide, facts: dict[str, object]) -> ExitView:
    at_price = (lambda price: price) if side is LONG else mirrored
    target = facts["aggregate"] and resting(facts["aggregate"], price=at_price(D(101) + facts["aggregate_gap"]))
    return view(
        facts["qty"],
        side=side,
        targets_taken=facts["targets_taken"],
        reserved_qty=facts["reserved_qty"],
        aggregate=target,
        last_fill=at_price(facts["last_fill"]),
        alert_stop=facts["offset"] and Level(LevelKind.OFFSET, facts["offset"]),
    )


@given(
    GROUPS,
    SETTINGS,
    st.none() | st.decimals(60, 140, places=1),
    st.sampled_from(["0", "0.4", "2"]),
    st.none() | st.decimals(80, 99, places=1),
)
def test_a_short_is_a_long_in_the_mirror(
    facts: dict[str, object],
    chosen: dict[str, object],
    price: Decimal | None,
    spread: str,
    support: Decimal | None,
) -> None:
    now = NOON + timedelta(hours=2)
    facing = [
        decide(
            one_side(side, facts),
            None if price is None else at(of(price), spread=spread),
            settings=exits(**chosen),
            now=now,
            levels=Levels(atr_quote=D("1.3"), support=of(support)),
        )
        for side, of in ((LONG, lambda same: same), (SHORT, mirrored))
    ]
    assert shape(facing[0], mirror=False) == shape(facing[1], mirror=True)


@given(GROUPS, SETTINGS, st.none() | st.decimals(60, 140, places=1))
def test_what_is_held_is_promised_at_most_once_and_never_without_an_exit(
    facts: dict[str, object], chosen: dict[str, object], price: Decimal | None
) -> None:
    group = one_side(LONG, facts)
    found = decide(group, None if price is None else at(price), settings=exits(**chosen))
    placed = sum((a.qty for a in found.actions if not isinstance(a, Cancel)), D(0))
    already = group.aggregate.qty if group.aggregate else D(0)
    assert placed == 0 or placed + already + group.reserved_qty <= group.position.qty
    standing = [w for w in found.watch if w.trigger_price is not None]
    assert group.position.qty == 0 or standing
