"""Profit over time: a point a minute, one at each close, and no jump when money is put in."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from tests.support.factories import Desk, make_desk
from tests.support.levers import one_leg
from tests.support.paper import PaperExchange
from trading import tasks
from trading.models import PnlPoint, PositionGroup
from trading.services import pnl


def test_a_minute_has_one_point(desk: Desk) -> None:
    now = timezone.now()
    assert pnl.note_minute(desk.account, now=now)
    assert not pnl.note_minute(desk.account, now=now + timedelta(seconds=30))
    assert pnl.note_minute(desk.account, now=now + timedelta(seconds=58))
    assert [point.realised_pnl for point in PnlPoint.objects.all()] == [0, 0]


def test_a_point_counts_what_is_open_at_the_last_price(desk: Desk) -> None:
    one_leg(desk).buy(price="60100", size="600 USDT")
    desk.price("BTCUSDT", "60300")
    tasks.note_pnl(desk.account.pk)
    point, group = PnlPoint.objects.get(), PositionGroup.objects.get()
    assert point.unrealised_pnl == group.qty * Decimal(60300) - group.cost
    assert (point.open_groups, point.realised_pnl) == (1, group.realised_pnl)
    assert point.equity is not None


def test_the_close_of_a_group_is_a_point_of_its_own(desk: Desk) -> None:
    one_leg(desk).buy(price="60100", size="600 USDT")
    desk.price("BTCUSDT", "61500")
    desk.settle()
    group = PositionGroup.objects.get()
    point = PnlPoint.objects.get()
    assert (point.group, point.realised_pnl, point.unrealised_pnl) == (group, group.realised_pnl, 0)
    assert group.realised_pnl > 0


def test_a_deposit_moves_equity_and_not_the_curve(desk: Desk) -> None:
    pnl.note_minute(desk.account, now=timezone.now())
    desk.paper.deposit({"USDT": "5000"}, account=desk.key)
    desk.refresh()
    pnl.note_minute(desk.account, now=timezone.now() + timedelta(minutes=1))
    after, before = PnlPoint.objects.all()
    assert (after.realised_pnl, after.unrealised_pnl) == (before.realised_pnl, before.unrealised_pnl)
    assert after.equity - before.equity == 5000


def test_a_futures_account_is_worth_its_wallet_and_what_is_open(
    transactional_db: None, paper_process: PaperExchange
) -> None:
    """The wallet alone stands still while a position falls: nothing would see the drawdown."""
    desk = one_leg(make_desk(paper_process, venue="binanceusdm"))
    desk.buy(price="60100", size="600 USDT")
    wallet = Decimal(10000)
    for price in ("60000", "59400"):
        desk.price("BTCUSDT", price)
        PnlPoint.objects.all().delete()
        assert pnl.note_minute(desk.account, now=timezone.now())
        point, group = PnlPoint.objects.get(), PositionGroup.objects.get()
        assert point.unrealised_pnl == group.qty * Decimal(price) - group.cost
        assert point.equity == wallet + group.realised_pnl + point.unrealised_pnl
