"""The pages "Preview", "Shadow" and "Lost alerts" in Chromium: they fit on a phone and on a desk with everything on them."""

from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from playwright.async_api import Page, expect

from signals.models import Alert, Instrument, LostAlert, Source
from tests.browser.conftest import OpenPage
from tests.browser.test_overview import BEYOND, overflow
from tests.dashboard import rows, shadow_rows
from trading.models import ShadowGroup, TheirTrade

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BODY = '{"symbol": "BTCUSDT", "action": "buy", "interval": "60", "price": "61700", "stop_loss": "5%%", "message": "%s"}'
WORDS = "tradingview has been long on BTC/USDT since 21 Nov 10:15:00 UTC, and we hold nothing: alert 17 ended as PRICE_MOVED. The price is 1.20 % worse than the alert's."


def arranged(day: rows.Desk) -> None:
    """A source in shadow with trades of both, a promise, and two lost alerts."""
    Source.objects.update(live=False, bar_secs=900, pair_whitelist=["BTC/USDT", "ETH/USDT"], watch_position=True)
    alert = Alert.objects.select_related("source", "account").first()
    shadow_rows.one_of_each(alert, now=day.now)
    figures = {"entry_qty": "0.01234", "average_entry": "61688.40", "realised_pnl": "-1234.56", "close_reason": "STOP"}
    btc, began = Instrument.objects.get(base="BTC"), day.now - timedelta(days=1)
    ShadowGroup.objects.create(
        source=alert.source, account=alert.account, instrument=btc, timeframe_secs=60, side="LONG", opened_at=began,
        closed_at=day.now, **figures,
    )  # fmt: skip
    TheirTrade.objects.create(
        source=alert.source, key="2", symbol="BTC/USDT", side="LONG", qty="0.01", entry_price="61650.10",
        exit_price="61999", pnl="-1033.22", opened_at=began + timedelta(minutes=3), closed_at=day.now,
    )  # fmt: skip
    LostAlert.objects.create(
        source=alert.source, kind="POSITION", symbol="BTC/USDT", expected_at=day.now, words=WORDS, found_at=day.now
    )


async def opened(page: Page, place: str) -> None:
    await page.goto(f"{page.url.split('?')[0].rstrip('/')}/{place}")


async def fits(page: Page) -> None:
    assert await overflow(page) == 0
    for panel in await page.locator("main .panel:not(:has(.rolls))").all():
        assert await panel.evaluate(BEYOND) == []


WIDTHS = pytest.mark.parametrize("width", [390, 1440])


@WIDTHS
async def test_preview_fits(day: rows.Desk, browser_page: OpenPage, width: int) -> None:
    page = await browser_page(width)
    await opened(page, "preview")
    await page.locator("#preview-body").fill(BODY % ("word " * 60))
    await page.locator("main button.primary").click()
    await expect(page.locator("#plan")).to_contain_text("Target")
    await expect(page.locator("#checks")).to_contain_text("slots")
    await fits(page)


@WIDTHS
async def test_shadow_fits(day: rows.Desk, browser_page: OpenPage, width: int) -> None:
    await database_sync_to_async(arranged)(day)
    page = await browser_page(width)
    await opened(page, "shadow")
    await expect(page.locator("main")).to_contain_text("1,234.56")
    await fits(page)


@WIDTHS
async def test_lost_alerts_fit_and_ask_in_a_dialog(day: rows.Desk, browser_page: OpenPage, width: int) -> None:
    await database_sync_to_async(arranged)(day)
    page = await browser_page(width)
    await opened(page, "lost")
    await expect(page.locator("main")).to_contain_text("we hold nothing")
    await fits(page)
    await page.locator("a[data-ask]:visible", has_text="Ignore…").first.click()
    await expect(page.locator("#ask")).to_contain_text("Nothing is traded")
