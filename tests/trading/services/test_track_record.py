"""What the account's past allows: order rate, day's loss, losing streak, drawdown tiers, the first live day."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from project.accounts.models import ExchangeAccount
from project.journal.models import JournalEntry
from risk import drawdown
from risk.domain.drawdown import DrawdownTier
from risk.models import RiskState
from tests.support.factories import Desk
from tests.support.levers import one_leg
from trading.models import Order, PnlPoint, PositionGroup
from trading.services.desk import Desk as Books


def outcome(desk: Desk, **fields: str) -> tuple[str, str]:
    alert = desk.buy(**{"price": "60010", **fields})
    return alert.outcome, alert.reason


def readings(desk: Desk, *profits: tuple[int, str], put_in: int = 10000) -> None:
    """Points of the profit curve, so many minutes ago, on what was put in."""
    for minutes, profit in profits:
        at, equity = timezone.now() - timedelta(minutes=minutes), put_in + Decimal(profit)
        point = PnlPoint.objects.create(
            account=desk.account, at=at, equity=equity, realised_pnl=Decimal(profit), unrealised_pnl=0, open_groups=0
        )
        tiers = Books(desk.account, at).settings("").risk.drawdown_tiers_pct
        with transaction.atomic():
            drawdown.read(desk.account.pk, profit=point.profit, equity=equity, at=at, tiers_pct=tiers)


def closed_with(desk: Desk, *results: str) -> None:
    """Groups that closed one after the other."""
    one_leg(desk).buy(price="60010")
    group = PositionGroup.objects.get()
    for index, result in enumerate(results):
        group.pk, group.realised_pnl = None, result
        group.closed_at = timezone.now() + timedelta(seconds=index)
        group.save(force_insert=True)
    PositionGroup.objects.exclude(pk=group.pk).filter(closed_at=None).update(closed_at=timezone.now())


def test_orders_of_the_last_minute_count_with_the_plans_own(desk: Desk) -> None:
    desk.setting("order_rate_per_min", 6)
    assert outcome(desk)[0] == "ENTERED"
    code, reason = outcome(desk, symbol="ETHUSDT", price="3001")
    assert (code, "would send" in reason) == ("ORDER_RATE", True)
    Order.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert outcome(desk, symbol="ETHUSDT", price="3001")[0] == "ENTERED"


def test_a_days_loss_stops_entries(desk: Desk) -> None:
    readings(desk, (30, "0"), (1, "-499"))
    assert Books(desk.account, timezone.now()).record.day_loss_pct == Decimal("4.99")
    readings(desk, (0, "-500"))
    code, reason = outcome(desk)
    assert (code, "Entries resume tomorrow" in reason) == ("DAILY_LOSS", True)


def test_a_withdrawal_makes_no_fall_deeper_and_a_deposit_none_flatter(desk: Desk) -> None:
    readings(desk, (30, "0"), (20, "-600"))
    for minutes, put_in in ((10, 4000), (5, 40000)):  # 6 000 taken out, then 36 000 paid in
        readings(desk, (minutes, "-600"), put_in=put_in)
        past = Books(desk.account, timezone.now()).record
        assert (round(past.drawdown_pct, 9), round(past.day_loss_pct or 0, 9)) == (6, 6)


def test_what_was_lost_before_midnight_is_another_days(desk: Desk) -> None:
    readings(desk, (60 * 25, "0"), (60 * 24, "-700"), (0, "-700"))
    assert Books(desk.account, timezone.now()).record.day_loss_pct == 0


def test_losses_in_a_row_stop_entries_until_somebody_has_looked(desk: Desk) -> None:
    closed_with(desk, "5", "-1", "-1", "0", "-1")
    desk.setting("max_consecutive_losses", 4)
    assert Books(desk.account, timezone.now()).record.losing_streak == 3
    desk.setting("max_consecutive_losses", 3)
    assert outcome(desk)[0] == "CONSECUTIVE_LOSSES"
    readings(desk, (0, "0"))
    assert drawdown.reset(desk.account.pk, operator="mira", now=timezone.now() + timedelta(minutes=1))
    assert outcome(desk)[0] == "ENTERED"
    assert JournalEntry.objects.filter(kind="risk.reset", payload__operator="mira").count() == 1


def test_in_the_orange_tier_a_pyramid_is_half_as_large(desk: Desk) -> None:
    desk.setting("max_daily_loss_pct", 50)
    readings(desk, (30, "0"), (0, "-900"))
    code, reason = outcome(desk)
    assert (code, "sized by drawdown tier" in reason) == ("ENTERED", True)
    assert PositionGroup.objects.get().pyramids.get().capital == 50


def test_in_the_red_tier_entries_wait_for_the_cooldown(desk: Desk) -> None:
    desk.setting("max_daily_loss_pct", 50)
    readings(desk, (30, "0"), (5, "-1250"), (0, "-100"))  # it has come back meanwhile
    code, reason = outcome(desk)
    assert (code, "cooldown" in reason) == ("DRAWDOWN_TIER", True)
    RiskState.objects.update(deepest_at=timezone.now() - timedelta(hours=25))
    assert outcome(desk)[0] == "ENTERED"
    told = JournalEntry.objects.filter(kind="risk.drawdown").values_list("payload__to", flat=True)
    assert list(told)[:1] == ["RED"]


def test_a_live_accounts_first_day_has_a_cap(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.setting("live_start_cap_quote", 150)
    account = ExchangeAccount.objects.get()
    account.environment, account.first_armed_at = "live", timezone.now() - timedelta(hours=23)
    now = timezone.now()
    assert Books(account, now).record.first_day_cap_quote == 150
    assert Books(account, now + timedelta(hours=2)).record.first_day_cap_quote is None


def test_a_reset_before_any_reading_changes_nothing(desk: Desk) -> None:
    assert not drawdown.reset(desk.account.pk, operator="mira", now=timezone.now())


def test_what_is_paid_in_or_out_is_neither_loss_nor_gain(desk: Desk) -> None:
    readings(desk, (30, "0"), put_in=100)
    readings(desk, (20, "0"), (10, "-15"))  # 9 900 paid in, then 15 lost
    past = Books(desk.account, timezone.now()).record
    assert (past.drawdown_pct, past.drawdown_tier) == (Decimal("0.15"), DrawdownTier.GREEN)
    assert past.day_loss_pct == Decimal("0.15")
    readings(desk, (0, "-15"), put_in=215)  # all but 200 paid out: nothing was lost by that
    assert round(Books(desk.account, timezone.now()).record.drawdown_pct, 9) == Decimal("0.15")


def test_before_anything_is_paid_in_there_is_nothing_to_fall_from(desk: Desk) -> None:
    PnlPoint.objects.create(
        account=desk.account, at=timezone.now() - timedelta(days=1), equity=0, realised_pnl=0, unrealised_pnl=0,
        open_groups=0,
    )  # fmt: skip
    past = Books(desk.account, timezone.now()).record
    assert (past.day_loss_pct, past.drawdown_tier) == (0, DrawdownTier.GREEN)
