"""A real browser on the real web process. Without Chromium these tests skip; WINDLASS_REQUIRE_BROWSER=1 makes them fail."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from channels.db import database_sync_to_async
from django.db import connections
from django.test import Client
from django.utils import timezone
from playwright.async_api import Browser, Page, async_playwright, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.browser.chromium import ARGUMENTS, MEND, PATIENCE_MS, chromium_path
from tests.browser.server import WebProcess, web_process
from tests.dashboard import rows

NO_COMPLAINTS = ("WebSocket", "status of 422")
# A connection that a test ends, and a form that came back with what is wrong with it.
HEIGHTS = {390: 844, 1366: 768, 1440: 1000}

expect.set_options(timeout=PATIENCE_MS)

OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path, or the mend."""
    path = chromium_path()
    if path is None and os.environ.get("WINDLASS_REQUIRE_BROWSER") == "1":
        pytest.fail(MEND)
    if path is None:
        pytest.skip(MEND)
    return path


@pytest.fixture(scope="session")
def web(chromium: str, django_db_setup: None) -> Iterator[WebProcess]:
    """One web process for the session; it reads what each test commits."""
    with web_process() as server:
        yield server


@pytest.fixture
def own_web(chromium: str, transactional_db: None) -> Iterator[WebProcess]:
    """A web process that a test may end."""
    with web_process() as server:
        yield server


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    # The asynchronous interface: the other one keeps an event loop in this thread, where Django then refuses to query.
    async with async_playwright() as playwright:
        yield await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)


@pytest.fixture
def day(transactional_db: None) -> rows.Desk:
    """A day's work, committed, so that the web process sees it."""
    return rows.desk(rows.admin(), now=timezone.now())


@pytest.fixture
def session(day: rows.Desk) -> str:
    """The session cookie of the desk's owner."""
    client = Client()
    client.force_login(day.account.user)
    return client.cookies["sessionid"].value


@pytest.fixture
async def browser_page(browser: Browser, web: WebProcess, session: str) -> AsyncIterator[OpenPage]:
    """`await browser_page(390)` opens the live page, logged in, and waits for its first frame.

    At the end no page may have complained: an error on the console is a failure.
    """
    complaints: list[str] = []

    async def open_page(width: int, *, theme: str = "dark", url: str = "") -> Page:
        size = {"width": width, "height": HEIGHTS[width]}
        context = await browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce")
        await context.add_cookies([{"name": "sessionid", "value": session, "url": url or web.url}])
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: complaints.extend([message.text] * (message.type == "error")))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        answer = await page.goto(f"{url or web.url}/")
        try:
            await page.wait_for_selector("html[data-number]", state="attached")
        except PlaywrightTimeout as error:
            shown = await page.locator("body").inner_text()
            status = answer and answer.status
            raise AssertionError(
                f"{page.url}: {status}, no frame. {complaints}\n{shown[:1_500]}\n{web.said()}"
            ) from error
        return page

    yield open_page
    await database_sync_to_async(connections.close_all)()
    assert [text for text in complaints if not any(words in text for words in NO_COMPLAINTS)] == []
