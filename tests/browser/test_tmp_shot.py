"""x"""
import pytest
from channels.db import database_sync_to_async
from tests.browser.test_overview import *
from tests.browser.test_overview import trouble
from tests.dashboard import rows as r
for n in list(globals()):
    if n.startswith("test_"): del globals()[n]
from decimal import Decimal as Dec
from trading.models import QueuedSignal
def more(day):
    row = PositionGroup.objects.get(instrument__base="ETH", closed_at=None)
    row.tp_mode, row.leverage = "HYBRID", 3
    row.watch = [{"kind": "STOP_FIXED", "trigger_price": "2500", "note": ""},{"kind": "STOP_TRAILING", "trigger_price": None, "note": "armed at 2680"},{"kind": "STOP_EMERGENCY", "trigger_price": "2380", "note": ""},{"kind": "AGGREGATE_TARGET", "trigger_price": "2650", "note": ""}]
    row.save()
    day.order(row, None, "STOP", "OPEN", qty=Dec("0.0379"), trigger_price=Dec("2490"))
    r.queued(day, "SOL", minutes=3, price="150", timeframe_secs=60)
    r.queued(day, "XRP", minutes=30, price="0.5", timeframe_secs=60, state="PROMOTED", ended_by="SLOT_FREE", ended_at=timezone.now())
    trouble(day)
@pytest.mark.parametrize("width", [390, 1440])
async def test_shot(day, browser_page, width):
    page = await browser_page(width)
    await database_sync_to_async(more)(day)
    await expect(page.locator("#queue")).to_contain_text("SOL")
    await row_of(page, "ETH/USDT").locator(".more").click()
    await page.screenshot(path=f"/tmp/shot{width}.png", full_page=True)
    await page.locator("#queue").get_by_role("link", name="Promote…").first.click()
    await expect(page.locator("dialog#ask")).to_contain_text("slots are taken")
    await page.screenshot(path=f"/tmp/dlg{width}.png")
    assert await overflow(page) == 0
