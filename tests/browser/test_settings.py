"""The page Settings in Chromium: a change from the field to the version and back; legs as rows; it fits phone and desk."""

import os
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from playwright.async_api import Page, expect

from signals.models import Ticker
from tests.browser.conftest import OpenPage
from tests.browser.server import WebProcess
from tests.browser.test_overview import BEYOND, overflow
from tests.dashboard import rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


async def opened(browser_page: OpenPage, width: int, scheme: str = "dark", *, url: str = "") -> Page:
    page = await browser_page(width, url=url)
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.goto(f"{page.url.split('?')[0].rstrip('/')}/settings")
    await expect(page.locator("#row-legs .rowset.three .one")).to_have_count(6)  # five legs and their heads
    return page


async def shot(page: Page, name: str) -> None:
    if os.environ.get("SHOTS"):
        await page.screenshot(path=f"{os.environ['SHOTS']}/{name}.png")


async def fits(page: Page) -> None:
    assert await overflow(page) == 0
    for panel in await page.locator("main .panel:visible").all():
        assert await panel.evaluate(BEYOND) == []


async def test_it_fits_a_desk(day: rows.Desk, browser_page: OpenPage) -> None:
    page = await opened(browser_page, 1440)
    await fits(page)
    await shot(page, "settings-1440-dark")


async def test_a_change_is_made_and_taken_back(day: rows.Desk, browser_page: OpenPage, own_web: WebProcess) -> None:
    later = day.now + timedelta(minutes=10)  # fresh, however slow this machine is
    await sync_to_async(Ticker.objects.update)(at=later)
    page = await opened(browser_page, 390, "light", url=own_web.url)  # one that remembers no market of another test
    await shot(page, "settings-390-light-folded")
    await page.locator(".jump a", has_text="Grid").click()
    await fits(page)
    await shot(page, "settings-390-light")
    await page.locator("#find").fill("max_leverage")
    await expect(page.locator("[data-row]:visible")).to_have_count(1)
    await page.locator("#v-max_leverage").fill("2")
    await page.locator("#find").fill("")
    await page.locator("#row-legs .one").nth(5).locator("button").click()  # the last leg goes
    await expect(page.locator("#row-legs .foot")).to_contain_text("together: 80")
    await page.locator("#row-legs .one").nth(4).locator("input").nth(1).fill("40")
    await expect(page.locator("#review-count")).to_have_text("2 changed, nothing written yet")
    await shot(page, "settings-390-light-legs")
    await page.locator("#review button").click()
    await expect(page.locator("#diff")).to_contain_text("protects more")
    await expect(page.locator("#plans")).to_contain_text("Before")
    await fits(page)
    await shot(page, "settings-390-light-preview")
    await page.locator("#reason").fill("a calmer week")
    await page.get_by_role("button", name="Change now").click()
    await expect(page.locator("#recent-rows")).to_contain_text("a calmer week")
    await expect(page.locator("#now-max_leverage")).to_contain_text("set for everybody")
    await page.get_by_role("link", name="Versions", exact=True).click()
    await fits(page)
    await shot(page, "settings-390-light-versions")
    await page.get_by_role("button", name="Undo…").click()
    await page.get_by_role("button", name="Change now").click()
    await expect(page.locator("#recent-rows li")).to_have_count(2)
    await expect(page.locator("#now-max_leverage")).to_contain_text("the default")
