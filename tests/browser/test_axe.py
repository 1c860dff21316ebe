"""Every page of the menu and those below them, once, with strangers' worst text everywhere: nothing of it runs or breaks out,
nothing is asked of another host, nothing scrolls sideways on a phone, and axe-core finds nothing serious in dark or light."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.async_api import Browser, BrowserContext, Page

from dashboard import menu
from project.accounts.models import ExchangeAccount, User
from project.journal.models import JournalEntry
from signals.models import Alert
from tests.browser import axe, hostile
from tests.browser.chromium import PATIENCE_MS
from tests.browser.conftest import HEIGHTS
from tests.browser.server import WebProcess
from tests.browser.test_overview import overflow
from tests.dashboard import rows
from tests.dashboard.api import world
from trading.models import Order, PositionGroup, QueuedSignal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ESCAPED = """() => ({
  ran: window.taken ?? 0,
  markup: [...document.querySelectorAll("img[src=x], script:not([src]):not([type])")].map(one => one.outerHTML.slice(0, 120)),
  turned: [...document.body.innerText.matchAll(/[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]/g)].length,
})"""
SAFE = {"ran": 0, "markup": [], "turned": 0}
LISTENS = "() => !document.querySelector('[data-link]') || document.documentElement.dataset.number"
TOLD = ("fill", "mode.changed", "alert.settled", "group.closed", "source.changed", "token.made", "nobody.knows")
BELOW: dict[str, type[Model]] = {
    "account": ExchangeAccount,
    "account_keys": ExchangeAccount,
    "add_to_group": PositionGroup,
    "block_group": PositionGroup,
    "cancel_order": Order,
    "close_group": PositionGroup,
    "edit_group_exits": PositionGroup,
    "group": PositionGroup,
    "promote": QueuedSignal,
    "signal": Alert,
}
# Pages below those of the menu, about one thing; and those about nothing.
ALONE = ("add_account", "profile", "settings_versions", "why")
TABS = 2
# At once: as many as a small machine has cores.


@dataclass
class Seen:
    """What the browser complained of and asked for, which pages told the worst words, and what is wrong with each."""

    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    wrong: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture
def places(transactional_db: None) -> list[str]:
    """Everything there is, all of it told in the worst words; the addresses of every page."""
    now = timezone.now()
    day = world.world(rows.admin(), now=now)
    for kind in TOLD:
        said = dict.fromkeys(("reason", "operator", "symbol", "words", "detail", "name", "outcome"), hostile.HOSTILE)
        JournalEntry.objects.create(kind=kind, subject="alert:1", payload=said, account_id=day.account.pk)
    hostile.plant()
    hostile.plant_inside()
    one = [reverse(f"dashboard:{name}", args=[_open(model)]) for name, model in BELOW.items()]
    return [*addresses(day.account.pk), *one, *(reverse(f"dashboard:{name}") for name in ALONE)]


def _open(model: type) -> int:
    return int(model._default_manager.order_by("pk").values_list("pk", flat=True)[0])


def addresses(account_id: int) -> list[str]:
    """Every page of the menu, as an admin has it."""
    found = menu.sections(here="", account_id=account_id, is_staff=True)
    return [link.href for section in found for link in section.links]


@pytest.fixture
def cookie(places: list[str]) -> str:
    client = Client()
    client.force_login(User.objects.get(username="root"))
    return client.cookies["sessionid"].value


async def test_every_page_is_for_everybody_and_safe(
    browser: Browser, web: WebProcess, places: list[str], cookie: str
) -> None:
    context = await browser.new_context(reduced_motion="reduce", color_scheme="dark")
    await context.add_cookies([{"name": "sessionid", "value": cookie, "url": web.url}])
    walks = [_walk(context, web.url, places[first::TABS]) for first in range(TABS)]
    found = [*await asyncio.gather(*walks), await _walk(await browser.new_context(), web.url, ["/login"])]
    assert {place: said for seen in found for place, said in seen.wrong.items() if said} == {}
    assert {host for seen in found for host in seen.hosts} == {urlsplit(web.url).netloc}
    assert len({place for seen in found for place in seen.told}) > 10  # it was there to be seen
    assert len(places) > len(BELOW) + 15


async def _walk(context: BrowserContext, url: str, places: list[str]) -> Seen:
    """One tab, page after page."""
    seen, page = Seen(), await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda message: seen.complaints.extend([message.text] * (message.type == "error")))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("request", lambda request: seen.hosts.add(urlsplit(request.url).netloc))
    for place in places:
        seen.wrong[place] = [*await _look(page, url + place), *seen.complaints]
        seen.complaints.clear()
        seen.told.extend([place] * await page.get_by_text(hostile.TAKES).count())
    return seen


async def _look(page: Page, url: str) -> list[str]:
    """What is wrong with a page: dark and wide, light, then as narrow as a phone."""
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 1440, "height": HEIGHTS[1440]})
    answer = await page.goto(url)
    await page.wait_for_function(LISTENS)
    await axe.bring(page)
    dark = await axe.findings(page, rules=[])
    await page.emulate_media(color_scheme="light")
    light = await axe.findings(page, rules=axe.COLOURS)
    await page.set_viewport_size({"width": 390, "height": HEIGHTS[390]})
    beyond, safe = await overflow(page), await page.evaluate(ESCAPED)
    facts = {"status": answer and answer.status, "sideways": beyond, **safe}
    wanted = {"status": 200, "sideways": 0, **SAFE}
    return [*dark, *(f"light: {one}" for one in light), *(f"{k}: {v}" for k, v in facts.items() if v != wanted[k])]
