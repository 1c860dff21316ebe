"""The page Books: bare holdings, executions that differ, dust and stopped markets, each with its words and its undo."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from project.accounts.models import User
from signals.models import Instrument, Ticker
from tests.dashboard import rows
from trading.domain.reconcile import Difference
from trading.models import BareHolding, Disagreement, Fill, PositionGroup
from trading.services import audit

NOW = timezone.now
NUMBERS = {"price": "59910", "qty": "0.001", "cost": "59.91", "fee": "0", "realised": "0", "fee_currency": "BTC"}


@pytest.fixture
def bare(day: rows.Desk) -> BareHolding:
    """An open group of the day, without an exit for a minute."""
    group = PositionGroup.objects.filter(closed_at=None, qty__gt=0).first()
    since = NOW() - timedelta(minutes=1)
    facts = {"qty": Decimal("0.001"), "cover": "STOP_ONLY", "code": "REFUSED", "words": "-1013. Close it."}
    return BareHolding.objects.create(account=day.account, group=group, since=since, told_at=NOW(), **facts)


@pytest.fixture
def differing(day: rows.Desk) -> Disagreement:
    """An execution with another price at the venue."""
    fill = Fill.objects.select_related("order", "instrument").first()
    ours = audit.told(fill)
    return Disagreement.objects.create(
        account=day.account,
        instrument=fill.instrument,
        order=fill.order,
        kind=Difference.FILL_CHANGED,
        venue_order_id=fill.venue_order_id,
        venue_trade_id=fill.venue_trade_id,
        ours=ours,
        theirs={**ours, **NUMBERS, "side": ours["side"]},
        seen_at=NOW(),
    )


def page(browser: Client, address: str = "/books") -> str:
    return browser.get(address).content.decode()


def post(browser: Client, address: str, **fields: str) -> str:
    return browser.post(address, fields, follow=True).content.decode()


def test_nothing_wrong_is_said_openly(day: rows.Desk, trader: Client) -> None:
    found = page(trader)
    assert "Everything that is held has an exit" in found
    assert "Every execution is the same here and at the venue" in found


@pytest.mark.parametrize("address", ["/", "/books"])
def test_a_bare_holding_is_told_with_its_buttons(bare: BareHolding, trader: Client, address: str) -> None:
    found = page(trader, address)
    assert "with a stop alone" in found
    assert f"/books/exits/{bare.group_id}/waive" in found
    assert f"/groups/{bare.group_id}/close" in found


def test_it_is_waived_with_a_reason_and_taken_back(bare: BareHolding, trader: Client) -> None:
    address = f"/books/exits/{bare.group_id}"
    assert "3 to 200 characters are needed" in post(trader, f"{address}/waive", reason="")
    assert "waived" in post(trader, f"{address}/waive", reason="hedged elsewhere")
    assert "Waived by mira: hedged elsewhere" in page(trader)
    assert "taken back" in post(trader, f"{address}/take-back")
    bare.refresh_from_db()
    assert (bare.waived_by, bare.cover) == ("", "NAKED")
    BareHolding.objects.update(ended_at=NOW())
    assert "nothing to waive" in post(trader, f"{address}/waive", reason="hedged elsewhere")


def test_both_sides_numbers_are_shown_taken_and_put_back(differing: Disagreement, trader: Client) -> None:
    found = page(trader)
    assert "There: " in found
    assert "59,910" in found
    fill = Fill.objects.get(order=differing.order, venue_trade_id=differing.venue_trade_id)
    address = f"/books/differences/{differing.pk}"
    assert "is settled" in post(trader, f"{address}/theirs", reason="the venue is right")
    before, fill = fill.price, Fill.objects.get(pk=fill.pk)
    assert fill.price == 59910
    assert "Settled lately" in page(trader)
    assert "is as it was" in post(trader, f"{address}/undo")
    fill.refresh_from_db()
    assert fill.price == before
    assert trader.get(f"{address}/neither").status_code == 404


def test_dust_is_written_off_and_put_back(day: rows.Desk, trader: Client) -> None:
    group = PositionGroup.objects.exclude(closed_at=None).first()
    changes = {"status": "DUST_CLOSED", "dust_qty": "0.00001", "qty": "0.00001", "average_entry": "60000"}
    PositionGroup.objects.filter(pk=group.pk).update(**changes)
    assert "too little to sell" in page(trader)
    assert "are written off" in post(trader, f"/books/dust/{group.pk}/write-off", reason="converted")
    assert "Written off by mira: converted" in page(trader)
    assert "on the books again" in post(trader, f"/books/dust/{group.pk}/put-back")


def test_dust_of_many_groups_is_summed_with_what_it_is_worth(day: rows.Desk, trader: Client) -> None:
    first = PositionGroup.objects.exclude(closed_at=None).first()
    assert first is not None
    ended = {"status": "CLOSED", "dust_qty": "0.000009", "qty": "0.000009", "average_entry": "60000"}
    for number in range(12):
        first.pk, first.timeframe_secs = None, 1000 + number
        first.save(force_insert=True)
    same = PositionGroup.objects.filter(instrument=first.instrument, side=first.side).exclude(closed_at=None)
    same.update(**ended)
    Ticker.objects.filter(instrument=first.instrument).update(last="60000")
    count, text = same.count(), page(trader)
    left = count * Decimal("0.000009")
    assert f"{left} BTC left by {count} groups, worth {left * 60000:.2f} USDT." in text
    assert text.count("too little to sell") == 10
    assert "The last 10 of them stand below." in text


def test_a_stopped_market_is_shown_where_something_is_open(day: rows.Desk, trader: Client) -> None:
    group = PositionGroup.objects.filter(closed_at=None).first()
    Instrument.objects.filter(pk=group.instrument_id).update(active=False, status="BREAK", stopped_at=NOW())
    assert "stands still on the paper exchange" in page(trader)


def test_a_viewer_looks_and_does_not_act(bare: BareHolding, client: Client) -> None:
    client.force_login(User.objects.create_user("vera", password="correct horse battery"))
    assert client.get("/books").status_code == 200
    assert client.post(f"/books/exits/{bare.group_id}/waive", {"reason": "why not"}).status_code in (403, 404)
