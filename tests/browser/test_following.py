"""What a page shows is what its address asks for, as of now: filters with all that hangs on them, late answers, pages that
follow by themselves, and forms that stay as somebody is typing in them."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.test import Client
from playwright.async_api import Browser, Page, Route, expect
from redis import Redis

from project.accounts import latch
from signals.models import Alert, Instrument, LostAlert, Source
from tests.browser.chromium import PATIENCE_MS
from tests.browser.conftest import HEIGHTS, OpenPage
from tests.browser.server import WebProcess
from tests.browser.test_overview import BEYOND, happen, overflow
from tests.browser.test_screens import arranged, at
from tests.dashboard import rows
from trading.kill.journal import Journal
from trading.models import BareHolding, Canary, Order, PositionGroup, ShadowDecision, ShadowGroup

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


async def mark(page: Page) -> None:
    """So that a page that was loaded anew is known by what it lacks."""
    await page.evaluate("document.body.dataset.same = 'yes'")


async def is_same(page: Page) -> bool:
    return bool(await page.evaluate("document.body.dataset.same === 'yes'"))


async def choose(page: Page, label: str, value: str) -> None:
    await page.get_by_label(label).select_option(value)


# filters ---------------------------------------------------------------------------------------------


async def test_a_filter_takes_all_that_hangs_on_it_along(day: rows.Desk, browser_page: OpenPage) -> None:
    await database_sync_to_async(arranged)(day)
    page = await at(await browser_page(1440), "/logs")
    await mark(page)
    await choose(page, "Category", "precision")
    await expect(page.locator("#log-lines li")).to_have_count(1)
    assert "category=precision" in str(await page.locator("#csv").get_attribute("href"))
    await page.get_by_role("link", name="Clear").click()
    await expect(page.locator("#log-lines li")).not_to_have_count(1)
    assert "precision" not in str(await page.locator("#csv").get_attribute("href"))
    await expect(page.get_by_label("Category")).to_have_value("")
    await page.go_back()
    await expect(page.get_by_label("Category")).to_have_value("precision")
    await expect(page.locator("#log-lines li")).to_have_count(1)
    assert await is_same(page)
    assert await overflow(page) == 0


async def test_lists_name_and_export_what_they_show(day: rows.Desk, browser_page: OpenPage) -> None:
    page = await at(await browser_page(1440), "/groups")
    await page.get_by_role("link", name="Result").click()
    await expect(page.locator("th[aria-sort=descending]")).to_contain_text("Result")
    await choose(page, "Status", "closed")
    await expect(page.locator("#groups-title")).to_have_text("Groups")
    assert "sort=-result" in page.url  # a filter does not forget the order
    await at(page, "/history")
    await page.get_by_label("Search").fill("btc")
    await page.get_by_label("Search").press("Enter")
    await expect(page.get_by_role("link", name="Clear")).to_be_visible()
    assert "q=btc" in str(await page.locator("#sheets a").first.get_attribute("href"))
    await at(page, "/signals")
    await choose(page, "Outcome", "refused")
    await expect(page.get_by_role("link", name="Clear")).to_be_visible()
    assert "outcome=refused" in str(await page.locator("#csv").get_attribute("href"))


async def test_old_rows_never_stand_under_another_filter(day: rows.Desk, browser_page: OpenPage) -> None:
    await database_sync_to_async(arranged)(day)
    page = await at(await browser_page(1440), "/logs")
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        begun.set()
        answer = await route.fetch()
        await let_go.wait()
        await route.fulfill(response=answer)

    await page.route("**/logs", hold)
    await database_sync_to_async(happen)("test.happened", "test:1")
    await begun.wait()
    await choose(page, "Category", "precision")
    await expect(page.locator("#log-lines li")).to_have_count(1)
    async with page.expect_event("requestfinished", lambda request: request.url.endswith("/logs")):
        let_go.set()
    await page.evaluate(FRAMES)
    await expect(page.locator("#log-lines li")).to_have_count(1)
    await mark(page)
    await page.route("**/logs?*category=risk*", lead_away)
    await choose(page, "Category", "risk")
    await expect(page.locator("body[data-same]")).to_have_count(0)
    assert "category=risk" in page.url  # loaded anew, as no rows came for it
    await expect(page.locator("#log-lines li .tag").first).to_have_text("risk")


async def lead_away(route: Route) -> None:
    """As an ended log-in does, to all but a page that is loaded whole."""
    is_whole = route.request.is_navigation_request()
    away = {"status": 302, "headers": {"Location": "/login"}}
    await (route.continue_() if is_whole else route.fulfill(**away))


async def test_a_source_is_made_for_the_format_that_is_shown(day: rows.Desk, browser_page: OpenPage) -> None:
    page = await at(await browser_page(1440), "/builder")
    for name in ("alerts", "windlass"):  # also on the page that told the new address
        await choose(page, "Format", name)
        await expect(page.locator("#make-for [name=format]")).to_have_value(name)
        await page.get_by_label("Name", exact=True).fill(f"made for {name}")
        await page.get_by_role("button", name="Make a source").click()
        await expect(page.locator("main")).to_contain_text(f"New address of made for {name}")
        await page.wait_for_selector("html[data-number]", state="attached")
    kinds = await database_sync_to_async(lambda: list(Source.objects.order_by("id").values_list("kind", flat=True)))()
    assert kinds[-2:] == ["alerts", "tradingview"]


# an installation without an account --------------------------------------------------------------------


async def test_the_first_account_brings_its_page_once(
    browser: Browser, web: WebProcess, transactional_db: None
) -> None:
    owner, client = await database_sync_to_async(rows.admin)(), Client()
    await database_sync_to_async(client.force_login)(owner)
    context = await browser.new_context(reduced_motion="reduce")
    await context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": web.url}])
    pages = []
    for place in ("/", "/pool"):
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(web.url + place)
        await mark(page)
        await happens(page, "1" if place == "/" else "2")
        assert await is_same(page)
        pages.append(page)
    await database_sync_to_async(rows.account)(owner)
    await database_sync_to_async(happen)("account.added", "account:1")
    for page in pages:
        await expect(page.locator("h1")).to_contain_text("paper-1")
        await mark(page)
        await happens(page, "4" if page is pages[0] else "5")
        assert await is_same(page)


async def happens(page: Page, number: str) -> None:
    """Something is told, and the page has heard of it."""
    await database_sync_to_async(happen)("test.happened", f"test:{number}")
    await expect(page.locator("html")).to_have_attribute("data-number", number)


# pages that follow ---------------------------------------------------------------------------------------


def mended(day: rows.Desk) -> None:
    """Nothing waits for a person any more, and nobody loses."""
    BareHolding.objects.update(ended_at=day.now)
    LostAlert.objects.update(state="IGNORED", settled_at=day.now, settled_by="mira")
    PositionGroup.objects.update(qty=0, cost=0)
    happen("lost.settled", "lost:1")


async def opened(beside: Page, place: str) -> Page:
    """One more tab at another page."""
    page = await beside.context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(f"{'/'.join(beside.url.split('/')[:3])}{place}")
    await page.wait_for_selector("html[data-number]", state="attached")
    return page


async def beyond(page: Page) -> list[int]:
    """How far it scrolls sideways, on a desk and on a phone."""
    found = []
    for width in (1440, 390):
        await page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        found.append(await overflow(page))
    return found


def shadowed(day: rows.Desk) -> None:
    """A source in shadow mode, with a position on paper."""
    source = Source.objects.all()[0]
    Source.objects.update(live=False)
    ShadowGroup.objects.create(
        source=source, account=day.account, instrument=Instrument.objects.get(symbol="BTC/USDT"), side="LONG",
        timeframe_secs=900, opened_at=day.now, entry_qty="0.01", average_entry=60060, qty="0.01", cost="600.6",
    )  # fmt: skip


def worse(day: rows.Desk) -> None:
    """A holding without an exit, an alert that did not come, decisions on paper, and a worker that answers no more."""
    BareHolding.objects.create(
        account=day.account, group=PositionGroup.objects.filter(closed_at=None, qty__gt=0)[0], qty="0.00332",
        cover="NAKED", code="REFUSED", words="The venue refuses the exit.", since=day.now, told_at=day.now,
    )  # fmt: skip
    LostAlert.objects.create(
        source=Source.objects.all()[0], kind="BAR", symbol="BTC/USDT", timeframe_secs=900, found_at=day.now,
        expected_at=day.now - timedelta(minutes=5), words="No alert of BTC/USDT for the bar 10:00.",
    )  # fmt: skip
    alert = Alert.objects.filter(account=day.account)[0]
    ShadowDecision.objects.create(
        alert=alert, source=alert.source, outcome="POOL_FULL", reason="all taken", decided_at=day.now
    )
    ShadowGroup.objects.update(qty=0, cost=0, closed_at=day.now, realised_pnl="4.2")
    Canary.objects.update(answered_at=day.now - timedelta(hours=5))
    happen("naked.found", "group:1")


@pytest.fixture
def queue() -> Iterator["Redis[bytes]"]:
    """A queue that no test serves."""
    with Redis.from_url(settings.REDIS_URL) as client:
        client.delete("sweeps")
        yield client
        client.delete("sweeps")


async def test_every_page_follows_what_happens(day: rows.Desk, browser_page: OpenPage, queue: "Redis[bytes]") -> None:
    await database_sync_to_async(shadowed)(day)
    offset = await at(await browser_page(1440), "/offset")
    books, lost, shadow, tasks = [await opened(offset, place) for place in ("/books", "/lost", "/shadow", "/tasks")]
    await expect(offset.locator("#losers")).to_contain_text("ETH/USDT")
    await expect(shadow.locator("#trade-rows")).to_contain_text("open")
    await shadow.get_by_label("Days").select_option("30")  # chosen, not yet asked for
    await database_sync_to_async(worse)(day)
    queue.rpush("sweeps", "1", "2", "3")
    await expect(books.locator("#bare")).to_contain_text("The venue refuses the exit.")
    await expect(lost.locator("#lost")).to_contain_text("for the bar 10:00")
    await expect(shadow.locator("#decisions")).to_contain_text("POOL_FULL")
    await expect(shadow.locator("#trade-rows")).to_contain_text("4.20")
    await expect(shadow.get_by_label("Days")).to_have_value("30")
    await expect(tasks.locator("#queue-rows tr", has_text="sweeps").locator("td.num")).to_have_text("3")
    await expect(tasks.locator("#pulse")).to_contain_text("late by")
    assert [await beyond(page) for page in (offset, books, lost, shadow, tasks)] == [[0, 0]] * 5
    await database_sync_to_async(mended)(day)
    await expect(books.locator("#bare")).to_contain_text("has an exit that rests or is watched")
    await expect(lost.locator("#lost")).to_contain_text("ignored")
    await expect(offset.locator("#losers")).to_contain_text("there is nothing to offset")


# an emergency --------------------------------------------------------------------------------------------


@pytest.fixture
def pressed() -> Iterator[Callable[[], Journal]]:
    """Sets the latch in the data folder that the web process shares; afterwards it is lifted."""
    home = settings.WINDLASS.home

    def press() -> Journal:
        found = latch.engage(home, operator="mira", reason="smoke in here", source="page")
        return Journal(home, found.id)

    yield press
    latch.lift(home)


def give_back() -> None:
    """Nothing rests any more."""
    Order.objects.update(state="FILLED")
    happen("order.state", "order:1")


async def test_kill_follows_an_emergency_and_leaves_what_is_typed(
    day: rows.Desk, browser_page: OpenPage, pressed: Callable[[], Journal]
) -> None:
    page = await at(await browser_page(1440), "/kill")
    reason, leaving = page.locator("#kill-reason:visible"), page.locator("#leave-reason")
    await reason.press_sequentially("fire")
    await database_sync_to_async(give_back)()
    await expect(page.locator("#stakes tbody td").last).to_have_text("0")
    await expect(reason).to_be_focused()
    await expect(reason).to_have_value("fire")
    await page.get_by_label("Type KILL").fill("kill")
    await page.get_by_role("button", name="Stop everything").click()
    await expect(page.locator("#press")).to_contain_text("in capital letters")
    journal = pressed()  # by somebody else
    await database_sync_to_async(happen)("mode.changed", "mode")
    await expect(page.locator("h1")).to_have_text("Emergency")
    await expect(page.locator("#press")).to_contain_text("in capital letters")
    await expect(reason).to_have_value("fire")
    await leaving.fill("all is out")
    journal.write("cancelled", symbol="BTC/USDT")
    await expect(page.locator("#done")).to_contain_text("BTC/USDT")  # the database's journal knows nothing of it
    await expect(leaving).to_be_focused()
    await expect(leaving).to_have_value("all is out")
    assert await beyond(page) == [0, 0]
    assert await page.locator("#left").evaluate(BEYOND) == []
