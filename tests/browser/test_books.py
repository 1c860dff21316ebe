"""The page "Books" in Chromium: it fits on a phone and on a desk with everything on it, and asks in a dialog."""

from datetime import timedelta
from decimal import Decimal

import pytest
from channels.db import database_sync_to_async
from playwright.async_api import expect

from signals.models import Instrument
from tests.browser.conftest import OpenPage
from tests.browser.test_overview import BEYOND, overflow
from tests.dashboard import rows
from trading.models import BareHolding, Disagreement, Fill, PositionGroup
from trading.services import audit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def arranged(day: rows.Desk) -> None:
    """A bare holding, an execution that differs, one that was settled, dust, and a market that stands still."""
    open_one, closed = (
        PositionGroup.objects.filter(closed_at=None, qty__gt=0)[0],
        PositionGroup.objects.exclude(closed_at=None)[0],
    )
    told = day.now - timedelta(minutes=3)
    BareHolding.objects.create(
        account=day.account,
        group=open_one,
        qty=Decimal("0.00332"),
        cover="STOP_ONLY",
        code="REFUSED",
        words="-1013 Filter failure: PERCENT_PRICE_BY_SIDE. The venue refuses the exit; it is tried again, less and less often.",
        since=told,
        told_at=told,
    )
    PositionGroup.objects.filter(pk=closed.pk).update(
        status="DUST_CLOSED", dust_qty="0.00003", qty="0.00003", average_entry=1
    )
    for fill, ended in zip(Fill.objects.select_related("order")[:2], (None, told), strict=False):
        ours = audit.told(fill)
        Disagreement.objects.create(
            account=day.account,
            instrument_id=fill.instrument_id,
            order=fill.order,
            kind="FILL_PHANTOM" if ended is None else "FILL_CHANGED",
            venue_order_id=fill.venue_order_id,
            venue_trade_id=fill.venue_trade_id,
            ours=ours,
            theirs={} if ended is None else {**ours, "price": "60111.5"},
            seen_at=told,
            settled_at=ended,
            settled_as="THEIRS" if ended else "",
            settled_by="mira" if ended else "",
            reason="as its trade history says" if ended else "",
        )
    Instrument.objects.filter(pk=open_one.instrument_id).update(active=False, status="BREAK", stopped_at=told)


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1440, "light")])
async def test_the_page_fits_and_asks_before_it_acts(
    browser_page: OpenPage, day: rows.Desk, width: int, theme: str
) -> None:
    await database_sync_to_async(arranged)(day)
    page = await browser_page(width, theme=theme)
    await page.goto(page.url.split("?")[0] + "books")
    await expect(page.locator("#bare li")).to_have_count(1)
    assert await page.locator("main").evaluate(BEYOND) == []
    assert await overflow(page) == 0
    await page.get_by_text("It needs none…").click()
    await expect(page.locator("dialog#ask")).to_contain_text("stay without an exit of ours")
