"""What the pages' scripts do at the edges: after a pause, without a socket, at a log-out elsewhere, at a second click."""

from typing import Any

import pytest
from channels.db import database_sync_to_async
from playwright.async_api import Page, WebSocketRoute, expect

from dashboard.models import Drawing
from tests.browser.conftest import OpenPage
from tests.browser.test_chart import arranged, charted
from tests.dashboard import rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIVE = "**/ws/live*"


def at(page: Page, path: str) -> str:
    return "/".join(page.url.split("/")[:3]) + path


# the chart ---------------------------------------------------------------------------------------

# Three bars stand; those from the second one on were received, with four new ones.
WRITTEN = """async () => {
  const { Picture } = await import("/static/dashboard/chart_picture.js");
  const written = [];
  const candles = { rows: [1, 2, 3], update(bar, older) { written.push([bar.time, older]); if (!older) this.rows.push(bar.time); }, data() { return this.rows.map((time) => ({ time })); } };
  const picture = Object.assign(Object.create(Picture.prototype), { candles, volume: { update: () => {} }, drawn: [], palette: {} });
  const bars = [1, 2, 3, 4, 5, 6, 7].map((time) => [time, 1, 1, 1, 1, 1]);
  picture.show(bars, [], { whole: false, from: 1 });
  return written;
}"""


async def test_after_a_pause_every_bar_that_came_is_drawn(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    # 2 is older than the newest that stood, 3; 3 grows; 4 to 7 are new
    assert await page.evaluate(WRITTEN) == [[2, True], [3, False], [4, False], [5, False], [6, False], [7, False]]


HEAR = """() => { for (let number = 9001; number < 9007; number += 1) {
  document.dispatchEvent(new CustomEvent("windlass:shown", { detail: { number, facts: {} } }));
} }"""


async def test_marks_are_read_once_for_events_that_come_together(day: rows.Desk, browser_page: OpenPage) -> None:
    await database_sync_to_async(arranged)(day, day.now)
    page = await browser_page(1440)
    await charted(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.extend([request.url] * ("/chart/marks" in request.url)))
    async with page.expect_request("**/chart/marks*"):
        await page.evaluate(HEAR)
    assert len(asked) == 1


async def test_a_drag_that_is_taken_away_moves_nothing(day: rows.Desk, browser_page: OpenPage) -> None:
    await database_sync_to_async(arranged)(day, day.now)
    page = await browser_page(1440)
    await charted(page)
    place = page.locator(".chart-place")
    await page.locator('[data-tool="LEVEL"]').click()
    await place.click(position={"x": 300, "y": 60})
    await expect(page.locator("[data-erase]")).to_be_enabled()
    box = await place.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 300, box["y"] + 60)
    before = await Drawing.objects.aget()
    moved: list[str] = []
    page.on("request", lambda request: moved.extend([request.url] * ("/chart/drawings/" in request.url)))
    await page.mouse.down()
    await page.mouse.move(box["x"] + 300, box["y"] + 120)
    await place.evaluate("place => place.dispatchEvent(new PointerEvent('pointercancel', { bubbles: true }))")
    await page.mouse.move(box["x"] + 300, box["y"] + 150)
    await page.mouse.up()
    assert (moved, (await Drawing.objects.aget()).first_price) == ([], before.first_price)


# the socket --------------------------------------------------------------------------------------


async def test_where_no_socket_opens_it_is_said(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    await page.route_web_socket(LIVE, lambda socket: socket.close())
    await page.reload()
    await expect(page.locator("[data-lost]")).to_be_visible()
    await expect(page.locator("[data-lost]")).to_contain_text("What is shown is from the first loading")


async def held(page: Page, path: str) -> list[WebSocketRoute]:
    """A page at an address, and its socket, which a test may end."""
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    await page.route_web_socket(LIVE, pass_on)
    await page.goto(at(page, path))
    await page.wait_for_selector("html[data-number]", state="attached")
    return sockets


async def log_out(sockets: list[WebSocketRoute]) -> None:
    await sockets[-1].close(code=4401, reason="logged out elsewhere")


async def test_logged_out_elsewhere_the_page_is_loaded_again(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    sockets = await held(page, "/api/tokens")
    async with page.expect_navigation():
        await log_out(sockets)


async def test_what_somebody_types_outlives_a_log_out_elsewhere(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    sockets = await held(page, "/api/tokens")
    await page.locator("main input[name=name]").fill("a bot of mine")
    await log_out(sockets)
    await expect(page.locator("[data-lost]")).to_contain_text("You are logged out")
    await expect(page.locator("main input[name=name]")).to_have_value("a bot of mine")
    async with page.expect_navigation():
        await page.locator("[data-lost] a").click()


async def test_an_answer_that_is_given_once_outlives_it_too(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    sockets = await held(page, "/api/tokens")
    await page.locator("main input[name=name]").fill("a bot of mine")
    await page.locator("main form button").first.click()
    await expect(page.locator("main")).to_contain_text("wlt_")
    await page.wait_for_selector("html[data-number]", state="attached")
    await log_out(sockets)
    await expect(page.locator("[data-lost]")).to_contain_text("You are logged out")
    await expect(page.locator("main")).to_contain_text("wlt_")


# copying -----------------------------------------------------------------------------------------

COPY = """async () => {
  document.querySelector("main").insertAdjacentHTML("beforeend", '<p id="told">x</p><button id="copies" data-copy="told">Copy</button>');
  await import("/static/dashboard/builder.js");
}"""


async def test_a_second_click_keeps_the_buttons_name(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    await page.clock.install()
    await page.evaluate(COPY)
    button: Any = page.locator("#copies")
    for _ in range(2):
        await button.click()
        await expect(button).not_to_have_text("Copy")
    await page.clock.run_for(10_000)
    await expect(button).to_have_text("Copy")
