"""The page Chart in Chromium: candles are drawn, it fits, a level that somebody draws is there again after loading anew."""

import os
from datetime import datetime

import pytest
from channels.db import database_sync_to_async
from playwright.async_api import Page, expect

from dashboard.models import Drawing
from signals.models import Instrument
from signals.timeframes import HOUR
from tests.browser.conftest import OpenPage
from tests.browser.test_overview import BEYOND, overflow
from tests.dashboard import chart_rows, rows
from trading.services import chart_feed
from trading.services.chart_feed import Want

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VALUES = "bbands-20-2,supertrend-10-3,rsi-14,macd-12-26-9"


def arranged(day: rows.Desk, now: datetime) -> None:
    """An hour's candles in rows, and what the venue says of the growing one, its book and its trades."""
    market = Instrument.objects.get(symbol="BTC/USDT")
    chart_rows.store(market, HOUR, now=now)
    made = chart_rows.bars(now=now, timeframe_secs=HOUR)
    chart_feed.keep(day.account.pk, Want(market.symbol, HOUR), chart_rows.feed(made, now=now))


async def charted(page: Page, values: str = "") -> None:
    root = "/".join(page.url.split("/")[:3])
    await page.goto(f"{root}/chart?symbol=BTC/USDT&timeframe=1h&values={values}")
    await page.wait_for_selector("html[data-number]", state="attached")
    await expect(page.locator("[data-legend]")).to_contain_text("O 6")


async def shot(page: Page, name: str) -> None:
    if os.environ.get("SHOTS"):
        await page.screenshot(path=f"{os.environ['SHOTS']}/chart-{name}.png", full_page=True)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
async def test_it_fits_and_shows_candles_values_book_and_trades(
    day: rows.Desk, browser_page: OpenPage, width: int, scheme: str
) -> None:
    await database_sync_to_async(arranged)(day, day.now)
    page = await browser_page(width, theme=scheme)
    await charted(page, VALUES)
    await expect(page.locator("[data-legend]")).to_contain_text("Supertrend 10 3")
    await expect(page.locator(".chart-place canvas").first).to_be_visible()
    await expect(page.locator("#mine-rows")).to_contain_text("LONG")
    await expect(page.locator("[data-bids] tr")).to_have_count(10)
    assert await overflow(page) == 0
    for panel in ("#book", "#tape", "#mine"):
        assert await page.locator(panel).evaluate(BEYOND) == []
    await shot(page, f"{width}-{scheme}")


async def test_a_level_is_drawn_kept_and_erased(day: rows.Desk, browser_page: OpenPage) -> None:
    await database_sync_to_async(arranged)(day, day.now)
    page = await browser_page(1440)
    await charted(page)
    await page.locator('[data-tool="LEVEL"]').click()
    await expect(page.locator("[data-hint]")).to_contain_text("Tap a price")
    await page.locator(".chart-place").click(position={"x": 300, "y": 60})
    await expect(page.locator("[data-erase]")).to_be_enabled()
    drawn = await Drawing.objects.aget()
    assert (drawn.kind, drawn.symbol, drawn.second_at) == ("LEVEL", "BTC/USDT", None)
    await charted(page)
    await expect(page.locator("[data-drawn] summary")).to_have_text("1 drawn")
    await page.locator("[data-drawn] summary").click()
    await page.locator("[data-drawn] li .mini").first.click()
    await expect(page.locator("[data-erase]")).to_be_enabled()
    await shot(page, "level")
    await page.locator("[data-erase]").click()
    await expect(page.locator("[data-erase]")).to_be_disabled()
    assert not await Drawing.objects.aexists()


# What is pure in the scripts, asked in the browser: who is under a tap, and where a moment stands.

WHOSE = """async ([y, hovered]) => {
  const { Marks } = await import("/static/dashboard/chart_marks.js");
  const marks = Object.create(Marks.prototype);
  const lines = [{ kind: "entry", price: 100, group_id: 3 }, { kind: "stop", price: 103, group_id: 4 }];
  const held = [{ kind: "liquidation", price: 50, group_id: 0 }];
  Object.assign(marks, { lines, held, isShown: (kind) => kind !== "stops", series: { priceToCoordinate: (price) => price } });
  return marks.groupAt({ y }, hovered);
}"""
WHERE = """async (moments) => {
  const { Scale } = await import("/static/dashboard/chart_scale.js");
  const scale = new Scale({ timeScale: () => null });
  scale.set([100, 110, 130, 140], 10);  // a bar is missing at 120
  return moments.map((at) => [scale.logicalOf(at), scale.bar(at)]);
}"""


async def test_who_is_under_a_tap_and_where_a_moment_stands(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    taps = [(102, None, 3), (108, None, None), (103, None, 3), (50, None, None), (0, "group-7", 7), (0, "group-0", 0)]
    # 3 at 103: the stop that lies there is switched off, the entry is within 4 pixels; a liquidation is no group's
    assert [await page.evaluate(WHOSE, [y, hovered]) for y, hovered, _ in taps] == [group for _, _, group in taps]
    moments = {95: [-0.5, None], 100: [0, 100], 105: [0.5, 100], 120: [1.5, 110], 140: [3, 140], 155: [4.5, 140]}
    assert await page.evaluate(WHERE, list(moments)) == list(moments.values())


# The names of our lines: five at 100, 101, 103, 140 and 141 pixels, a name is 15 pixels high.

NAMED = """async () => {
  const { Labels, bundled, worded } = await import("/static/dashboard/chart_labels.js");
  const line = (kind, price, y) => ({ kind, price, y, title: `${kind} 0.2, resting`, group_id: 3 });
  const lines = [line("target", 101.2, 103), line("entry", 90, 140), line("target", 102, 101), line("target", 103.4, 100), line("stop", 80, 170)];
  const bundles = bundled([...lines, line("leg", 89.5, 141)]);
  const labels = Object.assign(Object.create(Labels.prototype), { boxes: bundles.map((bundle) => ({ left: 50, top: bundle[0].y - 7, bundle })) });
  const told = (x, y) => labels.at({ x, y })?.map(({ price }) => price) ?? null;
  const crowd = bundled([0, 14, 28, 42].map((y) => line("leg", 100 - y, y)));
  const price = (value) => value.toFixed(1);
  return [bundles.map((bundle) => worded(bundle, price)), [told(60, 101), told(40, 101), told(60, 170)], crowd.map(({ length }) => length)];
}"""


async def test_names_that_would_cover_each_other_become_one(browser_page: OpenPage) -> None:
    page = await browser_page(390)
    names, told, crowd = await page.evaluate(NAMED)
    assert names == [
        ["3 targets 101.2–103.4", "3 targets", "3 lines"],
        ["1 entry, 1 leg 89.5–90.0", "1 entry, 1 leg", "2 lines"],
        ["stop 0.2, resting", "stop 0.2", "stop"],
    ]
    # a tap on the name of several tells them, the dearest first; beside it, or where one line has its own name, nothing
    assert told == [[103.4, 102, 101.2], None, None]
    # 0 and 14 become one at 7; 28 is 21 away from that and stays until 42 joins it at 35, which is 28 away
    assert crowd == [2, 2]


# The words of a fill are 100 pixels wide in a chart of 200: in its middle they are centred, at an edge moved inwards.

FILLS = """async (places) => {
  const { FillNames } = await import("/static/dashboard/chart_fills.js");
  const context = { measureText: () => ({ width: 100 }), fillRect: () => {}, fillText: () => {} };
  const series = { attachPrimitive: () => {}, dataByIndex: () => ({ low: 90, high: 110 }), priceToCoordinate: (price) => 200 - price };
  const scale = { x: (at) => at, logicalOf: () => 0, time: { options: () => ({ barSpacing: 5 }) } };
  const names = new FillNames({ series, scale, colours: () => ({}) });
  const drawn = (time) => names.drawOne(context, { time, position: "belowBar", size: 1, text: "bought 2", id: "group-3" }, 200, 10);
  names.boxes = [drawn(100)];
  return [places.map((at) => drawn(at)?.left ?? null), names.at({ x: 60, y: 131 }), names.at({ x: 10, y: 131 }) ?? null];
}"""


async def test_the_words_of_a_fill_are_read_whole(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    places = {100: 50, 20: 4, 190: 96, 210: None}  # 200 − 100 − 4 = 96; a bar that is out of sight has none
    # below the bar's low at 110: 110 + 12 of the arrow + 6 + 3 = 131
    assert await page.evaluate(FILLS, list(places)) == [list(places.values()), "group-3", None]
