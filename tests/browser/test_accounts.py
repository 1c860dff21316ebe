"""The pages of accounts in Chromium: a paper account from the form to a question about it, on a phone and on a desk."""

import os

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone
from playwright.async_api import expect

from project.accounts.models import Checkup, ExchangeAccount
from tests.browser import axe
from tests.browser.conftest import OpenPage
from tests.browser.test_overview import BEYOND, overflow
from tests.dashboard import rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "a value that no venue would make this long, with/slashes/and,commas " * 3


def examined(account: ExchangeAccount) -> None:
    """A pre-flight with a line of every level, each as long as they come."""
    line = {"asked": LONG, "value": LONG, "limit": LONG, "advice": LONG}
    lines = [line | {"name": f"line {level} " + "W" * 30, "level": level} for level in ("ok", "note", "bad", "unknown")]
    rows.checkup(account, now=timezone.now(), green=False, lines=lines)


def finished() -> None:
    """What the worker writes at the end."""
    Checkup.objects.filter(finished_at=None).update(finished_at=timezone.now(), started_at=timezone.now(), green=True)


def latest() -> ExchangeAccount:
    return ExchangeAccount.objects.latest("pk")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
async def test_it_fits_with_everything_on_it(day: rows.Desk, browser_page: OpenPage, width: int, scheme: str) -> None:
    await database_sync_to_async(examined)(day.account)
    page = await browser_page(width)
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    home = page.url.split("?")[0].rstrip("/")
    for address in ("/accounts", f"/accounts/{day.account.pk}", "/accounts/new"):
        await page.goto(home + address)
        assert await overflow(page) == 0
        await axe.bring(page)
        assert await axe.findings(page, rules=[]) == []
        if os.environ.get("SHOTS"):
            name = address.strip("/").replace("/", "-")
            await page.screenshot(path=f"{os.environ['SHOTS']}/{name}-{width}-{scheme}.png", full_page=True)
    await page.goto(f"{home}/accounts/{day.account.pk}")
    await expect(page.locator("#preflight")).to_contain_text("2 in the way")
    assert await page.locator("#preflight").evaluate(BEYOND) == []


async def test_a_paper_account_from_the_form_to_its_first_pre_flight(day: rows.Desk, browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    await page.goto(f"{page.url.split('?')[0].rstrip('/')}/accounts")
    await page.get_by_role("link", name="Add an account").click()
    await page.get_by_role("textbox", name="Name").fill("practice")
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("heading", name="practice")).to_be_visible()
    await expect(page.locator("#preflight")).to_contain_text("Waiting for a worker")
    made = await database_sync_to_async(latest)()
    assert (made.name, made.environment, made.armed) == ("practice", "paper", True)
    await database_sync_to_async(finished)()
    await expect(page.locator("#preflight")).to_contain_text("Green.")  # it came by itself
    await page.get_by_role("link", name="Switch off…").click()
    await page.get_by_label("Why?").fill("enough for today")
    await page.get_by_role("button", name="Switch off").click()
    await expect(page.locator("#arming")).to_contain_text("entries stay out")
    assert not (await database_sync_to_async(latest)()).armed
