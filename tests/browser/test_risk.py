"""The page Risk in Chromium: it fits on a phone and on a desk, dark and light, with everything on it and with nothing."""

import os

import pytest
from channels.db import database_sync_to_async
from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_overview import BEYOND, overflow
from tests.dashboard import rows
from tests.dashboard.test_risk_page import weather
from trading.models import SettingOverride

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def arranged(day: rows.Desk) -> None:
    """Everything known, one limit broken, one near, two that contradict each other."""
    weather(day.now)
    for name, value in (("per_symbol_pct", "2.5"), ("per_sector_pct", "2"), ("max_heat", "0.02")):
        SettingOverride.objects.create(name=name, value=value)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
async def test_it_fits_with_everything_on_it(
    day: rows.Desk, browser_page: OpenPage, width: int, scheme: str, request: pytest.FixtureRequest
) -> None:
    await database_sync_to_async(arranged)(day)
    page = await browser_page(width)
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.goto(f"{page.url.split('?')[0].rstrip('/')}/risk")
    await expect(page.locator("#layer-portfolio")).to_contain_text("▲ over")
    await expect(page.locator("#correlations")).to_contain_text("0.80")
    await expect(page.locator("#losses")).to_contain_text("99 %")
    assert await overflow(page) == 0
    for panel in ("#layer-portfolio", "#exposure", "#ages", "#losses", "#breakers"):
        assert await page.locator(panel).evaluate(BEYOND) == []
    if os.environ.get("SHOTS"):
        await page.screenshot(path=f"{os.environ['SHOTS']}/risk-{width}-{scheme}.png", full_page=True)
