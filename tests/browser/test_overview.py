"""The live page in Chromium: it fits, it moves, it says when it does not, and hostile text stays text."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.db import transaction
from django.utils import timezone
from playwright.async_api import Page, expect

from project.accounts import mode
from project.accounts.models import Balance, ExchangeAccount
from project.journal.publish import publish
from project.journal.record import record
from project.journal.sealer import seal_batch
from signals.models import Instrument, Ticker
from tests.browser.conftest import OpenPage
from tests.browser.server import WebProcess
from tests.dashboard import rows
from trading.domain.order_state import OrderState
from trading.domain.vocabulary import GroupStatus
from trading.models import Canary, Order, PositionGroup, SettingOverride

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOSTILE = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>'


def seal_and_publish() -> None:
    """What the pump does after a commit."""
    sealed = seal_batch(holder="test", now=timezone.now())
    assert sealed is not None
    publish(sealed)


def happen(kind: str, subject: str) -> None:
    with transaction.atomic():
        record(kind, subject=subject, payload={})
    seal_and_publish()


def all_fresh() -> None:
    """Nothing grows late while a slow machine opens its browser."""
    later = timezone.now() + timedelta(minutes=5)
    Canary.objects.update(answered_at=later)
    Ticker.objects.update(at=later)
    Balance.objects.update(at=later)


def group(symbol: str) -> PositionGroup:
    return PositionGroup.objects.get(instrument__symbol=symbol, closed_at=None)


def take_target(symbol: str) -> None:
    """The resting target of a group's first leg fills."""
    target = Order.objects.get(group=group(symbol), leg__index=0, purpose="TARGET")
    target.state, target.filled_qty = OrderState.FILLED, target.qty
    target.save()
    happen("order.state", f"order:{target.pk}")


def close(symbol: str) -> None:
    row = group(symbol)
    row.status, row.closed_at, row.close_reason = GroupStatus.CLOSED, timezone.now(), "TARGETS_TAKEN"
    row.save()
    row.slots.update(released_at=row.closed_at)
    happen("group.closed", f"group:{row.pk}")


def row_of(page: Page, symbol: str):
    return page.locator("tbody.group", has_text=symbol)


async def overflow(page: Page) -> int:
    return int(await page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_the_page_fits_with_every_group_open(browser_page: OpenPage, width: int, theme: str) -> None:
    page = await browser_page(width, theme=theme)
    for box in await page.locator(".more").all():
        await box.click()
    for summary in await page.locator(".pair summary").all():
        await summary.click()
    assert await overflow(page) == 0
    await expect(page.locator("tbody.detail").first).to_contain_text("target taken")


def stay_spot(day: rows.Desk) -> None:
    """As the day made them."""


def become_futures(day: rows.Desk) -> None:
    """The widest rows there are: long names, leverage, a stop at the venue beside a hybrid target."""
    for base in ("BTC", "ETH"):
        Instrument.objects.filter(base=base).update(symbol=f"{base}/USDT:USDT", kind="LINEAR")
        row = group(f"{base}/USDT:USDT")
        row.leverage, row.tp_mode, row.blocked = 10, "PER_LEG", True
        row.save()
        stop = {"qty": row.qty, "type": "STOP_MARKET", "trigger_price": Ticker.objects.get(instrument__base=base).last}
        day.order(row, None, "STOP", OrderState.OPEN, **stop)


BEYOND = """panel => [...panel.querySelectorAll("*")].filter(element => {
  const box = element.getBoundingClientRect(), card = panel.getBoundingClientRect();
  return box.width > 1 && (box.right > card.right + .5 || box.left < card.left - .5);
}).map(element => element.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("prepare", [stay_spot, become_futures])
@pytest.mark.parametrize("width", [1366, 1440])
async def test_nothing_of_the_open_groups_stands_beyond_their_card(
    day: rows.Desk, browser_page: OpenPage, width: int, prepare: Callable[[rows.Desk], None]
) -> None:
    await database_sync_to_async(prepare)(day)
    page = await browser_page(width)
    await expect(page.locator("tbody.group").first).to_contain_text("USDT")
    assert await page.locator("#groups").evaluate(BEYOND) == []


async def test_a_leg_on_a_phone_has_its_name_on_one_line_and_its_target(browser_page: OpenPage) -> None:
    page = await browser_page(390)
    await row_of(page, "ETH/USDT").locator(".more").click()
    detail = page.locator("tbody.detail:visible")
    await expect(detail.locator("div.slim").first).to_have_text("target → 2,668.21")
    lines = "cell => { const area = document.createRange(); area.selectNodeContents(cell); return area.getClientRects().length; }"
    assert await detail.locator("tr[data-key] > td:first-child").first.evaluate(lines) == 1


def set_legs(day: rows.Desk) -> None:
    """The widest value there is, for a pair."""
    scope = {"account": day.account, "symbol": "BTC/USDT:USDT", "changed_by": "a-rather-long-name"}
    value = " ".join(f"(-{gap}, 12.5, 0.75)" for gap in range(8))
    SettingOverride.objects.create(name="legs", value=value, **scope)


SCROLLING = """page => [...page.querySelectorAll("*")].filter(element =>
  ["auto", "scroll"].includes(getComputedStyle(element).overflowX) && element.scrollWidth > element.clientWidth
).map(element => element.outerHTML.slice(0, 120))"""


async def test_the_list_of_settings_does_not_scroll_sideways(day: rows.Desk, browser_page: OpenPage) -> None:
    await database_sync_to_async(set_legs)(day)
    page = await browser_page(1440)
    await page.goto(f"{page.url}admin/trading/settingoverride/")
    await expect(page.locator("main, body").first).to_contain_text("a-rather-long-name")
    assert await page.locator("body").evaluate(SCROLLING) == []


async def test_while_all_is_well_the_bar_of_a_phone_is_one_line(browser_page: OpenPage) -> None:
    page = await browser_page(390)
    await database_sync_to_async(all_fresh)()
    await database_sync_to_async(happen)("test.happened", "test:1")
    await expect(page.locator("html")).to_have_attribute("data-number", "1")
    box = await page.locator(".health").bounding_box()
    assert box["height"] < 60  # two lines would be more than 80


async def test_a_price_moves_a_row_in_place(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    row = row_of(page, "ETH/USDT")
    await row.evaluate("element => { element.mark = 'the same'; }")
    await database_sync_to_async(Ticker.objects.filter(instrument__symbol="ETH/USDT").update)(last="2700.00")
    await database_sync_to_async(happen)("test.happened", "test:1")
    await expect(row).to_contain_text("2,700.00")
    assert await row.evaluate("element => element.mark") == "the same"
    await expect(page.locator("html")).to_have_attribute("data-number", "1")


async def test_a_fill_reaches_the_open_detail(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    await row_of(page, "ETH/USDT").locator(".more").click()
    detail = page.locator("tbody.detail:visible")
    await expect(detail).to_contain_text("filled, target resting")
    await database_sync_to_async(take_target)("ETH/USDT")
    await expect(detail).to_contain_text("target taken")
    await expect(row_of(page, "ETH/USDT").locator(".legs i.t")).to_have_count(1)


async def test_a_group_that_closes_moves_down_and_gives_its_slot_back(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    await expect(page.locator(".slots i.f")).to_have_count(3)
    await database_sync_to_async(close)("SOL/USDT")
    await expect(page.locator("tbody.group")).to_have_count(2)
    await expect(page.locator("#closed tbody tr").first).to_contain_text("SOL/USDT")
    await expect(page.locator(".slots i.f")).to_have_count(2)
    await expect(page.locator("[data-fact=groups]").first).to_have_text("2")


async def test_a_reader_keeps_what_is_open(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    await row_of(page, "BTC/USDT").locator(".more").click()
    await page.locator("tbody.detail:visible summary").first.click()
    await database_sync_to_async(Ticker.objects.update)(last="100.00")
    await database_sync_to_async(close)("SOL/USDT")
    await expect(page.locator("tbody.group")).to_have_count(2)
    await expect(page.locator("tbody.detail:visible details[open]")).to_have_count(1)


async def test_hostile_text_stays_text(day: rows.Desk, browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    sender = await database_sync_to_async(day.account.sources.get)()
    fields = {"at": timezone.now(), "format": "", "details": {"symbol": HOSTILE}}
    await database_sync_to_async(rows.alert)(sender, 66, HOSTILE, "UNREADABLE", HOSTILE, **fields)
    await database_sync_to_async(happen)("alert.settled", "alert:66")
    await expect(page.locator("[data-part=alerts] li").first).to_contain_text("<script>")
    assert await page.locator(".feed img").count() == 0
    await expect(page).to_have_title("Overview · Windlass")


async def test_pausing_asks_why_and_shows_everywhere(browser_page: OpenPage) -> None:
    page, other = await browser_page(1440), await browser_page(390)
    await page.get_by_role("link", name="Pause…").click()
    await page.get_by_label("Reason, kept in the journal").locator("visible=true").fill("news at noon")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator(".pill.mode")).to_have_text("PAUSED")
    await database_sync_to_async(seal_and_publish)()
    await expect(other.locator(".pill.mode")).to_have_text("PAUSED")
    assert (await database_sync_to_async(mode.current)()).reason == "news at noon"


async def test_the_theme_is_remembered(browser_page: OpenPage) -> None:
    page = await browser_page(1440, theme="light")
    before = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    await page.locator("nav.side [data-theme-toggle]").click()
    await page.reload()
    after = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (before, after) == ("rgb(246, 247, 249)", "rgb(14, 17, 22)")


async def test_a_lost_connection_is_said_with_the_age_of_what_is_shown(
    browser_page: OpenPage, own_web: WebProcess
) -> None:
    page = await browser_page(1440, url=own_web.url)
    await expect(page.locator("[data-link]")).to_have_text("live")
    own_web.stop()
    await expect(page.locator("[data-lost]")).to_contain_text("Connection lost, trying again. What is shown is")
    await expect(page.locator("[data-link]")).to_have_text("not live")


async def test_closing_asks_with_the_consequence_and_closes(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    await row_of(page, "ETH/USDT").get_by_role("link", name="Close ETH/USDT LONG…").click()
    dialog = page.locator("dialog#ask")
    await expect(dialog).to_contain_text("Cancels 3 resting orders, sells 0.0379 ETH at market")
    await dialog.get_by_role("button", name="Close now").click()
    await expect(page.locator(".note")).to_contain_text("Closing ETH/USDT LONG")
    await expect(row_of(page, "ETH/USDT")).to_contain_text("closing")
    assert (await database_sync_to_async(group)("ETH/USDT")).close_reason == "BY_HAND root"


async def test_a_question_can_be_left(browser_page: OpenPage) -> None:
    page = await browser_page(1440)
    await row_of(page, "ETH/USDT").get_by_role("link", name="Close ETH/USDT LONG…").click()
    await page.locator("dialog#ask").get_by_role("link", name="Cancel").click()
    await expect(page.locator("dialog#ask")).not_to_be_visible()
    assert (await database_sync_to_async(group)("ETH/USDT")).closing_at is None


async def test_a_phone_closes_from_the_detail(browser_page: OpenPage) -> None:
    page = await browser_page(390)
    await row_of(page, "ETH/USDT").locator(".more").click()
    await page.locator("tbody.detail:visible").get_by_role("link", name="Close…").click()
    await expect(page.locator("dialog#ask")).to_contain_text("sells 0.0379 ETH")


@pytest.mark.parametrize("width", [390, 1440])
async def test_queue_and_person_appear_and_fit(day: rows.Desk, browser_page: OpenPage, width: int) -> None:
    page = await browser_page(width)
    await expect(page.locator("#queue")).not_to_be_visible()
    await expect(page.locator("#person")).not_to_be_visible()
    await database_sync_to_async(trouble)(day)
    await expect(page.locator("#queue")).to_contain_text("the only one")
    await expect(page.locator("#person")).to_contain_text("cannot prove that it was not placed")
    await expect(page.locator("#person")).to_contain_text("The venue refused the keys")
    assert await overflow(page) == 0


def trouble(day: rows.Desk) -> None:
    """One waits for a slot, one order needs a person, and the venue refuses the keys."""
    rows.queued(day, "XRP", minutes=5, price="0.5427", last_denial="10 of 10 slots are taken. Wait for one to close.")
    Order.objects.filter(state=OrderState.UNKNOWN).update(state=OrderState.NEEDS_HUMAN)
    ExchangeAccount.objects.update(health="KEYS_REFUSED", health_detail="binance refused the account's keys (-2015).")
    happen("account.unhealthy", "account:1")
