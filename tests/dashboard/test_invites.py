"""Invitations: one person, one role, once; and that nobody comes in any other way."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from dashboard import invites
from dashboard.invites import InviteRefused
from dashboard.users_models import Invite
from project.accounts.models import Role, User
from tests.dashboard import people, rows
from trading.models import SettingOverride

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def invitations(db: None) -> None:
    """Switched on."""
    SettingOverride.objects.create(name="registration", value="invite")


FORM = {"username": "ann", "password1": "seven green bottles", "password2": "seven green bottles"}


def test_from_the_link_to_the_first_page(root: Client, day: rows.Desk) -> None:
    page = root.post("/users", {"note": "Ann", "role": "trader", "days": "3"}).content.decode()
    link = page.split("http://testserver")[1].split("<")[0]
    newcomer = Client()
    assert "root invites you as <b>trader</b>" in newcomer.get(link).content.decode()
    assert newcomer.post(link, FORM)["Location"] == "/login"
    newcomer.post("/login", {"username": "ann", "password": FORM["password1"]})
    assert newcomer.get("/").status_code == 200
    assert User.objects.get(username="ann").role == Role.TRADER
    assert (people.journal("user.invited")[0]["operator"], people.journal("user.joined")[0]["invited_by"]) == (
        "root",
        "root",
    )
    assert "ann came in" in root.get("/users").content.decode()


def test_a_link_opens_once(day: rows.Desk, now: datetime) -> None:
    _, text = invites.make(day.account.user, role=Role.ADMIN, note="Ann", days=3, now=now)
    assert Client().post(f"/invite/{text}", FORM).status_code == 302
    again = Client().post(f"/invite/{text}", FORM | {"username": "bob"})
    assert (again.status_code, User.objects.filter(username="bob").exists()) == (410, False)
    made = User.objects.get(username="ann")
    assert (made.is_staff, made.is_superuser) == (True, True)


def test_only_the_hash_is_kept(day: rows.Desk, now: datetime) -> None:
    row, text = invites.make(day.account.user, role=Role.VIEWER, note="Ann", days=3, now=now)
    assert bytes(Invite.objects.get(pk=row.pk).token_hash) == invites.digest(text)
    assert text not in str(people.journal("user.invited"))


@pytest.mark.parametrize("end", ["expired", "withdrawn", "demoted", "switched off", "unknown"])
def test_what_opens_nothing(day: rows.Desk, now: datetime, end: str) -> None:
    admin = day.account.user
    row, text = invites.make(admin, role=Role.VIEWER, note="Ann", days=3, now=now)
    later = now + timedelta(days=4) if end == "expired" else now
    endings = {
        "withdrawn": lambda: invites.withdraw(row, operator="root", now=now),
        "demoted": lambda: User.objects.filter(pk=admin.pk).update(role=Role.TRADER, is_superuser=False),
        "switched off": lambda: User.objects.filter(pk=admin.pk).update(is_active=False),
    }
    endings.get(end, int)()
    with pytest.raises(InviteRefused, match="opens nothing"):
        invites.find("x" if end == "unknown" else text, now=later)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"username": "ROOT"}, "already exists"),
        ({"password1": "short", "password2": "short"}, "at least 12"),
        ({"password2": "another one entirely"}, "password fields"),
        ({"username": ""}, "required"),
    ],
)
def test_what_is_wrong_is_said_and_the_link_holds(
    day: rows.Desk, now: datetime, changed: dict[str, str], words: str
) -> None:
    _, text = invites.make(day.account.user, role=Role.VIEWER, note="Ann", days=3, now=now)
    answer = Client().post(f"/invite/{text}", FORM | changed)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert invites.find(text, now=now).used_at is None


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"note": "", "role": "viewer", "days": 3}, "who it is for"),
        ({"note": "Ann", "role": "king", "days": 3}, "Choose a role"),
        ({"note": "Ann", "role": "viewer", "days": 31}, "1 to 30 days"),
    ],
)
def test_an_invitation_has_its_limits(root: Client, form: dict[str, str], words: str) -> None:
    answer = root.post("/users", form)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_a_trader_invites_nobody(trader: Client) -> None:
    answer = trader.post("/users", {"note": "Ann", "role": "viewer", "days": 3})
    assert "takes the role admin" in answer.content.decode()
    assert not Invite.objects.exists()


def test_an_admin_withdraws_and_a_trader_does_not(root: Client, trader: Client, day: rows.Desk, now: datetime) -> None:
    row, _ = invites.make(rows.admin("ann"), role=Role.VIEWER, note="Bob", days=3, now=now)
    trader.post(f"/users/invites/{row.pk}/withdraw")
    assert Invite.objects.get().holds(now)
    root.post(f"/users/invites/{row.pk}/withdraw")
    assert not Invite.objects.get().holds(now)


def test_it_is_off_until_somebody_switches_it_on(root: Client, day: rows.Desk, now: datetime) -> None:
    _, text = invites.make(day.account.user, role=Role.VIEWER, note="Ann", days=3, now=now)
    SettingOverride.objects.all().delete()
    assert Client().post(f"/invite/{text}", FORM).status_code == 410
    page = root.post("/users", {"note": "Ann", "role": "viewer", "days": "3"}).content.decode()
    assert "Invitations are switched off" in page
    assert "Make the link" not in page


@pytest.mark.parametrize("path", ["/signup", "/accounts/signup/", "/register"])
def test_there_is_no_registration(db: None, path: str) -> None:
    assert Client().get(path).status_code == 404
