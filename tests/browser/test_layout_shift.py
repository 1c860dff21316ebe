"""Nothing on a live page moves under its reader's eyes: prices change where they stand."""

from decimal import Decimal
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db.models import F
from django.utils import timezone
from playwright.async_api import Page, Request, expect

from signals.models import Ticker
from tests.browser.conftest import OpenPage
from tests.browser.test_overview import all_fresh, happen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST = 0.02
# Of the view, by the browser's own measure: what moved times how far; 0.1 is what the web calls good.
UPDATES = 5
WATCH = """window.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries())).observe({ type: "layout-shift", buffered: true });"""
# An observer hears of a frame after it was painted: two frames later all is told.
TOLD = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));
  const name = ({ node }) => node?.nodeType === 1 ? node.outerHTML.slice(0, 160) : String(node?.nodeValue);
  return shifts.filter((one) => !one.hadRecentInput).map(({ value, sources }) => [value, sources.map(name)]);
}"""


async def watched(browser_page: OpenPage, width: int, path: str) -> Page:
    """A page that counts what shifts from its first paint on, after its first frame."""
    page = await browser_page(width)
    await database_sync_to_async(all_fresh)()
    await page.add_init_script(WATCH)
    await page.goto(page.url.rstrip("/") + path)
    await page.wait_for_selector("html[data-number]", state="attached")
    return page


def move(number: int) -> None:
    """Every price moves by a little, and something happens."""
    share = Decimal("1.0007") if number % 2 else Decimal("0.9991")
    Ticker.objects.update(last=F("last") * share, at=timezone.now())
    happen("test.happened", f"test:{number}")


def is_refresh(request: Request) -> bool:
    return "x-refresh" in request.headers


async def shifted(page: Page) -> list[Any]:
    """What moved too far, all in all; empty where it is little."""
    found = await page.evaluate(TOLD)
    return found if sum(value for value, _ in found) >= MOST else []


@pytest.mark.parametrize("width", [390, 1440])
async def test_the_overview_stands_still_while_prices_move(browser_page: OpenPage, width: int) -> None:
    page = await watched(browser_page, width, "/")
    for number in range(1, UPDATES + 1):
        await database_sync_to_async(move)(number)
        await expect(page.locator("html")).to_have_attribute("data-number", str(number))
    assert await shifted(page) == []


async def test_the_list_of_groups_stands_still_while_it_is_read_again(browser_page: OpenPage) -> None:
    page = await watched(browser_page, 1440, "/groups")
    for number in range(1, UPDATES - 1):
        async with page.expect_event("requestfinished", is_refresh):
            await database_sync_to_async(move)(number)
    assert await shifted(page) == []
