"""Under the sealed profile nothing on page, admin or API changes anything but the red button, withdrawing and the log-in."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from dashboard import live
from dashboard.formats import amount
from dashboard.sealed import FREE
from project.accounts import latch
from signals.models import Alert
from tests.dashboard import rows
from trading.kill import places
from trading.models import PendingChange, SettingOverride
from trading.services import sealing

pytestmark = pytest.mark.django_db
KEPT = ("accounts", "journal", "risk", "signals", "trading", "dashboard")
VALUES: Mapping[str, str] = {
    "int": "1",
    "path": "x",
    "slug": "x",
    "str": "x",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


@pytest.fixture
def sealed(day: rows.Desk) -> rows.Desk:
    SettingOverride.objects.create(name="profile", value="sealed")
    return day


@pytest.fixture
def home(tmp_path: Path, settings: pytest.FixtureRequest) -> Iterator[Path]:
    """A data folder that somebody watches: no process is started by a press."""
    settings.WINDLASS = replace(django_settings.WINDLASS, home=tmp_path)  # type: ignore[attr-defined]
    with places.only_watcher(tmp_path):
        yield tmp_path


def names(patterns: list[Any], space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every named address of the web process, the admin's included."""
    for found in patterns:
        if isinstance(found, URLResolver):
            yield from names(found.url_patterns, f"{space}{found.namespace}:" if found.namespace else space)
        elif found.name:
            yield f"{space}{found.name}", found


def address(name: str, pattern: URLPattern) -> str:
    values = {
        key: VALUES[type(one).__name__.removesuffix("Converter").lower().replace("string", "str")]
        for key, one in pattern.pattern.converters.items()
    }
    groups = getattr(getattr(pattern.pattern, "regex", None), "groupindex", {})
    return reverse(name, kwargs=values or dict.fromkeys(groups, "trading"))


def everything() -> dict[str, list[Any]]:
    """All rows of ours, without what a look leaves behind."""
    models = [model for label in KEPT for model in apps.get_app_config(label).get_models()]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


def test_no_address_changes_anything(root: Client, sealed: rows.Desk, home: Path) -> None:
    before = everything()
    walked = dict(names(get_resolver().url_patterns))
    done = {
        name: root.post(address(name, pattern)).status_code
        for name, pattern in walked.items()
        if name != "dashboard:logout"
    }
    assert everything() == before
    assert len(done) > 100
    assert {name for name, status in done.items() if status != 403} <= FREE


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_whatever_the_method(root: Client, sealed: rows.Desk, method: str) -> None:
    answer = getattr(root, method)(reverse("dashboard:lost"))
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "page", ["dashboard:offset", "admin:trading_positiongroup_changelist", "admin:journal_journalentry_changelist"]
)
def test_what_is_open_is_hidden_unless_the_setting_shows_it(root: Client, sealed: rows.Desk, page: str) -> None:
    hidden = root.get(reverse(page))
    assert hidden.status_code == 403
    assert "SEALED" in hidden.content.decode()
    SettingOverride.objects.create(name="sealed_pnl", value="view")
    assert root.get(reverse(page)).status_code == 200


def test_the_overview_shows_the_count_and_no_position(root: Client, sealed: rows.Desk) -> None:
    text = root.get("/").content.decode()
    assert "Sealed: what is open is shown as count and total alone." in text
    assert 'data-key="group-' not in text


def test_no_page_tells_what_moves_with_the_positions(root: Client, sealed: rows.Desk) -> None:
    """Equity and balances: on spot they are the position, and their change is its profit."""
    account = sealed.account
    pages = [
        "/",
        "/accounts",
        f"/accounts/{account.pk}",
        "/risk",
        "/pool",
        "/signals",
        "/sealed",
        "/tasks",
        "/settings",
    ]
    shown = live.gather(account.pk, now=timezone.now()).cards
    assert shown is not None
    told = {amount(figure, account.quote) for figure in (shown.equity.total, shown.balance, shown.free)}
    texts = {page: root.get(page).content.decode() for page in pages}
    assert {page for page, text in texts.items() if any(figure in text for figure in told)} == set()
    SettingOverride.objects.create(name="sealed_pnl", value="view")
    assert all(figure in root.get("/").content.decode() for figure in told)


def test_what_is_hidden_is_not_called_nothing(root: Client, sealed: rows.Desk) -> None:
    text = root.get("/").content.decode()
    assert "hidden by the seal" in text
    assert "Hidden by the seal: the curve" in text


def test_the_menu_leaves_out_what_is_closed(root: Client, sealed: rows.Desk) -> None:
    links = [f'href="{reverse(f"dashboard:{page}")}?' for page in ("offset", "history")]
    hidden = root.get("/").content.decode()
    assert [link in hidden for link in links] == [False, True]
    SettingOverride.objects.create(name="sealed_pnl", value="view")
    shown = root.get("/").content.decode()
    assert [link in shown for link in links] == [True, True]


@pytest.mark.parametrize(("sheet", "status"), [("groups", 200), ("fills", 403), ("orders", 403), ("curve", 403)])
def test_the_export_of_what_has_closed_stays(root: Client, sealed: rows.Desk, sheet: str, status: int) -> None:
    assert root.get(reverse("dashboard:history_csv", args=[sheet])).status_code == status


@pytest.mark.parametrize("visible", [False, True])
def test_the_api_hides_what_the_pages_hide(root: Client, sealed: rows.Desk, visible: bool) -> None:
    alert = Alert.objects.latest("pk")
    Alert.objects.update(details={"qty": "0.5"})
    SettingOverride.objects.create(name="sealed_pnl", value="view" if visible else "hidden")
    whole = root.get(f"/api/v1/alerts/{alert.pk}").json()
    assert whole["details"] == ({"qty": "0.5"} if visible else {})
    for deed in ("adopt", "movements"):
        foreign = root.get(f"/api/v1/accounts/{sealed.account.pk}/{deed}")
        assert (foreign.status_code == 403) is not visible
    account = root.get(f"/api/v1/accounts/{sealed.account.pk}").json()
    assert bool(account["balances"]) is visible  # of a spot account they are the position
    row = root.get(reverse("admin:signals_alert_change", args=[alert.pk]))
    assert (row.status_code == 403) is not visible


def test_the_api_refuses_in_its_own_shape(root: Client, sealed: rows.Desk) -> None:
    said = root.post("/api/v1/queue/1/promote", {}, content_type="application/json")
    assert said.headers["Content-Type"] == "application/problem+json"
    assert {name: said.json()[name] for name in ("type", "title", "status", "code")} == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "code": "SEALED",
    }


def test_the_page_says_what_is_open_and_what_waits(root: Client, sealed: rows.Desk) -> None:
    text = root.get(reverse("dashboard:sealed")).content.decode()
    assert "The profile is sealed" in text
    assert sealed.account.name in text


def test_the_red_button_works(trader: Client, sealed: rows.Desk, home: Path) -> None:
    assert trader.post("/kill", {"reason": "smoke in here", "phrase": "KILL"}).status_code == 302
    assert latch.is_set(home)


def add(root: Client, **fields: Any) -> str:
    form = {"user": "", "account": "", "symbol": "", **fields}
    return root.post(reverse("admin:trading_settingoverride_add"), form, follow=True).content.decode()


def test_a_setting_waits_and_is_withdrawn(root: Client, sealed: rows.Desk) -> None:
    assert "holds from" in add(root, name="per_symbol_pct", value="40")
    waits = PendingChange.objects.get()
    assert (waits.name, waits.value, waits.asked_by) == ("per_symbol_pct", "40", "root")
    assert not SettingOverride.objects.filter(name="per_symbol_pct").exists()
    assert "per_symbol_pct" in root.get(reverse("dashboard:sealed")).content.decode()
    root.post(reverse("dashboard:withdraw_change", args=[waits.pk]))
    assert not sealing.waiting()


def test_a_setting_that_protects_more_holds_at_once(root: Client, sealed: rows.Desk) -> None:
    assert "holds at once" in add(root, name="per_symbol_pct", value="4")
    assert SettingOverride.objects.get(name="per_symbol_pct").value == "4"


def test_a_setting_that_is_refused_is_not_asked_for(root: Client, sealed: rows.Desk) -> None:
    add(root, name="per_symbol_pct", value="four")
    assert not PendingChange.objects.exists()


def test_the_seal_itself_waits(root: Client, sealed: rows.Desk) -> None:
    row = SettingOverride.objects.get(name="profile")
    form = {"user": "", "account": "", "symbol": "", "name": "profile", "value": "standard"}
    root.post(reverse("admin:trading_settingoverride_change", args=[row.pk]), form)
    assert sealing.in_force()
    assert PendingChange.objects.get().value == "standard"
    root.post(reverse("admin:trading_settingoverride_delete", args=[row.pk]), {"post": "yes"})
    assert sealing.in_force()


def test_going_on_waits_and_pausing_only_protects(trader: Client, sealed: rows.Desk) -> None:
    wanted = ("REDUCED", "PAUSED")
    answers = [trader.post("/mode", {"wanted": one, "reason": "a feeling"}).status_code for one in wanted]
    assert answers == [403, 302]
    trader.post("/mode", {"wanted": "NORMAL", "reason": "all is well"})
    assert [row.name for row in sealing.waiting()] == [sealing.MODE]


def test_a_trader_withdraws_what_is_his_and_nobody_elses(root: Client, stranger: Client, sealed: rows.Desk) -> None:
    add(root, name="per_symbol_pct", value="40", account=sealed.account.pk)
    waits = PendingChange.objects.get()
    address = reverse("dashboard:withdraw_change", args=[waits.pk])
    assert address not in stranger.get(reverse("dashboard:sealed")).content.decode()
    assert "somebody else" in stranger.post(address, follow=True).content.decode()
    assert [row.pk for row in sealing.waiting()] == [waits.pk]
    assert address in root.get(reverse("dashboard:sealed")).content.decode()


def test_a_viewer_withdraws_nothing(viewer: Client, root: Client, sealed: rows.Desk) -> None:
    add(root, name="per_symbol_pct", value="40")
    viewer.post(reverse("dashboard:withdraw_change", args=[PendingChange.objects.get().pk]))
    assert len(sealing.waiting()) == 1
