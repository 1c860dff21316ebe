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


def many() -> None:
    """More lines in the journal than a screen holds."""
    for number in range(40):
        happen("test.happened", f"before:{number}")


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


AGES = ("< 1 s", "9 s", "59 s")
WRITTEN = """(text) => {
  for (const time of document.querySelectorAll(".pulse time")) time.textContent = text;
  return [...document.querySelectorAll(".bar, .pulse")].map((one) => { const { x, y, height } = one.getBoundingClientRect(); return [x, y, height]; });
}"""


@pytest.mark.parametrize("width", [390, 1440])
async def test_the_bar_stands_still_at_any_age(browser_page: OpenPage, width: int) -> None:
    page = await watched(browser_page, width, "/")
    first, *others = [await page.evaluate(WRITTEN, text) for text in AGES]
    assert others == [first, first]


LATE = """() => {
  const bar = document.querySelector(".bar");
  const before = bar.offsetHeight;
  document.querySelector(".pulse").classList.add("late");
  document.querySelector(".pulse [data-by]").textContent = " · late by 12 min";
  return [before, bar.offsetHeight];
}"""


@pytest.mark.parametrize("width", [390, 1440])
async def test_the_bar_is_as_high_when_something_is_late(browser_page: OpenPage, width: int) -> None:
    page = await watched(browser_page, width, "/")
    before, after = await page.evaluate(LATE)
    assert after == before


async def test_lines_that_are_read_stay_where_they_are(browser_page: OpenPage) -> None:
    await database_sync_to_async(many)()
    page = await watched(browser_page, 1440, "/logs")
    await page.evaluate("window.scrollTo(0, 600)")
    line = page.locator("#log-lines li").nth(15)
    before = await line.inner_text(), await line.bounding_box()
    for number in range(2):
        async with page.expect_event("requestfinished", is_refresh):
            await database_sync_to_async(happen)("test.happened", f"later:{number}")
    assert (await line.inner_text(), await line.bounding_box()) == before
    await page.evaluate("window.scrollTo(0, 0)")
    await expect(page.locator("#log-lines li").first).to_contain_text("later:1")


async def test_the_menu_shows_the_page_that_is_looked_at(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    await page.set_viewport_size({"width": 1440, "height": 480})
    await page.goto(page.url.rstrip("/") + "/api/tokens")
    await expect(page.locator("nav.side [aria-current]")).to_be_in_viewport(ratio=1)


async def test_the_chart_arrives_where_its_room_is(browser_page: OpenPage) -> None:
    page = await watched(browser_page, 1440, "/chart")
    await expect(page.locator("[data-tools]")).not_to_have_attribute("inert", "")
    assert await shifted(page) == []


async def test_the_list_of_groups_stands_still_while_it_is_read_again(browser_page: OpenPage) -> None:
    page = await watched(browser_page, 1440, "/groups")
    for number in range(1, UPDATES - 1):
        async with page.expect_event("requestfinished", is_refresh):
            await database_sync_to_async(move)(number)
    assert await shifted(page) == []
