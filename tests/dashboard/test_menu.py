"""The menu and the bar: on every page, only what exists, the account kept, three questions for all of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from dashboard import menu, shell
from dashboard.menu import MENU, Page
from project.journal.models import JournalEntry
from tests.dashboard import rows
from trading.models import PositionGroup

PAGES = [page for _, pages in MENU for page in pages]


@pytest.fixture
def now() -> Iterator[datetime]:
    """Noon, and the clock goes on from there: what closed two hours ago closed today, also where tests run at night."""
    with time_machine.travel(timezone.now().replace(hour=12, minute=0)):
        yield timezone.now()


def titles(**seen: object) -> list[str]:
    shown = menu.sections(**{"here": "", "account_id": None, "is_staff": True} | seen)
    return [link.title for section in shown for link in section.links]


def test_a_page_without_an_address_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(menu, "MENU", (("Trade", (Page("Nowhere", "dashboard:nowhere", "?"),)), *MENU))
    assert "Nowhere" not in titles()
    assert "Overview" in titles()


def test_staff_sees_more() -> None:
    assert set(titles()) - set(titles(is_staff=False)) == {"Admin"}


def test_the_account_that_is_looked_at_is_kept() -> None:
    shown = menu.sections(here="pool", account_id=7, is_staff=False)
    links = {link.title: link for section in shown for link in section.links}
    assert (links["Pool"].href, links["Tasks"].href) == ("/pool?account=7", "/tasks")
    assert [link.title for link in links.values() if link.here] == ["Pool"]


def test_the_thumb_s_bar_has_four_and_the_first_is_the_overview() -> None:
    thumbs = menu.thumb_bar(menu.sections(here="", account_id=None, is_staff=False))
    assert (len(thumbs), thumbs[0].title) == (menu.THUMB, "Overview")


def test_every_page_stands_once() -> None:
    assert len({page.address for page in PAGES}) == len(PAGES)
    assert len({page.thumb for page in PAGES if page.thumb}) == sum(bool(page.thumb) for page in PAGES)


@pytest.mark.parametrize("address", ["/", "/groups", "/pool", "/history", "/performance", "/logs", "/kill", "/lost", "/tasks", "/offset", "/preview", "/shadow"])  # fmt: skip
def test_bar_and_menu_are_on_every_page(root: Client, address: str) -> None:
    cache.clear()
    page = root.get(address).content.decode()
    for said in ('data-part="health"', 'class="pill paper"', "Kill…", "Workers", "+ 14.58".replace(" ", "\u202f")):
        assert said in page
    assert page.count('aria-label="Main"') == 1
    assert "style=" not in page


def test_the_bar_asks_one_question(day: rows.Desk, now: datetime, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        bar = shell.gather(None, now=now)
    assert (bar.facts.groups, bar.facts.waiting, bar.account.name) == (3, 0, "paper-1")


def test_today_counts_from_midnight_and_leaves_out_what_never_filled(day: rows.Desk, now: datetime) -> None:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    PositionGroup.objects.filter(closed_at__isnull=False).update(closed_at=midnight - timedelta(seconds=1))
    PositionGroup.objects.filter(realised_pnl="12.40").update(closed_at=midnight)
    PositionGroup.objects.filter(realised_pnl="4.10").update(closed_at=midnight, status="FAILED")
    assert float(shell.gather(None, now=now).health.today) == 12.4


def test_an_unsealed_row_that_waits_is_said(day: rows.Desk, now: datetime) -> None:
    entry = JournalEntry.objects.create(kind="x", subject="x:1", payload={})
    JournalEntry.objects.filter(pk=entry.pk).update(at=now - timedelta(seconds=9))
    journal = shell.gather(None, now=now).health.pulses[-1]
    assert (journal.name, journal.late_secs) == ("Journal", 7)  # 9 − 2


def test_an_installation_without_an_account_has_a_bar(db: None, now: datetime) -> None:
    rows.admin()
    bar = shell.gather(None, now=now)
    assert (bar.account, bar.health.today, [pulse.name for pulse in bar.health.pulses]) == (
        None, None, ["Workers", "Journal"],
    )  # fmt: skip


@pytest.mark.parametrize("address", ["/groups", "/pool", "/history", "/performance", "/logs"])
def test_without_an_account_every_screen_says_what_to_do(db: None, client: Client, address: str) -> None:
    client.force_login(rows.admin())
    page = client.get(address)
    assert page.status_code == 200
    assert "No exchange account yet" in page.content.decode() or address == "/logs"


@pytest.mark.parametrize(("page", "acts"), [("/", False), ("/groups", False), ("/offset", False), ("/lost", True)])
def test_deeds_are_drawn_only_where_they_may_be_done(stranger: Client, trader: Client, page: str, acts: bool) -> None:
    drawn = 'class="stage acts'
    assert drawn in trader.get(page).content.decode()
    assert (drawn in stranger.get(page).content.decode()) is acts
