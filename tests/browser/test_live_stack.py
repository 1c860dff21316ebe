"""A person watches: on the real stack a group opens and closes on the page, without a reload."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page

from tests.e2e.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

PATIENCE_MS = 20_000


@pytest.fixture(scope="module")
def stack(chromium: str) -> Iterator[Stack]:
    """A stack of its own, without the demo's alerts."""
    made = Stack.fresh()
    try:
        made.start()
        made.until_reconciled()
        yield made
    finally:
        made.end()
        shutil.rmtree(made.home.parent, ignore_errors=True)


async def logged_in(browser: Browser, stack: Stack) -> Page:
    """The overview, as the first login sees it."""
    login = (stack.home / "first-login").read_text().split()
    page = await (await browser.new_context(viewport={"width": 1440, "height": 1000})).new_page()
    await page.goto(f"http://127.0.0.1:{stack.ports['WINDLASS_WEB_PORT']}/")
    await page.fill("input[name=username]", login[1])
    await page.fill("input[name=password]", login[3])
    await page.click("button[type=submit]")
    return page


async def test_a_group_opens_and_closes_before_ones_eyes(browser: Browser, stack: Stack) -> None:
    page = await logged_in(browser, stack)
    await page.wait_for_selector("#groups")
    assert await page.locator("tbody.group").count() == 0
    stack.post({"id": "open", "symbol": "BTCUSDT", "action": "buy", "interval": "60", "order_type": "market"})
    await page.wait_for_selector("tbody.group:has-text('BTC/USDT')", timeout=PATIENCE_MS)
    stack.post({"id": "close", "symbol": "BTCUSDT", "action": "exit"})
    await page.wait_for_selector("#closed tr[data-key^='closed-']:has-text('BTC/USDT')", timeout=PATIENCE_MS)
    assert await page.locator("tbody.group").count() == 0
