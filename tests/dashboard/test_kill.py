"""The red button on the page: a typed word, who may, what is shown afterwards, the two steps out."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from project.accounts import latch, mode
from project.journal.models import JournalEntry
from tests.dashboard import rows
from trading.kill import places
from trading.kill.journal import Journal
from trading.models import PositionGroup, SettingOverride

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path: Path, settings: pytest.FixtureRequest) -> Iterator[Path]:
    """A data folder that somebody watches: no process is started by a press."""
    settings.WINDLASS = replace(django_settings.WINDLASS, home=tmp_path)  # type: ignore[attr-defined]
    with places.only_watcher(tmp_path):
        yield tmp_path


def press(browser: Client, **changed: str) -> int:
    return browser.post("/kill", {"reason": "smoke in here", "phrase": "KILL"} | changed).status_code


def shown(browser: Client) -> str:
    return browser.get("/kill").content.decode()


def test_the_page_says_what_is_at_stake(day: rows.Desk, trader: Client, home: Path) -> None:
    text = shown(trader)
    assert "Stop everything" in text
    assert day.account.name in text
    assert "A kill process watches" in text


def test_a_typed_word_and_a_reason_stop_everything(trader: Client, home: Path) -> None:
    assert press(trader) == 302
    standing = latch.read(home)
    assert standing is not None
    assert (standing.operator, standing.reason, standing.source) == ("mira", "smoke in here", "page")
    assert mode.locked().mode == "EMERGENCY"
    assert JournalEntry.objects.filter(kind="mode.changed", payload__operator="mira").count() == 1


@pytest.mark.parametrize("changed", [{"phrase": "kill"}, {"phrase": ""}, {"reason": "no"}, {"reason": "x" * 201}])
def test_anything_less_stops_nothing(trader: Client, home: Path, changed: dict[str, str]) -> None:
    assert press(trader, **changed) == 422
    assert not latch.is_set(home)


def test_a_viewer_may_not(viewer: Client, home: Path) -> None:
    assert press(viewer) == 403
    assert not latch.is_set(home)


def test_afterwards_the_page_says_how_far_it_is(trader: Client, home: Path) -> None:
    press(trader)
    standing = latch.read(home)
    assert standing is not None
    Journal(home, standing.id).write("cancelled", symbol="BTC/USDT")
    text = shown(trader)
    assert "Not flat yet" in text
    assert "BTC/USDT" in text


def test_afterwards_what_groups_still_hold_is_named_with_the_reason(day: rows.Desk, trader: Client, home: Path) -> None:
    held = PositionGroup.objects.filter(closed_at=None, qty__gt=0).order_by("id").first()
    press(trader)
    standing = latch.read(home)
    assert held is not None
    assert standing is not None
    facts = {"account": held.account_id, "symbol": held.instrument.symbol, "detail": "<b>halted</b>"}
    Journal(home, standing.id).write("refused", **facts)
    text = shown(trader)
    assert "Still open" in text
    assert f"{held.qty.normalize():f} {held.instrument.base}" in text
    assert "the venue refused: &lt;b&gt;halted&lt;/b&gt;" in text
    PositionGroup.objects.update(qty=0)
    assert "No group holds anything." in shown(trader)


def test_two_steps_lead_out(trader: Client, home: Path) -> None:
    press(trader)
    trader.post("/kill/confirm", {"phrase": mode.LEAVE_PHRASE})
    assert latch.is_set(home)  # nobody has asked
    trader.post("/kill/leave", {"reason": "it was the toaster"})
    assert "mira asked at" in shown(trader)
    trader.post("/kill/confirm", {"phrase": "please"})
    assert latch.is_set(home)
    trader.post("/kill/confirm", {"phrase": mode.LEAVE_PHRASE})
    assert (mode.current().mode, latch.is_set(home)) == ("PAUSED", False)


def test_with_approvals_on_it_takes_another_person(trader: Client, home: Path) -> None:
    SettingOverride.objects.create(name="approvals", value="on")
    press(trader)
    trader.post("/kill/leave", {"reason": "it was the toaster"})
    trader.post("/kill/confirm", {"phrase": mode.LEAVE_PHRASE})
    assert latch.is_set(home)


@pytest.mark.parametrize("path", ["/kill/leave", "/kill/confirm"])
def test_a_viewer_leads_nobody_out(trader: Client, viewer: Client, home: Path, path: str) -> None:
    press(trader)
    trader.post("/kill/leave", {"reason": "it was the toaster"})
    viewer.post(path, {"reason": "let me", "phrase": mode.LEAVE_PHRASE})
    assert latch.is_set(home)
    assert mode.locked().leaving_operator == "mira"


def test_positions_are_worked_down_from_the_page(trader: Client, home: Path) -> None:
    assert "Work positions down" in trader.get("/mode?wanted=REDUCED").content.decode()
    trader.post("/mode", {"wanted": "REDUCED", "reason": "less of it"})
    assert mode.current().mode == "REDUCED"
    trader.post("/mode", {"wanted": "NORMAL", "reason": "more of it"})
    assert mode.current().mode == "NORMAL"


def test_the_admin_page_sets_the_latch_too_and_leads_nobody_out(root: Client, home: Path) -> None:
    address = reverse("admin:accounts_tradingmode_change", args=[1])
    root.post(address, {"mode": "EMERGENCY", "reason": "smoke"})
    assert latch.is_set(home)
    told = root.post(address, {"mode": "NORMAL", "reason": "quick"}, follow=True).content.decode()
    assert "two steps" in told
    assert latch.is_set(home)
