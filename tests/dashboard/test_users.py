"""People: who may do what to whom, what it is called in the journal, and that an admin is always left."""

from datetime import datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard import tokens, users
from dashboard.models import ApiToken
from dashboard.pages.users_deeds import DEEDS
from dashboard.roles import Scope
from dashboard.users import UserRefused
from dashboard.users_models import BrowserSession
from project.accounts.models import Role, User
from tests.dashboard import people, rows
from trading.models import SettingOverride

pytestmark = pytest.mark.django_db
REASON = {"reason": "she asked for it"}
MOST_QUERIES = 12


@pytest.fixture
def mira(day: rows.Desk) -> User:
    return rows.user("mira", Role.TRADER)


@pytest.mark.parametrize("deed", sorted(DEEDS))
@pytest.mark.parametrize(
    ("role", "status"), [(Role.VIEWER, 403), (Role.TRADER, 403), (Role.ADMIN, 302)]
)  # fmt: skip
def test_only_an_admin_does_anything_to_others(mira: User, deed: str, role: Role, status: int) -> None:
    acting = rows.user("ann", role, is_superuser=role == Role.ADMIN)
    answer = people.browser(acting).post(f"/users/{mira.pk}/{deed}", REASON)
    assert answer.status_code == status


@pytest.mark.parametrize("deed", ["viewer", "trader", "switch-off", "reset-second-factor"])
def test_nobody_does_it_to_himself(root: Client, day: rows.Desk, deed: str) -> None:
    answer = root.post(f"/users/{day.account.user.pk}/{deed}", REASON)
    assert (answer.status_code, "Another admin has to do that" in answer.content.decode()) == (409, True)
    day.account.user.refresh_from_db()
    assert (day.account.user.role, day.account.user.is_active) == (Role.ADMIN, True)


@pytest.mark.parametrize("reason", ["", " x ", "y" * 201])
def test_a_reason_is_needed(root: Client, mira: User, reason: str) -> None:
    assert root.post(f"/users/{mira.pk}/admin", {"reason": reason}).status_code == 422


def test_a_role_brings_its_rights_and_takes_them_again(root: Client, mira: User) -> None:
    root.post(f"/users/{mira.pk}/admin", REASON)
    mira.refresh_from_db()
    assert (mira.role, mira.is_staff, mira.is_superuser) == (Role.ADMIN, True, True)
    root.post(f"/users/{mira.pk}/viewer", REASON)
    mira.refresh_from_db()
    assert (mira.role, mira.is_staff, mira.is_superuser) == (Role.VIEWER, False, False)
    said = [(row["operator"], row["before"], row["role"], row["reason"]) for row in people.journal("user.role")]
    assert said == [("root", "trader", "admin", REASON["reason"]), ("root", "admin", "viewer", REASON["reason"])]


def test_who_is_switched_off_is_out_at_once(root: Client, mira: User, now: datetime) -> None:
    browser = people.browser(mira)
    _, text = tokens.make(mira, name="bot", scope=Scope.READ, days=3, now=now)
    assert browser.get("/").status_code == 200
    root.post(f"/users/{mira.pk}/switch-off", REASON)
    assert browser.get("/")["Location"] == "/login?next=/"
    assert Client().get("/api/v1/me", headers={"Authorization": f"Bearer {text}"}).status_code == 401
    assert not Session.objects.filter(session_key=browser.cookies["sessionid"].value).exists()
    assert people.journal("user.switched_off")[0]["sessions"] == 1


def test_switched_on_again_the_tokens_stay_revoked(root: Client, mira: User, now: datetime) -> None:
    tokens.make(mira, name="bot", scope=Scope.READ, days=3, now=now)
    for deed in ("switch-off", "switch-on"):
        root.post(f"/users/{mira.pk}/{deed}", REASON)
    mira.refresh_from_db()
    assert (mira.is_active, ApiToken.objects.filter(revoked_at=None).count()) == (True, 0)


def test_an_admin_is_always_left(day: rows.Desk, now: datetime) -> None:
    ann, root = rows.admin("ann"), day.account.user
    users.switch_off(ann.pk, admin=root, reason="left us", now=now)
    with pytest.raises(UserRefused, match="This takes the role admin"):
        users.change_role(root.pk, Role.VIEWER, admin=ann, reason="revenge")
    with pytest.raises(UserRefused, match="This is you"):
        users.change_role(root.pk, Role.VIEWER, admin=root, reason="tired")
    gone = User(pk=root.pk + 1000, role=Role.ADMIN)
    with pytest.raises(UserRefused, match="This takes the role admin"):
        users.change_role(root.pk, Role.VIEWER, admin=gone, reason="revenge")


def test_a_lost_phone(root: Client, mira: User) -> None:
    people.app(mira)
    browser = people.browser(mira)
    root.post(f"/users/{mira.pk}/reset-second-factor", REASON)
    assert not Authenticator.objects.filter(user=mira).exists()
    assert browser.get("/").status_code == 302
    assert people.journal("user.second_factor_reset")[0]["removed"] == 1


def test_a_lost_phone_ends_the_log_ins_of_programs(root: Client, mira: User, now: datetime) -> None:
    keys = tokens.log_in(mira, scope=Scope.READ, now=now)
    root.post(f"/users/{mira.pk}/reset-second-factor", REASON)
    with pytest.raises(tokens.NotAllowed):
        tokens.renew(keys.refresh, now=now)
    with pytest.raises(tokens.NotAllowed):
        tokens.open_access(keys.access)


def test_who_has_every_right_is_an_admin_and_counts_as_one(day: rows.Desk) -> None:
    made = User.objects.create_superuser("sue", password=rows.PASSWORD)
    assert (made.role, made.is_staff, made.is_superuser) == (Role.ADMIN, True, True)
    bob = rows.user("bob", Role.VIEWER, is_superuser=True)
    users.change_role(made.pk, Role.VIEWER, admin=bob, reason="not needed")
    users.change_role(day.account.user.pk, Role.VIEWER, admin=bob, reason="bob is left")
    assert not User.objects.filter(role=Role.ADMIN).exists()


def test_the_page_says_who_has_what(root: Client, mira: User) -> None:
    people.app(mira)
    rows.user("vera", Role.VIEWER, is_active=False)
    page = root.get("/users").content.decode()
    assert all(words in page for words in ("mira", "app <", "switched off", "password alone", "Invite somebody"))


def test_a_session_that_is_over_is_not_counted(root: Client, mira: User, now: datetime) -> None:
    people.browser(mira)
    past = {"user": mira, "agent": "Firefox", "since": now, "seen_at": now}
    BrowserSession.objects.create(session_key="logged-out", **past)
    BrowserSession.objects.create(session_key="expired", **past)
    Session.objects.create(session_key="expired", session_data="", expire_date=now - timedelta(seconds=1))
    said = {row.name: row.sessions for row in users.people(now=now, seen_by=mira)}
    assert (said["mira"], BrowserSession.objects.filter(user=mira).count()) == (1, 3)


def test_others_look_and_do_nothing(viewer: Client, mira: User) -> None:
    page = viewer.get("/users").content.decode()
    assert "mira" in page
    assert "Invite somebody" not in page
    assert page.count("not shown") == 2  # of root and mira; one's own state is told
    assert page.count("password alone") == 1
    assert f"/users/{mira.pk}/" not in page


@pytest.mark.parametrize("path", ["/users", "/profile"])
def test_the_pages_ask_little_of_the_database(root: Client, mira: User, path: str) -> None:
    root.get(path)
    with CaptureQueriesContext(connection) as asked:
        root.get(path)
    assert len(asked) <= MOST_QUERIES, [row["sql"][:90] for row in asked]


def test_under_the_seal_only_what_protects(root: Client, mira: User) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")
    assert root.post(f"/users/{mira.pk}/admin", REASON).status_code == 403
    assert root.post(f"/users/{mira.pk}/switch-off", REASON).status_code == 302
    mira.refresh_from_db()
    assert (mira.role, mira.is_active) == (Role.TRADER, False)


# the same rules in the admin ---------------------------------------------------------------------


def test_the_admin_keeps_an_admin_too(root: Client, mira: User) -> None:
    answer = root.post(reverse("admin:accounts_user_delete", args=[mira.pk]), {"post": "yes"})
    assert (answer.status_code, User.objects.filter(pk=mira.pk).exists()) == (403, True)
    root.post(reverse("admin:accounts_user_change", args=[mira.pk]), {"username": "mira", "role": "trader"})
    mira.refresh_from_db()
    assert (mira.is_active, people.journal("user.switched_off")[0]["reason"]) == (False, "changed in the admin")


NEWCOMER = {"username": "new", "role": "admin", "usable_password": "true"}
PASSWORDS = {"password1": "seven green bottles", "password2": "seven green bottles"}


def test_whoever_is_made_or_renamed_in_the_admin_is_journalled(root: Client, mira: User) -> None:
    root.post(reverse("admin:accounts_user_add"), NEWCOMER | PASSWORDS)
    form = {"username": "mary", "role": "trader", "is_active": "on"}
    root.post(reverse("admin:accounts_user_change", args=[mira.pk]), form)
    made, renamed = people.journal("user.made")[0], people.journal("user.renamed")[0]
    assert (made["operator"], made["user"], made["role"]) == ("root", "new", "admin")
    assert (renamed["operator"], renamed["before"], renamed["user"]) == ("root", "mira", "mary")


def test_a_password_that_an_admin_gives_is_journalled_and_ends_what_the_old_one_opened(
    root: Client, mira: User, day: rows.Desk
) -> None:
    theirs, address = people.browser(mira), reverse("admin:auth_user_password_change", args=[mira.pk])
    root.post(address, PASSWORDS | {"usable_password": "true", "set-password": "1"})
    assert [(row["operator"], row["user"]) for row in people.journal("user.password_set")] == [("root", "mira")]
    assert [browser.get("/").status_code for browser in (root, theirs)] == [200, 302]
    assert users.end_sessions(day.account.user.pk, admin=day.account.user, reason="all of it") == 1
    assert root.get("/").status_code == 302


@pytest.mark.parametrize("written", ["0{number}", "+{number}", " {number}", "_2B{number}"])
def test_it_is_so_however_the_address_writes_the_number(root: Client, mira: User, written: str) -> None:
    theirs = people.browser(mira)
    address = reverse("admin:auth_user_password_change", args=[written.format(number=mira.pk)])
    root.post(address, PASSWORDS | {"usable_password": "true", "set-password": "1"})
    assert [row["user"] for row in people.journal("user.password_set")] == ["mira"]
    assert theirs.get("/").status_code == 302


def test_ones_own_new_password_in_the_admin_is_nobodys_else(root: Client, day: rows.Desk) -> None:
    address = reverse("admin:auth_user_password_change", args=[day.account.user.pk])
    root.post(address, PASSWORDS | {"usable_password": "true", "set-password": "1"})
    assert (len(people.journal("user.password_changed")), people.journal("user.password_set")) == (1, [])
    assert (root.get("/").status_code, root.get("/profile").content.decode().count("this one")) == (200, 1)


def test_ones_own_password_has_one_page(root: Client) -> None:
    assert root.get(reverse("admin:password_change"))["Location"] == reverse("account_change_password")
