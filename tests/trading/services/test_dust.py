"""Dust: merged into the pair's next position and sold with it, left alone by the setting, or written off by name."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from project.accounts.models import Balance
from project.journal.models import JournalEntry
from tests.support.factories import Desk
from tests.support.levers import chosen, one_leg
from tests.trading.services.levers import found
from trading import locks
from trading.models import DustMove, Order, PositionGroup
from trading.services import dust, exits, groups
from trading.services.invariants import CHECKS

SOLD = "0.00163"


@pytest.fixture
def dusty(desk: Desk) -> Desk:
    """A desk of which a closed group has left less than the venue takes as an order."""
    one_leg(desk).buy(price="59900")
    desk.price("BTCUSDT", "59800")
    desk.settle()
    group = PositionGroup.objects.get()
    target = Order.objects.get(purpose="TARGET")
    desk.gateway._client.cancel_order(target.venue_order_id, "BTC/USDT")  # type: ignore[attr-defined]
    desk.gateway._client.create_order("BTC/USDT", "market", "sell", SOLD)  # type: ignore[attr-defined]
    adopt_all(desk)
    group.refresh_from_db()
    assert (group.status, group.dust_qty > 0, group.dust_qty == group.qty) == ("DUST_CLOSED", True, True)
    return desk


def adopt_all(desk: Desk) -> None:
    from trading.services import adopt

    assert adopt.adopt(desk.account, operator="eve", gateway=desk.gateway, clock=timezone.now)
    desk.settle()
    desk.sweep()
    desk.refresh()


def again(desk: Desk) -> PositionGroup:
    """The pair's next position, filled, after a sweep."""
    desk.buy(price="59700")
    desk.price("BTCUSDT", "59600")
    desk.settle()
    desk.sweep()
    return PositionGroup.objects.latest("id")


def holds() -> list[str]:
    return [w for name in ("I1", "I6", "I8", "I12", "I13") for w in CHECKS[name](timezone.now()).violations]


def test_dust_goes_into_the_next_position_at_cost_and_is_sold_with_it(dusty: Desk) -> None:
    old = PositionGroup.objects.get()
    lost, realised = old.qty, old.realised_pnl
    new = again(dusty)
    old.refresh_from_db()
    assert (old.qty, old.status) == (0, "DUST_CLOSED")
    assert abs(old.realised_pnl - realised) < Decimal("1e-12")
    bought = sum(order.filled_qty for order in Order.objects.filter(group=new, purpose="ENTRY"))
    assert new.qty > bought - bought / 900 + lost - Decimal("1e-12")
    target = found("TARGET")[-1]
    assert (target.state, target.qty <= new.qty, new.qty - target.qty < new.instrument.lot_step) == ("OPEN", True, True)
    assert holds() == []
    dusty.price("BTCUSDT", "61000")
    dusty.settle()
    new.refresh_from_db()
    assert (new.status, new.close_reason) == ("CLOSED", "TARGETS_TAKEN")
    assert JournalEntry.objects.filter(kind="dust.merged").count() == 1
    assert holds() == []


def taken(desk: Desk) -> PositionGroup:
    """A position bought and sold at its target."""
    desk.price("BTCUSDT", "60000")
    desk.buy(price="59900")
    desk.price("BTCUSDT", "59800")
    desk.settle()
    desk.sweep()
    desk.price("BTCUSDT", "61000")
    desk.settle()
    desk.sweep()
    return PositionGroup.objects.latest("id")


def test_less_than_a_lot_lies_about_until_it_makes_one(desk: Desk) -> None:
    """The fee is taken of what was bought: nearly every spot group leaves such a rest, and they must not pile up."""
    one_leg(desk)
    ended = [taken(desk) for _ in range(5)]
    lot = ended[0].instrument.lot_step
    assert {group.status for group in ended} == {"CLOSED"}
    assert all(0 < group.dust_qty < lot for group in ended)
    left = [group.qty for group in PositionGroup.objects.all() if group.qty > 0]
    assert (DustMove.objects.exists(), 0 < sum(left) < lot) == (True, True)
    assert [group.qty for groups in dust.lying(desk.account.pk).values() for group in groups] == left[::-1]
    assert holds() == []


def test_dust_that_the_venue_holds_no_more_is_not_merged(dusty: Desk) -> None:
    """The person has converted it by hand."""
    PositionGroup.objects.update(qty=Decimal(5), dust_qty=Decimal(5))
    again(dusty)
    assert not DustMove.objects.exists()


def test_what_a_closing_group_still_holds_is_no_dust(dusty: Desk) -> None:
    """The person has converted the dust; two positions hold all that the venue has, and one of them is on its way out."""
    crumb = PositionGroup.objects.get().qty
    chosen(dusty, per_symbol_pct=50)
    for interval in ("60", "240"):
        dusty.alert(symbol="BTCUSDT", action="buy", price="59700", interval=interval)
        dusty.decide()
    dusty.price("BTCUSDT", "59600")
    dusty.settle()
    dusty.refresh()
    Balance.objects.filter(account=dusty.account, currency="BTC").update(total=F("total") - crumb)
    assert dust.merge(dusty.account.pk, now=timezone.now()) == 0
    leaving = PositionGroup.objects.latest("id")
    with transaction.atomic():
        locks.account(dusty.account.pk)
        exits.close(locks.group(leaving.pk), reason="STOP_FIXED", now=timezone.now())
    leaving.refresh_from_db()
    assert (leaving.status, leaving.qty > 0) == ("CLOSING", True)
    assert dust.merge(dusty.account.pk, now=timezone.now()) == 0
    Balance.objects.filter(account=dusty.account, currency="BTC").update(total=F("total") + crumb)
    assert dust.merge(dusty.account.pk, now=timezone.now()) == 1  # it is there after all


def test_dust_is_left_alone_where_the_setting_says_so(dusty: Desk) -> None:
    dusty.setting("dust", "LEAVE")
    again(dusty)
    assert not DustMove.objects.exists()


def test_a_person_writes_dust_off_and_puts_it_back(dusty: Desk) -> None:
    old = PositionGroup.objects.get()
    dust.write_off(old.pk, operator="eve", reason="converted to BNB", now=timezone.now())
    with pytest.raises(dust.NoDust):
        dust.write_off(old.pk, operator="eve", reason="converted to BNB", now=timezone.now())
    assert dust.lying(dusty.account.pk) == {}
    again(dusty)
    assert DustMove.objects.exclude(to_group=None).count() == 0
    assert holds() == []
    dust.put_back(old.pk, operator="eve", now=timezone.now())
    with pytest.raises(dust.NotWrittenOff):
        dust.put_back(old.pk, operator="eve", now=timezone.now())
    dusty.sweep()
    assert DustMove.objects.filter(undone_at=None).exclude(to_group=None).count() == 1
    assert holds() == []


def test_dust_that_became_worth_an_order_is_not_sold_once_it_is_written_off(dusty: Desk) -> None:
    old = PositionGroup.objects.get()
    dusty.price("BTCUSDT", "300000")
    dust.write_off(old.pk, operator="eve", reason="it is mine now", now=timezone.now())
    reviewed(dusty, old)
    assert found("EXIT") == []
    dust.put_back(old.pk, operator="eve", now=timezone.now())
    (sale,) = found("EXIT")
    assert (sale.state, old.qty - sale.qty < old.instrument.lot_step) == ("NEW", True)


@pytest.mark.parametrize("sent", [False, True])
def test_dust_that_an_order_may_be_selling_is_not_merged(dusty: Desk, sent: bool) -> None:
    """Its sale is decided, or done at the venue and not told yet: merged as well, it would be sold twice."""
    old = PositionGroup.objects.get()
    dust.write_off(old.pk, operator="eve", reason="later", now=timezone.now())
    dusty.price("BTCUSDT", "300000")
    dusty.buy(price="299000")
    dusty.price("BTCUSDT", "298500")
    dusty.settle()
    dust.put_back(old.pk, operator="eve", now=timezone.now())
    (lambda: None, dusty.submit)[sent]()
    assert dust.lying(dusty.account.pk) == {}
    with pytest.raises(dust.NoDust):
        dust.write_off(old.pk, operator="eve", reason="too late", now=timezone.now())
    dusty.sweep()
    dusty.sweep()
    old.refresh_from_db()
    left = sum(move.qty for move in DustMove.objects.filter(undone_at=None))  # what no lot could carry
    assert (max(left, old.qty) < old.instrument.lot_step, holds()) == (True, [])


def reviewed(desk: Desk, group: PositionGroup) -> None:
    with transaction.atomic():
        locks.account(desk.account.pk)
        groups.review(group.pk, now=timezone.now())
