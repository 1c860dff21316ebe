"""Open groups are read again when a row of them has changed, and only then."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard import open_groups
from dashboard.group_rows import GroupRow
from signals.models import Instrument
from tests.dashboard import rows
from trading.models import Fill, FundingPayment, Leg, Order, PositionGroup, Pyramid

PRICES = {"BTC/USDT": Decimal(60_000), "ETH/USDT": Decimal(2_600), "SOL/USDT": Decimal(150)}


def looked(day: rows.Desk, prices: dict[str, Decimal] = PRICES) -> tuple[tuple[GroupRow, ...], int]:
    """The rows, and how many questions they cost."""
    by_id = {row.pk: prices[row.symbol] for row in Instrument.objects.filter(symbol__in=prices)}
    with CaptureQueriesContext(connection) as asked:
        found = open_groups.rows(day.account, by_id)
    return found, len(asked)


def test_what_did_not_change_is_asked_for_once(day: rows.Desk) -> None:
    first, asked = looked(day)
    assert asked == 2
    assert looked(day) == (first, 1)
    assert len(first) == PositionGroup.objects.filter(closed_at=None).count() == 3


def test_a_price_moves_what_hangs_on_it_and_asks_nothing_more(day: rows.Desk) -> None:
    first, _ = looked(day)
    dearer, asked = looked(day, {symbol: price * 2 for symbol, price in PRICES.items()})
    assert asked == 1
    assert [row.market.last for row in dearer] == [row.market.last * 2 for row in first if row.market.last]
    assert all(new.unrealised > old.unrealised for new, old in zip(dearer, first, strict=True) if old.qty)
    assert [row.legs for row in dearer] == [row.legs for row in first]


def _funded(group: PositionGroup, now: datetime) -> None:
    paid = {"account_id": group.account_id, "instrument": group.instrument, "amount": Decimal("-0.5"), "at": now}
    FundingPayment.objects.create(group=group, venue_id="1", **paid)


def _booked(group: PositionGroup, now: datetime) -> None:
    fill = Fill.objects.filter(order__group=group).first()
    assert fill is not None
    fill.pk, fill.venue_trade_id, fill.at = None, "another", now
    fill.save()


def _ordered(group: PositionGroup, now: datetime) -> None:
    order = Order.objects.filter(group=group).first()
    assert order is not None
    order.pk, order.intent_key, order.client_order_id, order.created_at = None, "another", "another", now
    order.save()


def _legged(group: PositionGroup, now: datetime) -> None:
    leg = Leg.objects.filter(pyramid__group=group).first()
    assert leg is not None
    leg.pk, leg.index = None, 40
    leg.save()


CHANGES: dict[str, Callable[[PositionGroup, datetime], object]] = {
    "group": lambda group, _: PositionGroup.objects.filter(pk=group.pk).update(blocked=True),
    "market": lambda group, _: Instrument.objects.filter(pk=group.instrument_id).update(tick_size=Decimal("0.5")),
    "pyramid": lambda group, _: Pyramid.objects.filter(group=group).update(index=4),
    "leg": lambda group, _: Leg.objects.filter(pyramid__group=group).update(price=Decimal(7)),
    "one leg more": _legged,
    "order": lambda group, _: Order.objects.filter(group=group).update(state="UNKNOWN"),
    "one order more": _ordered,
    "fill": lambda group, _: Fill.objects.filter(order__group=group).update(fee=Decimal(9)),
    "one fill more": _booked,
    "funding": _funded,
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_changes_shows_at_once_and_costs_one_question(day: rows.Desk, now: datetime, name: str) -> None:
    group = PositionGroup.objects.filter(closed_at=None).order_by("id").first()
    assert group is not None
    before, _ = looked(day)
    for _ in range(2):  # twice in one transaction: the same transaction wrote both
        CHANGES[name](group, now)
        after, asked = looked(day)
        open_groups.forget()
        assert looked(day)[0] == after
        if name in ("one leg more", "one order more", "one fill more", "funding"):
            break
    assert asked == 2
    assert [row.id for row, old in zip(after, before, strict=True) if row != old] == [group.pk]


def test_a_group_that_has_closed_is_gone(day: rows.Desk, now: datetime) -> None:
    first, _ = looked(day)
    PositionGroup.objects.filter(pk=first[0].id).update(closed_at=now, status="CLOSED")
    assert looked(day) == (first[1:], 1)


def test_more_than_are_kept_are_read_all_the_same(day: rows.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = looked(day)
    monkeypatch.setattr(open_groups, "KEPT", 1)
    open_groups.forget()
    assert [looked(day)[0] for _ in range(2)] == [first, first]
