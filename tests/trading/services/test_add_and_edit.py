"""Adding funds to a group and editing its exits by hand: through the gate, journalled, and the book follows."""

from datetime import timedelta
from decimal import Decimal as Dec

import pytest
from django.utils import timezone

from project.journal.models import JournalEntry
from signals.models import Alert
from tests.support.factories import Desk
from tests.support.levers import in_this_bar, one_leg
from trading.domain.order_state import RESTING
from trading.models import Order, PositionGroup, Pyramid
from trading.services import add_funds, edit_exits, exits
from trading.services.add_funds import CannotAdd
from trading.services.edit_exits import CannotEdit


@pytest.fixture
def group(desk: Desk) -> PositionGroup:
    """One filled leg at 60,000, its target resting 1 % above; the bar in which it was opened is over."""
    one_leg(desk).buy(price="60100")
    Pyramid.objects.update(created_at=timezone.now() - timedelta(hours=3))
    return PositionGroup.objects.select_related("instrument", "account").get()


def resting_targets(group: PositionGroup) -> list[Dec]:
    rows = Order.objects.filter(group=group, purpose="TARGET", state__in=sorted(RESTING | {"NEW"}))
    return list(rows.order_by("id").values_list("price", flat=True))


# add funds ---------------------------------------------------------------------------------------


def test_adding_is_one_more_pyramid_with_an_outcome_of_its_own(desk: Desk, group: PositionGroup) -> None:
    seen = add_funds.preview(group.pk, size_quote=Dec(120), operator="mira", now=timezone.now())
    assert (seen.done, len(seen.orders), Alert.objects.count(), group.pyramids.count()) == (True, 1, 1, 1)
    done = add_funds.add(group.pk, size_quote=Dec(120), operator="mira", now=timezone.now())
    assert (done.done, len(done.orders), group.pyramids.count()) == (True, 1, 2)
    alert = Alert.objects.latest("id")
    assert (alert.outcome, "added by hand, mira" in alert.raw) == ("PYRAMIDED", True)
    asked = JournalEntry.objects.get(kind="group.add_asked")
    assert (asked.subject, asked.payload["operator"]) == (f"group:{group.pk}", "mira")
    # 120 quote in one leg: the capital is what was typed.
    assert group.pyramids.get(index=1).capital == Dec(120)


def test_what_is_pressed_twice_is_added_once(desk: Desk, group: PositionGroup) -> None:
    """A group without a timeframe has no bar that would keep the second one out."""
    PositionGroup.objects.filter(pk=group.pk).update(timeframe_secs=0)
    desk.source.default_timeframe_secs = 3600
    desk.source.save()
    desk.refresh()
    press, now = {"size_quote": Dec(120), "operator": "mira"}, timezone.now()
    first = add_funds.add(group.pk, **press, key="a" * 32, now=now)
    later = now + timedelta(seconds=2)
    again = add_funds.add(group.pk, **press, key="a" * 32, now=later)
    assert (again.orders, again.verdict.reason) == (first.orders, first.verdict.reason)
    assert first.done, first.verdict.reason
    assert (len(first.orders), group.pyramids.count(), Alert.objects.count()) == (1, 2, 2)
    assert JournalEntry.objects.filter(kind="group.add_asked").count() == 1
    assert add_funds.add(group.pk, **press, key="b" * 32, now=later).done  # another form is another wish
    assert group.pyramids.count() == 3


def test_a_second_press_answers_as_the_first_did_when_the_group_has_closed_since(
    desk: Desk, group: PositionGroup
) -> None:
    in_this_bar()
    press = {"size_quote": None, "operator": "mira", "key": "a" * 32}
    first = add_funds.add(group.pk, now=timezone.now(), **press)
    exits.close_by_hand(group.pk, operator="mira", now=timezone.now())
    assert add_funds.add(group.pk, now=timezone.now(), **press).verdict.outcome == first.verdict.outcome == "TOO_SOON"


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"blocked": True}, "TOO_SOON"), ({}, "TOO_SOON")],
    ids=["blocked", "in the same bar"],
)
def test_the_gate_refuses_with_its_own_words(
    desk: Desk, group: PositionGroup, fields: dict[str, bool], code: str
) -> None:
    PositionGroup.objects.filter(pk=group.pk).update(**fields)
    in_this_bar()
    found = add_funds.add(group.pk, size_quote=None, operator="mira", now=timezone.now())
    assert (found.done, found.verdict.outcome, found.orders) == (False, code, ())
    assert group.pyramids.count() == 1


def test_nothing_is_added_to_a_group_that_closes(desk: Desk, group: PositionGroup) -> None:
    exits.close_by_hand(group.pk, operator="mira", now=timezone.now())
    with pytest.raises(CannotAdd, match="closed or closing"):
        add_funds.add(group.pk, size_quote=None, operator="mira", now=timezone.now())


# edit exits --------------------------------------------------------------------------------------


def test_the_legs_targets_move_and_the_book_follows(desk: Desk, group: PositionGroup) -> None:
    before = resting_targets(group)
    changes = edit_exits.edit(group.pk, {"leg_take_profit_pct": "2.5"}, operator="mira", now=timezone.now())
    desk.settle()
    leg = group.pyramids.get().legs.get()
    assert [(c.name, c.after) for c in changes] == [("leg_take_profit_pct", "2.5")]
    # leg price × 1.025, on the tick
    assert abs(leg.target_price - leg.price * Dec("1.025")) <= group.instrument.tick_size
    assert (len(before), resting_targets(group)) == (1, [leg.target_price])


def test_the_mode_converts_and_stops_are_watched_from_then_on(desk: Desk, group: PositionGroup) -> None:
    wanted = {"tp_mode": "AGGREGATE", "tp_aggregate_pct": "3", "stop": "fixed", "fixed_stop_pct": "4"}
    changes = edit_exits.edit(group.pk, wanted, operator="mira", now=timezone.now())
    desk.settle()
    group.refresh_from_db()
    assert [c.name for c in changes] == ["tp_mode", "tp_aggregate_pct", "stop", "fixed_stop_pct"]
    assert group.tp_mode == "AGGREGATE"
    assert "STOP_FIXED" in {watched["kind"] for watched in group.watch}
    (price,) = resting_targets(group)
    assert abs(price - group.average_entry * Dec("1.03")) <= group.instrument.tick_size * 2
    told = JournalEntry.objects.get(kind="group.exits_edited").payload
    assert (told["operator"], [c["name"] for c in told["changes"]]) == ("mira", [c.name for c in changes])


def test_an_outlook_says_what_would_fire_and_writes_nothing(desk: Desk, group: PositionGroup) -> None:
    stop = {"stop": "fixed", "fixed_stop_pct": "4"}
    calm = edit_exits.outlook(group, stop, now=timezone.now())
    late = edit_exits.outlook(group, {"time_exit_h": "1"}, now=group.opened_at + timedelta(hours=2))
    assert (calm.decision.fired, late.decision.fired.reason) == (None, "TIME_EXIT")
    assert not JournalEntry.objects.filter(kind="group.exits_edited").exists()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"max_pyramids": "3"}, "cannot be edited"),
        ({"fixed_stop_pct": "-1"}, "0.1"),
        ({"tp_mode": "SOMEHOW"}, "PER_LEG"),
        ({"leg_take_profit_pct": "many"}, "percentage"),
    ],
)
def test_what_cannot_be_says_why(desk: Desk, group: PositionGroup, wanted: dict[str, str], said: str) -> None:
    with pytest.raises(CannotEdit, match=said):
        edit_exits.edit(group.pk, wanted, operator="mira", now=timezone.now())


def test_the_same_again_changes_and_journals_nothing(desk: Desk, group: PositionGroup) -> None:
    same = dict(edit_exits.current(group))
    assert edit_exits.edit(group.pk, same, operator="mira", now=timezone.now()) == ()
    assert not JournalEntry.objects.filter(kind="group.exits_edited").exists()
