"""The shell, Groups, Pool, History, Performance and Logs in Chromium: they fit, they follow, one finds one's way."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from math import sin

import pytest
from channels.db import database_sync_to_async
from playwright.async_api import Page, expect

from project.journal.models import JournalEntry
from tests.browser.conftest import OpenPage
from tests.browser.test_overview import BEYOND, happen, overflow
from tests.dashboard import rows
from trading.models import PnlPoint, PositionGroup

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REASON = "LEG_BELOW_MINIMUM: leg 4 would be 3.81 USDT, BTC/USDT wants at least 0.00001 BTC and 5 USDT per order."


def arranged(day: rows.Desk) -> None:
    """A month's curve, two who wait, a journal with something of each category."""
    rows.queued(day, "XRP", minutes=5, price="0.5427", replacement_count=2)
    rows.queued(day, "SOL", minutes=50, price="151.20", timeframe_secs=60)
    for hours in range(0, 720, 12):
        profit = Decimal(str(round(40 * sin(hours / 70) + hours / 6, 2)))
        at = day.now - timedelta(hours=720 - hours)
        PnlPoint.objects.create(
            account=day.account, at=at, equity=10_000 + profit, realised_pnl=profit, unrealised_pnl=0, open_groups=2
        )
    btc = PositionGroup.objects.get(instrument__base="BTC", closed_at=None)
    told = [
        ("group.entered", f"group:{btc.pk}", {"symbol": "BTC/USDT", "side": "LONG", "pyramid": 0, "capital": "200", "status": "LIVE"}),
        ("order.new", "order:7", {"purpose": "ENTRY", "side": "BUY", "qty": "0.00325", "price": "61510"}),
        ("fill", "order:7", {"side": "BUY", "qty": "0.00325", "price": "61510", "fee": "0.000003", "fee_currency": "BTC", "group": btc.pk}),
        ("order.state", "order:8", {"from": "SUBMITTING", "to": "UNKNOWN", "group": btc.pk}),
        ("alert.settled", "alert:9", {"outcome": "LEG_BELOW_MINIMUM", "reason": REASON}),
        ("risk.breach", "account:1", {"code": "SECTOR_EXPOSURE", "subject": "sector L1", "limit": "40", "value": "43.1"}),
        ("mode.changed", "mode", {"from": "NORMAL", "to": "PAUSED", "operator": "mira", "reason": "news at noon"}),
        ("account.unhealthy", "account:1", {"code": "KEYS_REFUSED", "detail": "binance refused the account's keys (-2015)."}),
    ]  # fmt: skip
    for kind, subject, payload in told:
        JournalEntry.objects.create(kind=kind, subject=subject, payload=payload, account_id=day.account.pk)


async def at(page: Page, place: str) -> Page:
    """Another page of the same browser; it listens when its bar has had a frame."""
    await page.goto(f"{'/'.join(page.url.split('/')[:3])}{place}")
    await page.wait_for_selector("html[data-number]", state="attached")
    return page


async def fits(page: Page) -> None:
    assert await overflow(page) == 0
    for panel in await page.locator("main .panel:visible:not(:has(.sub))").all():
        assert await panel.evaluate(BEYOND) == []


@pytest.fixture
async def many(day: rows.Desk) -> PositionGroup:
    await database_sync_to_async(arranged)(day)
    return await database_sync_to_async(PositionGroup.objects.get)(instrument__base="BTC", closed_at=None)


Visit = Callable[[Page, PositionGroup], Awaitable[None]]


async def groups_page(page: Page, btc: PositionGroup) -> None:
    await at(page, f"/groups?open={btc.pk}")
    await expect(page.locator("#group-rows")).to_contain_text("target taken")


async def group_page(page: Page, btc: PositionGroup) -> None:
    await at(page, f"/groups/{btc.pk}?at=2100-01-01")
    await expect(page.locator("#then")).to_contain_text("of the journal")


async def exits_page(page: Page, btc: PositionGroup) -> None:
    await at(page, f"/groups/{btc.pk}/exits?tp_mode=HYBRID&stop=fixed&stop=trailing&fixed_stop_pct=3&show=1")
    await expect(page.locator("#consequence")).to_contain_text("PER_LEG → HYBRID")


async def pool_page(page: Page, btc: PositionGroup) -> None:
    await at(page, "/pool")
    await expect(page.locator("#waiting-rows")).to_contain_text("XRP/USDT")


async def history_page(page: Page, btc: PositionGroup) -> None:
    await at(page, "/history")
    await expect(page.locator("#closed-rows")).to_contain_text("targets taken")


async def performance_page(page: Page, btc: PositionGroup) -> None:
    await at(page, "/performance")
    await expect(page.locator("#curve")).to_contain_text("drawdown at most")


async def logs_page(page: Page, btc: PositionGroup) -> None:
    await at(page, "/logs")
    await expect(page.locator("#log-lines")).to_contain_text("SECTOR_EXPOSURE")


@pytest.mark.parametrize("width", [390, 1440])
async def test_every_screen_fits(many: PositionGroup, browser_page: OpenPage, width: int) -> None:
    page = await browser_page(width)
    for visit in (groups_page, group_page, exits_page, pool_page, history_page, performance_page, logs_page):
        await visit(page, many)
        await fits(page)


async def test_the_groups_are_found_unfolded_and_follow(many: PositionGroup, browser_page: OpenPage) -> None:
    page = await at(await browser_page(1440), "/groups")
    await page.get_by_label("Search").fill("btc")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.locator("tbody.group")).to_have_count(1)
    await page.get_by_role("link", name="Legs, orders and fills of BTC/USDT LONG").click()
    await expect(page.locator("tbody.detail")).to_contain_text("target taken")
    await database_sync_to_async(PositionGroup.objects.filter(pk=many.pk).update)(blocked=True)
    await database_sync_to_async(happen)("group.blocked", f"group:{many.pk}")
    await expect(page.locator("tbody.group")).to_contain_text("blocked")  # without a reload, and still unfolded
    await expect(page.locator("tbody.detail")).to_be_visible()
    await page.go_back()
    await expect(page.locator("tbody.detail")).to_have_count(0)


async def test_exits_are_edited_after_their_consequence_was_read(many: PositionGroup, browser_page: OpenPage) -> None:
    page = await at(await browser_page(390), f"/groups/{many.pk}/exits")
    await page.get_by_label("How it takes profit").select_option("AGGREGATE")
    await page.get_by_role("button", name="Show what it does").click()
    await expect(page.locator("#consequence")).to_contain_text("tp_mode PER_LEG → AGGREGATE")
    await page.get_by_role("button", name="Change now").click()
    await expect(page.locator(".note")).to_contain_text("Exits of BTC/USDT LONG")
    await expect(page.locator("#lines")).to_contain_text("exits edited by root")


async def test_a_promotion_asks_in_a_dialog(many: PositionGroup, browser_page: OpenPage) -> None:
    page = await at(await browser_page(1440), "/pool")
    await page.get_by_role("link", name="Promote…").first.click()
    await expect(page.locator("dialog#ask")).to_contain_text("It still needs a free slot")


async def test_the_log_goes_on_by_itself_and_finds(many: PositionGroup, browser_page: OpenPage) -> None:
    page = await at(await browser_page(1440), "/logs")
    await database_sync_to_async(happen)("group.status", f"group:{many.pk}")
    await expect(page.locator("#log-lines li").first).to_contain_text(f"group:{many.pk}")
    await page.get_by_label("Category").select_option("precision")
    await expect(page.locator("#log-lines li")).to_have_count(1)
    await expect(page.locator("#log-lines")).to_contain_text("LEG_BELOW_MINIMUM")


async def test_another_period_comes_without_a_reload(many: PositionGroup, browser_page: OpenPage) -> None:
    page = await at(await browser_page(1440), "/performance")
    await page.evaluate("document.body.dataset.same = 'yes'")
    await page.locator("#periods a", has_text="24 hours").click()
    await expect(page.locator("#periods a[aria-current]")).to_contain_text("24 hours")
    assert await page.evaluate("document.body.dataset.same") == "yes"


async def test_a_phone_reaches_every_page_and_kill(many: PositionGroup, browser_page: OpenPage) -> None:
    page = await at(await browser_page(390), "/history")
    await expect(page.get_by_role("link", name="Kill…")).to_be_visible()
    await page.get_by_role("link", name="More").click()
    await page.locator("#sheet").get_by_role("link", name="Logs").click()
    await expect(page.locator("h1")).to_contain_text("Logs")
