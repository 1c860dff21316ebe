"""The page "Offset" in Chromium: it fits on a phone and on a desk with everything on it, and asks in a dialog."""

from datetime import timedelta
from decimal import Decimal

import pytest
from channels.db import database_sync_to_async
from playwright.async_api import expect

from signals.models import Ticker
from tests.browser.conftest import OpenPage
from tests.browser.test_overview import BEYOND, overflow
from tests.dashboard import rows
from trading.models import OffsetBook, OffsetRun, PositionGroup

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = (
    "The loss would be 12.40 quote beyond what winners paid, 3.10 quote were agreed. What the winners earned is kept."
)
FIGURES = {"loss": "6.20", "cover": "6.31", "uncovered": 0, "bound": "1.04"}


def arranged(day: rows.Desk) -> None:
    """BTC loses 7 % and ETH has gained: a plan; an offset under way, and two that ended."""
    btc, eth, sol = (PositionGroup.objects.get(instrument__base=b, closed_at=None) for b in ("BTC", "ETH", "SOL"))
    btc.cost *= Decimal("1.07")
    eth.cost *= Decimal("0.8")
    for row in (btc, eth):
        row.save()
    for ticker in Ticker.objects.all():
        levels = [[str(ticker.last), "1000"]]
        OffsetBook.objects.create(instrument_id=ticker.instrument_id, bids=levels, asks=levels, at=ticker.at)
    live = OffsetRun.objects.create(account=day.account, group=sol, state="SELLING", started_at=day.now, **FIGURES)
    live.code, live.words = "LOSS_GREW", LONG
    live.save()
    part = {"qty": "0.0031", "expected": "6.31", "worst_price": "2634.12", "bound": "0.52"}
    live.steps.create(kind="LOSER", group=sol, **part)
    for minutes, state, code in ((9, "DONE", "OFFSET"), (40, "BROKEN_OFF", "LOSER_CLOSED_ELSEWHERE")):
        at = day.now - timedelta(minutes=minutes)
        came = {"winners_realised": "6.29", "loser_realised": "-6.21", "words": LONG, "operator": "mira-the-trader"}
        run = OffsetRun.objects.create(
            account=day.account, group=sol, state=state, code=code, started_at=at, ended_at=at, **came, **FIGURES
        )
        run.steps.create(
            kind="WINNER", group=eth, state="DONE", ended_at=at, sold_qty="0.0031", realised="6.29", **part
        )


@pytest.mark.parametrize("width", [390, 1440])
async def test_it_fits_with_everything_on_it(day: rows.Desk, browser_page: OpenPage, width: int) -> None:
    await database_sync_to_async(arranged)(day)
    page = await browser_page(width)
    await page.goto(f"{page.url.split('?')[0].rstrip('/')}/offset")
    await expect(page.locator("#losers")).to_contain_text("BTC/USDT")
    await expect(page.locator("#runs")).to_contain_text("broken off")
    assert await overflow(page) == 0
    for panel in ("#live", "#losers", "#runs"):
        assert await page.locator(panel).evaluate(BEYOND) == []
    await page.locator("a[data-ask]:visible", has_text="Skip once…").first.click()
    await expect(page.locator("dialog#ask")).to_contain_text("as long as its timer runs")
