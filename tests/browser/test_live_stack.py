"""A person watches: on the real stack a group opens and closes on the page, without a reload."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.stack import Stack, running

pytestmark = [pytest.mark.browser, pytest.mark.stack]

PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def stack(chromium: str) -> Iterator[Stack]:
    """A stack of its own, without the demo's alerts."""
    with running() as made:
        yield made


async def logged_in(browser: Browser, stack: Stack) -> Page:
    """The overview, as the first login sees it."""
    login = (stack.home / "first-login").read_text().split()
    page = await (await browser.new_context(viewport={"width": 1440, "height": 1000})).new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(f"http://127.0.0.1:{stack.ports['WINDLASS_WEB_PORT']}/")
    await page.fill("input[name=username]", login[1])
    await page.fill("input[name=password]", login[3])
    await page.click("button[type=submit]")
    return page


async def test_a_group_opens_and_closes_before_ones_eyes(browser: Browser, stack: Stack) -> None:
    page = await logged_in(browser, stack)
    await page.wait_for_selector("#groups")
    await expect(page.locator("tbody.group")).to_have_count(0)
    stack.post({"id": "open", "symbol": "BTCUSDT", "action": "buy", "interval": "60", "order_type": "market"})
    await page.wait_for_selector("tbody.group:has-text('BTC/USDT')")
    stack.post({"id": "close", "symbol": "BTCUSDT", "action": "exit"})
    await page.wait_for_selector("#closed tr[data-key^='closed-']:has-text('BTC/USDT')")
    await expect(page.locator("tbody.group")).to_have_count(0)
