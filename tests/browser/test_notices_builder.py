"""Notifications and the alert builder in Chromium: from nothing to a test that arrived, on a desk and on a phone."""

import os
from collections.abc import Iterator

import pytest
from channels.db import database_sync_to_async
from django.conf import LazySettings
from django.utils import timezone
from playwright.async_api import Page, expect

from dashboard.notices import courier
from dashboard.notices.models import Channel, Notice
from signals.models import Alert
from tests.browser.conftest import OpenPage
from tests.browser.test_overview import overflow
from tests.dashboard import rows
from tests.dashboard.notices.conftest import made
from tests.support import receivers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BOT = "123456789:AAEabcdefghijklmnopqrstuvwxyz012345"


@pytest.fixture
def hook(settings: LazySettings) -> Iterator[receivers.Webhook]:
    settings.NOTICES_PRIVATE = True
    with receivers.webhook() as seen:
        yield seen


def address(page: Page, path: str) -> str:
    return page.url.split("?")[0].rstrip("/") + path


async def shot(page: Page, name: str) -> None:
    if os.environ.get("SHOTS"):
        await page.screenshot(path=f"{os.environ['SHOTS']}/{name}.png", full_page=True)


def sent(day: rows.Desk, hook: receivers.Webhook) -> None:
    """A second channel that works, one that fails, and what was told."""
    now = timezone.now()
    made(day.account.user, f"{hook.url}/works", now=now, name="desk")
    failing = made(day.account.user, f"{hook.url}/fails", now=now, name="old webhook")
    Channel.objects.filter(pk=failing.pk).update(
        failures=3, last_error="The service knows no such address: the webhook or chat is gone or mistyped.",
        last_error_at=now, retry_at=now,
    )  # fmt: skip
    for klass, text in (
        ("groups", "BTC/USDT: group closed, targets taken: realised 41.20 USDT"),
        ("fills", "filled: buy 0.1"),
    ):
        Notice.objects.create(
            channel=failing, key=klass, klass=klass, at=now, title="PAPER paper-1: Closed groups", text=text
        )


@pytest.mark.parametrize(("width", "theme"), [(1440, "dark"), (390, "light")])
async def test_a_channel_is_made_and_tried(
    day: rows.Desk, hook: receivers.Webhook, browser_page: OpenPage, width: int, theme: str
) -> None:
    page = await browser_page(width, theme=theme)
    root = address(page, "")
    await page.goto(f"{root}/notices")
    await expect(page.locator("main")).to_contain_text("Nobody is told anything yet")
    await shot(page, f"notices-empty-{width}-{theme}")
    await page.get_by_role("link", name="Telegram").click()
    await page.fill("input[name=token]", BOT)
    await page.fill("input[name=chat]", "123456")
    assert await overflow(page) == 0
    await shot(page, f"notices-form-{width}-{theme}")
    await page.fill("input[name=zone]", "Europe/Vienna")
    await page.get_by_role("button", name="Make the channel").click()
    await expect(page.locator("#channels")).to_contain_text("…2345")
    await database_sync_to_async(sent)(day, hook)
    await page.reload()
    await page.locator(".channel", has_text="desk").get_by_role("button", name="Send a test").click()
    await expect(page.locator("#channels")).to_contain_text("A test is on its way")
    await database_sync_to_async(only_the_desk)()
    await page.reload()
    await expect(page.locator("#channels")).to_contain_text("the service took it")
    assert hook.texts() == ["Windlass: Test | This is a test from Windlass: notifications arrive here."]
    assert await overflow(page) == 0
    await shot(page, f"notices-{width}-{theme}")


def only_the_desk() -> None:
    """Send, but nothing to the services outside."""
    Channel.objects.exclude(name="desk").update(enabled=False)
    courier.serve(clock=timezone.now, linger_secs=0)  # it waits for who still sends all the same


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
async def test_an_alert_is_built_copied_and_tested(
    day: rows.Desk, browser_page: OpenPage, width: int, theme: str
) -> None:
    page = await browser_page(width, theme=theme)
    root = address(page, "")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(f"{root}/builder")
    await expect(page.locator("#template")).to_contain_text("{{strategy.order.action}}")
    await page.select_option("select[name=act]", "long")
    await expect(page.locator("#template")).to_contain_text('"action": "buy"')  # without loading the page anew
    await page.fill("input[name=size]", "100 USDT")
    await page.get_by_role("button", name="Show", exact=True).first.click()
    await expect(page.locator("#message")).to_contain_text("100 USDT")
    await page.locator("#message [data-copy]").click()
    await expect(page.locator("#message [data-copy]")).to_have_text("Copied")
    assert '"size": "100 USDT"' in await page.evaluate("navigator.clipboard.readText()")
    await page.fill("#address", "https://x.example/webhooks/secret")
    await page.locator("[data-show=address]").click()
    assert await page.locator("#address").get_attribute("type") == "text"
    await page.fill("#address", "")
    assert await overflow(page) == 0
    await shot(page, f"builder-{width}-{theme}")
    before = await database_sync_to_async(Alert.objects.count)()
    await page.get_by_role("button", name="Send a test").click()
    await page.wait_for_url("**/signals/*")
    await expect(page.locator("main")).to_contain_text("straight into the mailbox")
    await shot(page, f"builder-sent-{width}-{theme}")
    assert await database_sync_to_async(Alert.objects.count)() == before + 1
