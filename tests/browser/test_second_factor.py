"""The log-in in a real browser: an authenticator app by its key, then a passkey on a virtual authenticator, under our policy."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.chromium import PATIENCE_MS
from tests.browser.server import WebProcess
from tests.dashboard import people, rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
    "automaticPresenceSimulation": True,
}  # fmt: skip


async def log_out(page: Page) -> None:
    await page.context.clear_cookies()


async def give_password(page: Page, url: str) -> None:
    await page.goto(f"{url}/login")
    await page.get_by_label("User name").fill("root")
    await page.get_by_label("Password").fill(rows.PASSWORD)
    await page.get_by_role("button", name="Log in", exact=True).click()


async def test_an_app_and_a_passkey(browser: Browser, web: WebProcess, day: rows.Desk) -> None:
    url = web.url.replace("127.0.0.1", "localhost")  # a passkey belongs to a name, never to a number
    context = await browser.new_context(reduced_motion="reduce")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.extend([message.text] * (message.type == "error")))

    await give_password(page, url)
    await page.wait_for_url(f"{url}/")
    await page.goto(f"{url}/profile/app/add")
    key = await page.locator("#secret").input_value()
    assert await page.locator("img.qr").evaluate("image => image.naturalWidth > 0")  # the policy lets it be drawn
    await page.get_by_label("The code that the app shows now").fill(people.code(key, step=-1))
    await page.get_by_role("button", name="Set it up").click()
    await expect(page.locator(".codes")).to_contain_text("\n")

    await log_out(page)
    await give_password(page, url)
    await page.get_by_label("Code of your authenticator app").fill(people.code(key))
    await page.get_by_role("button", name="Log in", exact=True).click()
    await page.wait_for_url(f"{url}/")

    cdp = await context.new_cdp_session(page)
    await cdp.send("WebAuthn.enable")
    await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    await page.goto(f"{url}/profile/passkeys/add")
    await page.get_by_label("What do you call it?").fill("laptop")
    await page.get_by_label("Log in with it alone").check()
    await page.get_by_role("button", name="Add it").click()
    await expect(page.get_by_role("row", name="laptop")).to_contain_text("logs in alone")

    await log_out(page)
    await page.goto(f"{url}/login")
    await page.get_by_role("button", name="Log in with a passkey").click()
    await page.wait_for_url(f"{url}/")
    assert [text for text in complaints if "WebSocket" not in text] == []
