"""The API's pages in a browser: the schema is drawn, an operation answers, a token is made; nothing is amiss in the console."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.server import WebProcess

pytestmark = pytest.mark.browser


async def test_an_operation_is_tried_out_with_the_session(browser_page: OpenPage, web: WebProcess) -> None:
    page = await browser_page(1440)
    await page.goto(f"{web.url}/api")
    await page.locator("#operations-tag-me").click()
    await page.locator("#operations-me-me_get").click()
    await page.get_by_role("button", name="Try it out").click()
    await page.get_by_role("button", name="Execute").click()
    await expect(page.locator(".live-responses-table")).to_contain_text("username")


async def test_a_token_is_made_and_shown(browser_page: OpenPage, web: WebProcess) -> None:
    page = await browser_page(390)
    await page.goto(f"{web.url}/api/tokens")
    await page.get_by_label("What is it for?").fill("my bot")
    await page.get_by_role("button", name="Make the token").click()
    await expect(page.get_by_text("shown this once")).to_be_visible()
    await expect(page.locator("code", has_text="wlt_").first).to_be_visible()
