"""I5, I6, I8 and I13, each broken on purpose; and states that look wrong and are not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from project.accounts import latch, mode
from project.journal.models import JournalEntry
from project.journal.record import record
from signals.models import Alert
from tests.support.factories import Desk, make_desk
from tests.support.levers import chosen, one_leg
from tests.support.paper import PaperExchange
from tests.trading.services.test_invariants import broken
from trading.domain.naked import SWEEP
from trading.models import BareHolding, Order, PositionGroup
from trading.services.invariants import CHECKS

# I5 ----------------------------------------------------------------------------------------------


def told(desk: Desk, count: int = 1) -> list[Alert]:
    """Alerts that are decided one after the other; nothing is open, so nothing is done."""
    for _ in range(count):
        desk.alert(symbol="BTCUSDT", action="sell", interval="60")
        desk.decide()
    return list(Alert.objects.order_by("id"))


def settled(alert: Alert) -> None:
    """An outcome is given to it, once more."""
    with transaction.atomic():
        record("alert.settled", subject=f"alert:{alert.pk}", payload={}, account_id=alert.account_id)


def test_an_alert_that_nobody_decides_is_named_after_half_a_minute(desk: Desk) -> None:
    alert = desk.alert(symbol="BTCUSDT", action="sell", interval="60")
    assert broken("I5") == ()
    Alert.objects.update(received_at=timezone.now() - timedelta(seconds=31))
    assert broken("I5") == (f"alert {alert.pk} has no outcome",)


def test_an_outcome_that_was_given_twice_or_never_is_named(desk: Desk) -> None:
    first, second = told(desk, 2)
    assert broken("I5") == ()
    settled(second)
    JournalEntry.objects.filter(subject=f"alert:{first.pk}").delete()
    assert set(broken("I5")) == {f"alert {first.pk} was settled 0 times", f"alert {second.pk} was settled 2 times"}


def test_an_alert_that_was_decided_before_an_earlier_one_is_named(desk: Desk) -> None:
    first, second = told(desk, 2)
    JournalEntry.objects.filter(subject=f"alert:{first.pk}").delete()
    settled(first)
    assert broken("I5") == (f"alert {first.pk} was decided after alert {second.pk} of the same account",)


def delivered(desk: Desk, at: datetime, *, window_secs: int = 60) -> Alert:
    """The same body without an id, stored by somebody who looks at its key alone."""
    bucket = int(at.timestamp()) // window_secs
    alert = desk.alert(symbol="BTCUSDT", action="sell", interval="60")
    Alert.objects.filter(pk=alert.pk).update(
        body_hash=b"the same", client_id="", dedupe_key=f"h:{b'the same'.hex()}:{bucket}", received_at=at
    )
    desk.decide()
    return alert


def test_a_repeat_that_was_stored_as_an_alert_of_its_own_is_named(desk: Desk) -> None:
    """59 s and 61 s past the hour lie in two buckets and within one window."""
    hour = datetime(2026, 3, 1, 12, tzinfo=UTC)
    delivered(desk, hour + timedelta(seconds=59))
    repeat = delivered(desk, hour + timedelta(seconds=61))
    assert broken("I5") == (f"alert {repeat.pk} is a repeat that was stored as one of its own",)


def test_the_same_body_after_its_window_is_an_alert_of_its_own(desk: Desk) -> None:
    hour = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for secs in (0, 60, 121):
        delivered(desk, hour + timedelta(seconds=secs))
    delivered(desk, hour + timedelta(seconds=132), window_secs=10)  # the window was made shorter
    assert broken("I5") == ()


# I8 ----------------------------------------------------------------------------------------------


@pytest.fixture
def perps(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """A futures account that guards what it holds with a stop at the venue."""
    paper_process.faults([])
    made = make_desk(paper_process, venue="binanceusdm")
    chosen(one_leg(made), per_symbol_pct="50", stop="fixed", fixed_stop_pct="3")
    yield made


def holding(desk: Desk, symbol: str = "BTCUSDT.P", *, interval: str = "60") -> PositionGroup:
    """A position with its target and, on futures, its stop."""
    desk.alert(symbol=symbol, action="buy", price="60010", size="1000 USDT", interval=interval)
    desk.decide()
    desk.settle()
    group = PositionGroup.objects.latest("id")
    assert group.qty > 0
    return group


def test_a_target_and_a_stop_may_each_stand_for_all_that_is_held(perps: Desk) -> None:
    group = holding(perps)
    live = Order.objects.filter(group=group, state="OPEN").exclude(purpose="ENTRY")
    assert [(o.purpose, o.qty) for o in live.order_by("purpose")] == [("STOP", group.qty), ("TARGET", group.qty)]
    assert broken("I8") == ()


def test_exits_of_futures_beyond_their_group_are_named_though_another_holds_enough(perps: Desk) -> None:
    first, second = holding(perps), holding(perps, interval="240")
    assert first.pk != second.pk
    assert broken("I8") == ()
    Order.objects.filter(group=first, purpose="TARGET").update(qty=first.qty + second.qty)
    assert broken("I8") == (f"group {first.pk}: its exits promise more BTC than it holds",)


def test_exits_on_spot_beyond_their_group_are_named_though_the_account_holds_enough(desk: Desk) -> None:
    chosen(one_leg(desk), per_symbol_pct="50")
    first, second = holding(desk, "BTCUSDT"), holding(desk, "BTCUSDT", interval="240")
    desk.refresh()
    assert broken("I8") == ()
    Order.objects.filter(group=first, purpose="TARGET").update(qty=first.qty + second.qty / 2)
    assert broken("I8") == (f"group {first.pk}: its exits promise more BTC than it holds",)


def test_a_stop_that_could_take_another_groups_part_is_named(perps: Desk) -> None:
    group = holding(perps)
    Order.objects.filter(purpose="STOP").update(qty=2 * group.qty)
    assert broken("I8") == ()  # it only reduces, and there is nobody else's to take
    holding(perps, interval="240")
    words = f"group {group.pk}: its stops would take what another group holds of BTC/USDT:USDT"
    assert broken("I8") == (words,)
    Order.objects.filter(group=group, purpose="STOP").update(cancel_requested=True)
    assert broken("I8") == ()  # it goes, and its successor comes


def test_an_exit_that_could_open_the_other_side_is_named(perps: Desk) -> None:
    holding(perps)
    target = Order.objects.get(purpose="TARGET")
    Order.objects.filter(pk=target.pk).update(reduce_only=False)
    assert broken("I8") == (f"order {target.pk} could open the other side: it does not only reduce",)


def test_an_exit_that_waits_for_a_person_is_nobodys_fault_and_nothing_else_may_sell_the_same(desk: Desk) -> None:
    one_leg(desk).buy(price="60010")
    desk.settle()
    target = Order.objects.get(purpose="TARGET")
    group = PositionGroup.objects.get()
    Order.objects.filter(pk=target.pk).update(state="NEEDS_HUMAN")
    PositionGroup.objects.update(qty=0)  # sold by a kill, or by hand
    assert broken("I8") == ()
    PositionGroup.objects.update(qty=group.qty)
    again = Order.objects.get(pk=target.pk)
    again.pk, again.intent_key, again.client_order_id, again.state = None, "another", "another", "OPEN"
    again.save()
    assert broken("I8") == (f"group {group.pk}: its exits promise more BTC than it holds",)


# I13 ---------------------------------------------------------------------------------------------


def bare(desk: Desk, **target: object) -> PositionGroup:
    """A position whose target stands otherwise than it should."""
    one_leg(desk).buy(price="60010")
    desk.settle()
    assert broken("I13") == ()
    Order.objects.filter(purpose="TARGET").update(**target)
    return PositionGroup.objects.get()


def test_an_exit_that_does_not_leave_covers_nothing(desk: Desk) -> None:
    bare(desk, state="NEW")
    assert broken("I13") == ()
    Order.objects.filter(purpose="TARGET").update(created_at=timezone.now() - 2 * SWEEP)
    assert "without an exit" in broken("I13")[0]


def test_a_stop_alone_is_no_exit(perps: Desk) -> None:
    group = holding(perps)
    Order.objects.filter(purpose="TARGET").update(state="REJECTED")
    words = f"group {group.pk}: {group.qty.normalize():f} BTC without an exit, but for a stop"
    assert broken("I13") == (words,)


def test_what_a_person_waived_needs_no_exit(desk: Desk) -> None:
    group = bare(desk, state="REJECTED")
    assert len(broken("I13")) == 1
    BareHolding.objects.create(
        account=desk.account, group=group, qty=group.qty, cover="WAIVED", since=timezone.now(), waived_qty=group.qty
    )
    assert broken("I13") == ()


def test_in_an_emergency_the_kill_sells_and_nothing_is_looked_at(desk: Desk) -> None:
    bare(desk, state="CANCELED")
    assert len(broken("I13")) == 1
    latch.engage(mode.home(), operator="mira", reason="a drill", source="test")
    try:
        assert CHECKS["I13"](timezone.now()).checked == 0
        assert broken("I13") == ()
    finally:
        latch.lift(mode.home())


# I6 ----------------------------------------------------------------------------------------------


def test_positions_are_not_counted_as_looked_at_while_an_order_is_undecided(perps: Desk) -> None:
    holding(perps)
    before = CHECKS["I6"](timezone.now()).checked
    stop = Order.objects.filter(purpose="STOP")
    stop.update(state="UNKNOWN")
    assert CHECKS["I6"](timezone.now()).checked == before - 1
    stop.update(state="NEEDS_HUMAN")
    assert CHECKS["I6"](timezone.now()).checked == before - 1  # of another market it would be looked at
    stop.update(state="OPEN")
    Order.objects.filter(purpose="ENTRY").update(reported_qty=Decimal(99))
    assert CHECKS["I6"](timezone.now()).checked == before - 1
