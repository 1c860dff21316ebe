"""Ticket, Signals and "Why isn't it trading?" in Chromium: an order is looked at, sent and followed; a refusal is understood."""

import os

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone
from playwright.async_api import Page, expect

from project.accounts.models import ExchangeAccount
from signals.market import instruments
from signals.models import Ticker
from tests.browser.conftest import OpenPage
from tests.browser.test_overview import BEYOND, all_fresh, happen, overflow
from tests.browser.test_screens import at
from tests.dashboard import rows
from tests.dashboard.test_risk_page import weather
from trading.errors import NotReached
from trading.gateways.base import Gateway
from trading.models import SettingOverride
from trading.services import decide

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TRIES = 60
LOOSE = {"per_symbol_pct": "50", "per_sector_pct": "100", "per_strategy_pct": "100", "stale_price_secs": "300"}


def arranged(day: rows.Desk) -> None:
    """An account on which an entry passes, with prices that hold as long as the test takes."""
    weather(day.now)
    ExchangeAccount.objects.update(reconciled_at=day.now, clock_offset_ms=3)
    all_fresh()
    Ticker.objects.update(at=timezone.now())  # the gate takes no price from the future
    for name, value in LOOSE.items():
        SettingOverride.objects.get_or_create(name=name, defaults={"value": value})


def out_of_reach() -> Gateway:
    raise NotReached(venue="binance", error="Refused", detail="nobody is there")


def decided(day: rows.Desk) -> None:
    """As a worker would, by the prices there are; what another test knew of the markets is forgotten."""
    instruments.forget()
    decide.process_inbox(day.account.pk, gateway=out_of_reach, clock=timezone.now)


async def markets_known(page: Page) -> Page:
    """The web process keeps the list of markets for 10 s, and another test's were other rows: ask until it knows these."""
    for _ in range(TRIES):
        await at(page, "/signals/why?symbol=XRPUSDT")
        if "5 legs" in await page.locator("#check-rows").inner_text():
            break
    return page


async def fits(page: Page, name: str, width: int, scheme: str) -> None:
    """Nothing sideways, nothing beyond its card; a picture where one is asked for."""
    assert await overflow(page) == 0
    for panel in await page.locator("main .panel:visible").all():
        assert await panel.evaluate(BEYOND) == []
    if shots := os.environ.get("SHOTS"):
        await page.screenshot(path=f"{shots}/{name}-{width}-{scheme}.png", full_page=True)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
async def test_an_order_is_looked_at_sent_and_followed(
    day: rows.Desk, browser_page: OpenPage, width: int, scheme: str
) -> None:
    await database_sync_to_async(arranged)(day)
    page = await at(await markets_known(await browser_page(width, theme=scheme)), "/ticket")
    await fits(page, "ticket-empty", width, scheme)
    await page.get_by_label("Pair").fill("XRPUSDT")
    await page.get_by_label("Size", exact=True).fill("100")
    await page.get_by_role("button", name="Look at it").click()
    await expect(page.locator("#wrong-size")).to_contain_text("a size with its unit")
    await fits(page, "ticket-wrong", width, scheme)
    await page.get_by_label("Size", exact=True).fill("100 USDT")
    await page.get_by_label("Target, % from the average entry").fill("2.5")
    await page.get_by_role("button", name="Look at it").click()
    await expect(page.locator("#outcome")).to_contain_text("5 orders: buys up to")
    await expect(page.locator("#checks")).to_contain_text("reserved funds")
    await fits(page, "ticket-looked", width, scheme)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#followed")).to_contain_text("being decided")
    await database_sync_to_async(decided)(day)
    await database_sync_to_async(happen)("test.happened", "test:1")
    await expect(page.locator("#followed")).to_contain_text("5 orders")
    await expect(page.locator("#followed a", has_text="Group")).to_have_count(1)
    await fits(page, "ticket-followed", width, scheme)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
async def test_a_refusal_is_found_and_understood(
    day: rows.Desk, browser_page: OpenPage, width: int, scheme: str
) -> None:
    await database_sync_to_async(arranged)(day)
    page = await markets_known(await browser_page(width, theme=scheme))
    await database_sync_to_async(ExchangeAccount.objects.update)(armed=False)
    await at(page, "/signals")
    await fits(page, "signals", width, scheme)
    await page.get_by_label("Outcome").select_option("refused")
    await expect(page.locator("#signal-rows tr")).to_have_count(2)
    await page.locator("#signal-rows a.name").first.click()
    await expect(page.locator("#way")).to_contain_text("POOL_FULL, it ends here")
    await fits(page, "signal", width, scheme)
    await page.get_by_role("link", name="Why isn't it trading?").click()
    await expect(page.locator("#answer")).to_contain_text("is stopped by: armed")
    await expect(page.locator("#check-rows")).to_contain_text("reserved funds")
    await fits(page, "why", width, scheme)
