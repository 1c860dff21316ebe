"""Legs that rest later: what they will cost is spoken for from the start, and they pass the account's losses again."""

from decimal import Decimal

import pytest
from django.utils import timezone

from risk.models import RiskState
from tests.support.factories import Desk
from tests.support.levers import chosen
from trading.models import Leg, Order, PositionGroup, SettingOverride
from trading.services.desk import Desk as Books

LEGS = [["0", "40", "1"], ["-2", "30", "1"], ["-4", "30", "1"]]
STOPPED = [{"stopped": True}, {"day_base": 20000}]


def entered(desk: Desk, **settings: object) -> Desk:
    """Three legs of 1000 USDT together, of which only the next may rest."""
    chosen(desk, legs=LEGS, active_window=1, first_entry="limit", capital_per_pyramid="1000 USDT", **settings)
    alert = desk.alert(symbol="BTCUSDT", action="buy", price="59900", interval="60")
    desk.decide()
    alert.refresh_from_db()
    assert alert.outcome == "ENTERED", alert.reason
    return desk


def cost() -> Decimal:
    """Of everything planned, with the fee."""
    legs = Leg.objects.select_related("pyramid__group__instrument")
    return sum((leg.qty * leg.price * (1 + leg.pyramid.group.instrument.taker_fee) for leg in legs), Decimal(0))


def test_what_a_leg_will_cost_is_spoken_for_before_it_rests(desk: Desk) -> None:
    entered(desk)
    books = Books(desk.account, timezone.now())
    assert (Order.objects.count(), Leg.objects.count()) == (1, 3)
    assert (books.reserved_quote, books.exposure_of_all) == (cost(), cost())
    Leg.objects.filter(index=2).update(ended_reason="DCA_TOO_OLD")
    assert Books(desk.account, timezone.now()).reserved_quote < cost()
    PositionGroup.objects.update(closing_at=timezone.now())
    assert Books(desk.account, timezone.now()).reserved_quote < cost() / 2  # its order rests until it is taken back


def test_a_leg_that_was_taken_back_for_a_while_counts_and_one_that_filled_does_not(desk: Desk) -> None:
    entered(desk)
    Order.objects.update(state="CANCELED", code="OUTSIDE_WINDOW")
    assert Books(desk.account, timezone.now()).reserved_quote == cost()
    Order.objects.update(state="FILLED", code="")
    first = Leg.objects.get(index=0)
    fee = 1 + first.pyramid.group.instrument.taker_fee
    assert Books(desk.account, timezone.now()).reserved_quote == cost() - first.qty * first.price * fee


@pytest.mark.parametrize("lost", STOPPED)
def test_no_leg_is_placed_while_the_account_has_lost_too_much(desk: Desk, lost: dict[str, object]) -> None:
    entered(desk)
    desk.submit()
    now = timezone.now()
    figures = {"base": 10000, "equity": 10000, "peak": 10000, "day": now.date(), "day_base": 10000} | lost
    state = RiskState.objects.create(account=desk.account, **figures)
    desk.price("BTCUSDT", "59800")  # the first leg fills: it is the second's turn
    desk.settle()
    assert Order.objects.filter(purpose="ENTRY").count() == 1
    RiskState.objects.filter(pk=state.pk).update(stopped=False, day_base=10000)
    desk.sweep()
    assert Order.objects.filter(purpose="ENTRY").count() == 2


def test_settings_that_make_no_sense_place_no_leg_and_stop_no_exit(desk: Desk) -> None:
    entered(desk)
    desk.submit()
    SettingOverride.objects.create(account=desk.account, name="max_daily_loss_pct", value="-5")
    desk.price("BTCUSDT", "59800")
    desk.settle()
    assert Order.objects.filter(purpose="ENTRY").count() == 1
    assert Order.objects.filter(purpose="TARGET").exists()
    SettingOverride.objects.filter(name="max_daily_loss_pct").delete()
    desk.sweep()
    assert Order.objects.filter(purpose="ENTRY").count() == 2
