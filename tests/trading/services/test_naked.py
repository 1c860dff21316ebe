"""I13 on real parts: what has no exit is mended within a sweep, told when it cannot be, or waived by name."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.utils import timezone

from project.accounts.models import ExchangeAccount
from project.journal.models import JournalEntry
from tests.support.factories import Desk
from tests.support.levers import ORDER, one_leg
from tests.trading.services.levers import states
from trading.domain.naked import SWEEP, Cover, Why
from trading.domain.vocabulary import Side
from trading.gateways.base import FillReport
from trading.models import BareHolding, Order, PositionGroup
from trading.services import fills, naked
from trading.services.invariants import CHECKS

REFUSED = {"action": "reply_before_accept", "status": 400, "times": 99}
FILTER = {"code": -1013, "msg": "Filter failure: PERCENT_PRICE_BY_SIDE"}


def refuse(desk: Desk, **match: str) -> None:
    """The venue refuses every order that matches, with a code of its own."""
    desk.paper.faults([{"match": {**ORDER, **match}, **REFUSED, "body": FILTER}])


def bare(desk: Desk) -> BareHolding:
    """A position whose target the venue refuses, as the first look finds it."""
    refuse(desk, contains="side=SELL")
    one_leg(desk).buy(price="59900")
    desk.price("BTCUSDT", "59800")
    desk.settle()
    assert states("TARGET") == ["REJECTED"]
    assert look(desk) == 1
    return BareHolding.objects.get()


def look(desk: Desk, *, later: timedelta = timedelta()) -> int:
    return naked.look(desk.account.pk, now=timezone.now() + later)


def kinds() -> list[str]:
    return list(JournalEntry.objects.filter(kind__startswith="bare.").order_by("id").values_list("kind", flat=True))


def test_a_covered_position_is_not_noted(desk: Desk) -> None:
    one_leg(desk).buy(price="59900")
    desk.price("BTCUSDT", "59800")
    desk.settle()
    assert (states("TARGET"), look(desk)) == (["OPEN"], 0)
    assert not BareHolding.objects.exists()


def test_a_refused_target_is_noted_at_once_and_told_after_a_sweep(desk: Desk) -> None:
    row = bare(desk)
    assert (row.cover, row.code, row.told_at) == (Cover.STOP_ONLY, Why.REFUSED, None)
    assert "PERCENT_PRICE" in row.words
    assert kinds() == []
    look(desk, later=2 * SWEEP)
    look(desk, later=3 * SWEEP)
    assert kinds() == ["bare.told"]
    (violation,) = CHECKS["I13"](timezone.now()).violations
    assert "without an exit" in violation


def test_it_is_mended_by_the_sweep_once_the_venue_takes_the_target(desk: Desk) -> None:
    row = bare(desk)
    look(desk, later=2 * SWEEP)
    desk.paper.faults([])
    Order.objects.filter(state="REJECTED").update(updated_at=timezone.now() - timedelta(hours=1))
    desk.sweep()
    assert look(desk) == 0
    row.refresh_from_db()
    assert (states("TARGET"), row.ended_at is not None) == (["REJECTED", "OPEN"], True)
    assert kinds() == ["bare.told", "bare.mended"]
    assert CHECKS["I13"](timezone.now()).violations == ()


def test_a_person_may_waive_it_by_name_and_take_that_back(desk: Desk) -> None:
    row = bare(desk)
    naked.waive(row.group_id, operator="eve", reason="sold elsewhere", now=timezone.now())
    assert look(desk, later=2 * SWEEP) == 0
    row.refresh_from_db()
    assert (row.cover, row.waived_by, row.waived_reason) == (Cover.WAIVED, "eve", "sold elsewhere")
    assert CHECKS["I13"](timezone.now()).violations == ()
    naked.take_back(row.group_id, operator="eve", now=timezone.now())
    assert look(desk) == 1
    assert len(CHECKS["I13"](timezone.now()).violations) == 1
    assert kinds() == ["bare.waived", "bare.waiver_taken_back"]


def refused_again(desk: Desk) -> None:
    """The wait is over: a sweep tries the target once more, and the venue refuses it as before."""
    Order.objects.filter(state="REJECTED").update(updated_at=timezone.now() - timedelta(hours=1))
    desk.sweep()
    assert states("TARGET")[-1] == "REJECTED"


def test_a_waiver_outlives_exits_that_are_tried_and_refused(desk: Desk) -> None:
    row = bare(desk)
    look(desk, later=2 * SWEEP)
    naked.waive(row.group_id, operator="eve", reason="sold elsewhere", now=timezone.now())
    for _ in range(2):
        refused_again(desk)
        assert look(desk, later=2 * SWEEP) == 0
    (same,) = BareHolding.objects.all()
    assert (same.pk, same.cover, same.waived_by, same.ended_at) == (row.pk, Cover.WAIVED, "eve", None)
    assert kinds() == ["bare.told", "bare.waived"]


def test_an_exit_that_is_only_tried_mends_nothing_and_it_is_told_once(desk: Desk) -> None:
    bare(desk)
    look(desk, later=2 * SWEEP)
    for _ in range(2):
        refused_again(desk)
        assert look(desk, later=2 * SWEEP) == 1
    assert kinds() == ["bare.told"]


@pytest.mark.parametrize("deed", [naked.waive, naked.take_back])
def test_nothing_is_waived_where_nothing_is_bare(desk: Desk, deed: object) -> None:
    one_leg(desk).buy(price="59900")
    group, facts = PositionGroup.objects.get(), {"reason": "why not"} if deed is naked.waive else {}
    with pytest.raises(naked.NothingBare):
        deed(group.pk, operator="eve", now=timezone.now(), **facts)  # type: ignore[operator]


def test_an_exit_that_could_not_leave_promises_nothing(desk: Desk) -> None:
    """Keys that do not open: the target is decided, and stays here."""
    one_leg(desk).buy(price="59900")
    desk.price("BTCUSDT", "59800")
    desk.poll()
    assert states("TARGET") == ["NEW"]
    ExchangeAccount.objects.update(health="VAULT_CLOSED")
    assert look(desk) == 0
    assert look(desk, later=2 * SWEEP) == 1
    row = BareHolding.objects.get()
    assert (row.code, row.qty > 0) == (Why.ACCOUNT, True)


def test_dust_needs_no_exit(desk: Desk) -> None:
    bare(desk)
    PositionGroup.objects.update(dust_qty=F("qty"), closed_at=timezone.now(), status="DUST_CLOSED")
    assert look(desk, later=2 * SWEEP) == 0
    assert BareHolding.objects.get().ended_at is not None


LATE = "0.0005"


def filled_late(desk: Desk) -> PositionGroup:
    """A group that ended with dust, then got half a thousandth more, whose sale the venue refused."""
    one_leg(desk).buy(price="59901.37")
    desk.alert(symbol="BTCUSDT", action="sell", interval="60")
    desk.decide()
    desk.submit()
    PositionGroup.objects.update(status="DUST_CLOSED", dust_qty=Decimal("0.000001"))
    desk.paper.deposit({"BTC": "1"}, account=desk.key)
    refuse(desk, contains="side=SELL")
    order = Order.objects.get()
    price, qty = Decimal("59901.37"), Decimal(LATE)
    late = FillReport(
        order.venue_order_id, "late-1", Side.BUY, price, qty, price * qty, Decimal(0), "USDT", True, timezone.now()
    )
    fills.apply(order.pk, [late], now=timezone.now())
    desk.submit()
    assert states("EXIT") == ["REJECTED"]
    return PositionGroup.objects.get()


def test_what_filled_after_the_end_is_no_dust(desk: Desk) -> None:
    group = filled_late(desk)
    assert (group.qty, look(desk)) == (Decimal(LATE), 1)


def test_what_filled_after_the_end_is_sold_by_a_later_sweep(desk: Desk) -> None:
    filled_late(desk)
    desk.paper.faults([])
    Order.objects.filter(state="REJECTED").update(updated_at=timezone.now() - timedelta(hours=1))
    desk.sweep()
    assert states("EXIT") == ["REJECTED", "FILLED"]
    assert (PositionGroup.objects.get().qty, look(desk)) == (0, 0)


def test_a_target_that_never_left_and_no_longer_fits_is_planned_anew(desk: Desk) -> None:
    """Half of the leg came in, its target is decided; then the other half, before anything was sent."""
    one_leg(desk).buy(price="59900")
    desk.paper.price("BTCUSDT", "59900", qty="0.00083")
    desk.poll()
    assert states("TARGET") == ["NEW"]
    desk.paper.price("BTCUSDT", "59800")
    desk.poll()
    assert states("TARGET") == ["DROPPED", "NEW"]
    assert CHECKS["I13"](timezone.now()).violations == ()
    desk.submit()
    first, second = Order.objects.filter(purpose="TARGET").order_by("id")
    assert (first.code, second.state, second.qty > first.qty) == ("RESIZED", "OPEN", True)
    assert len(desk.paper.ledger(desk.key)["orders"]) == 2  # the venue never saw the first
