"""What waits under the sealed profile, how it comes to hold, and how it is taken back."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from project.accounts import mode
from project.journal.models import JournalEntry
from tests.dashboard import rows
from trading.domain.sealing import WAIT
from trading.models import PendingChange, SettingOverride, SettingVersion
from trading.services import sealing
from trading.services.desk import Desk
from trading.services.overrides import Place, Wish
from trading.services.overrides_submit import submit
from trading.services.setting_versions import Said

pytestmark = pytest.mark.django_db
ALL = Place()
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def sealed(db: None) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")


def change(name: str, value: object, now: datetime, place: Place = ALL) -> PendingChange | None:
    waits = submit((Wish(name, place, value),), Said("mira"), now=now).waits
    return waits[0] if waits else None


def value_of(name: str, place: Place = ALL) -> object:
    return SettingOverride.objects.filter(name=name, **place.columns).values_list("value", flat=True).first()


def test_unsealed_everything_holds_at_once(now: datetime) -> None:
    assert change("per_symbol_pct", "40", now) is None
    assert value_of("per_symbol_pct") == "40"


@pytest.mark.usefixtures("sealed")
def test_what_loosens_waits_a_day_and_what_tightens_does_not(now: datetime) -> None:
    waits = change("per_symbol_pct", "40", now)  # 10 holds by default
    assert waits is not None
    assert waits.due_at == now + WAIT
    assert value_of("per_symbol_pct") is None
    assert change("per_symbol_pct", "4", now) is None
    assert value_of("per_symbol_pct") == "4"


@pytest.mark.usefixtures("sealed")
def test_it_is_compared_with_what_holds_at_its_own_place(now: datetime) -> None:
    """The account has 3 already: 5 would protect less there, though everybody else has 10."""
    account = Place(account_id=rows.desk(rows.admin(), now=now).account.pk)
    SettingOverride.objects.create(name="per_symbol_pct", value="3", account_id=account.account_id)
    assert change("per_symbol_pct", "5", now, account) is not None
    assert change("per_symbol_pct", "2", now, Place(account_id=account.account_id, symbol="BTC/USDT")) is None


@pytest.mark.usefixtures("sealed")
def test_it_holds_when_its_day_has_come_and_only_once(now: datetime) -> None:
    change("per_symbol_pct", "40", now)
    assert sealing.apply_due(now=now + WAIT - MINUTE) == 0
    assert [sealing.apply_due(now=now + WAIT), sealing.apply_due(now=now + WAIT + MINUTE)] == [1, 0]
    assert value_of("per_symbol_pct") == "40"
    entry = JournalEntry.objects.get(kind="setting.changed", subject="setting:per_symbol_pct")
    assert (entry.payload["operator"], entry.payload["after"]) == ("mira", "40")


@pytest.mark.usefixtures("sealed")
def test_leaving_the_seal_is_such_a_change(now: datetime) -> None:
    change("profile", "standard", now)
    assert sealing.in_force()
    sealing.apply_due(now=now + WAIT)
    assert not sealing.in_force()


@pytest.mark.usefixtures("sealed")
def test_a_narrower_profile_does_not_open_the_seal(now: datetime) -> None:
    account = rows.desk(rows.admin(), now=now).account
    SettingOverride.objects.create(name="profile", value="own", account=account)
    assert sealing.in_force()


@pytest.mark.usefixtures("sealed")
def test_it_is_withdrawn_at_any_time_and_only_once(now: datetime) -> None:
    waits = change("per_symbol_pct", "40", now)
    assert waits is not None
    assert sealing.withdraw(waits.pk, operator="vera", now=now + WAIT)
    assert not sealing.withdraw(waits.pk, operator="vera", now=now + WAIT)
    assert sealing.apply_due(now=now + 2 * WAIT) == 0
    assert value_of("per_symbol_pct") is None


@pytest.mark.usefixtures("sealed")
def test_a_new_wish_begins_its_day_anew(now: datetime) -> None:
    change("per_symbol_pct", "40", now)
    change("per_symbol_pct", "30", now + MINUTE)
    assert [row.value for row in sealing.waiting()] == ["30"]
    assert sealing.apply_due(now=now + WAIT) == 0
    assert sealing.apply_due(now=now + WAIT + MINUTE) == 1


@pytest.mark.usefixtures("sealed")
def test_what_no_longer_passes_its_check_is_dropped(now: datetime) -> None:
    sealing.ask(ALL, "max_open_groups", "many", operator="mira", now=now)
    assert sealing.apply_due(now=now + WAIT) == 0
    assert PendingChange.objects.get().withdrawn_by == sealing.NOBODY


@pytest.mark.usefixtures("sealed")
def test_going_on_waits_too_and_undoes_no_emergency(now: datetime) -> None:
    mode.change(mode.Mode.PAUSED, operator="mira", reason="left an emergency")
    sealing.ask(ALL, sealing.MODE, "NORMAL", operator="mira", now=timezone.now())
    sealing.apply_due(now=now + WAIT + MINUTE)
    assert mode.locked().mode == "NORMAL"
    sealing.ask(ALL, sealing.MODE, "NORMAL", operator="mira", now=timezone.now())
    mode.change(mode.Mode.EMERGENCY, operator="mira", reason="smoke")
    assert sealing.apply_due(now=now + WAIT + MINUTE) == 0
    assert mode.locked().mode == "EMERGENCY"


@pytest.mark.usefixtures("sealed")
def test_a_wish_to_go_on_ends_with_a_pause_that_came_after_it(now: datetime) -> None:
    mode.change(mode.Mode.PAUSED, operator="mira", reason="a walk")
    wish = sealing.ask(ALL, sealing.MODE, "NORMAL", operator="mira", now=timezone.now())
    mode.change(mode.Mode.NORMAL, operator="remote", reason="back")
    mode.change(mode.Mode.PAUSED, operator="remote", reason="smoke")
    assert sealing.apply_due(now=now + WAIT + MINUTE) == 0
    wish.refresh_from_db()
    assert (mode.locked().mode, wish.withdrawn_by) == ("PAUSED", sealing.NOBODY)
    assert JournalEntry.objects.get(kind="setting.withdrawn").payload["after"] == "NORMAL"


@pytest.mark.usefixtures("sealed")
def test_a_sealed_page_knows_count_and_total_only(now: datetime) -> None:
    account = rows.desk(rows.admin(), now=now).account
    desk = Desk(account, now)
    found = sealing.holdings(now=now)
    assert [(one.account, one.count, one.total) for one in found] == [
        (account.name, len(desk.groups), desk.exposure_of_all)
    ]


@pytest.mark.usefixtures("sealed")
def test_what_was_asked_for_in_one_step_holds_in_one_step(now: datetime) -> None:
    """A fixed stop at 15 % lies beyond the emergency stop at 10 % until that one stands at 20 %."""
    wanted = {"emergency_stop_pct": "20", "fixed_stop_pct": "15", "stop": "fixed"}
    submit(tuple(Wish(name, ALL, text) for name, text in wanted.items()), Said("mira", "wider stops"), now=now)
    assert sealing.apply_due(now=now + WAIT) == 3
    version = SettingVersion.objects.get()
    assert (version.how, version.operator, version.reason) == ("SEAL", "mira", "wider stops")
    assert {one["name"]: one["after"] for one in version.changes} == wanted


@pytest.mark.usefixtures("sealed")
def test_back_to_a_wider_scope_waits_only_where_that_loosens(now: datetime) -> None:
    account = Place(account_id=rows.desk(rows.admin(), now=now).account.pk)
    for name, own in (("per_symbol_pct", "30"), ("max_heat", "0.2")):  # 10 and 0.5 hold elsewhere
        SettingOverride.objects.create(name=name, value=own, account_id=account.account_id)
    assert change("per_symbol_pct", None, now, account) is None
    assert change("max_heat", None, now, account) is not None
