"""The second factor: setting it up, logging in with it on pages and as a program, recovery codes, and what is stored of it."""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from dashboard import security_factors, security_lockout, users_sessions
from project.accounts import vault
from project.accounts.models import User
from tests.dashboard import people, rows

pytestmark = pytest.mark.django_db
LOGIN = {"username": "root", "password": rows.PASSWORD}


@pytest.fixture
def owner(day: rows.Desk) -> Iterator[User]:
    yield day.account.user


def test_from_the_qr_code_to_the_recovery_codes(root: Client, owner: User, django_capture_on_commit_callbacks) -> None:
    page = root.get("/profile/app/add").content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    key = re.search(r'id="secret" value="([A-Z2-7]+)"', page)[1]
    wrong = root.post("/profile/app/add", {"code": "000000"}).content.decode()
    assert "That code is not right" in wrong
    with django_capture_on_commit_callbacks(execute=True):
        answer = root.post("/profile/app/add", {"code": people.code(key)}, follow=True)
    shown = re.findall(r"\b\d{8}\b", answer.content.decode())
    assert (answer.request["PATH_INFO"], len(set(shown))) == ("/profile/codes", 10)
    assert shown[0] not in root.get("/profile/codes").content.decode()  # shown this once
    assert [row["factor"] for row in people.journal("user.second_factor_added")] == ["totp", "recovery_codes"]


def test_the_log_in_takes_two_steps(client: Client, owner: User) -> None:
    key = people.app(owner)
    assert client.post("/login", LOGIN | {"next": "/risk"})["Location"] == "/login/code"
    assert client.get("/")["Location"] == "/login?next=/"  # not in yet
    assert "That code is not right" in client.post("/login/code", {"code": "000000"}).content.decode()
    assert client.post("/login/code", {"code": people.code(key)})["Location"] == "/risk"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_off(client: Client, owner: User, step: int) -> None:
    key = people.app(owner)
    client.post("/login", LOGIN)
    assert client.post("/login/code", {"code": people.code(key, step=step)})["Location"] == "/"


def test_a_code_opens_once_whoever_uses_it(owner: User) -> None:
    key = people.app(owner)
    shown = people.code(key)
    first, second = Client(), Client()
    for browser in (first, second):
        browser.post("/login", LOGIN)
    assert first.post("/login/code", {"code": shown}).status_code == 302
    assert second.post("/login/code", {"code": shown}).status_code == 200
    assert second.get("/").status_code == 302


def test_a_recovery_code_opens_once(root: Client, owner: User) -> None:
    people.app(owner)
    root.post("/profile/codes/new")
    code = re.findall(r"\b\d{8}\b", root.get("/profile/codes").content.decode())[0]
    for expected in (302, 200):
        browser = Client()
        browser.post("/login", LOGIN)
        assert browser.post("/login/code", {"code": code}).status_code == expected
    assert "9 unused" in root.get("/profile").content.decode()


def test_the_second_step_needs_the_first(client: Client, owner: User) -> None:
    assert client.post("/login/code", {"code": people.code(people.app(owner))})["Location"] == "/login"


def test_wrong_codes_lock_like_wrong_passwords(client: Client, owner: User) -> None:
    key = people.app(owner)
    client.post("/login", LOGIN)
    tries = [client.post("/login/code", {"code": "000000"}) for _ in range(django_settings.AXES_FAILURE_LIMIT)]
    assert [answer.status_code for answer in tries] == [200] * 9 + [429]
    answer = client.post("/login/code", {"code": people.code(key)})
    assert (answer.status_code, "ask an admin to unlock" in answer.content.decode()) == (429, True)
    assert Client().post("/login", LOGIN).status_code == 429


def test_what_is_stored_opens_only_with_the_key(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    key = people.app(owner)
    stored = Authenticator.objects.get().data["secret"]
    assert key not in stored
    assert security_factors.open_sealed(stored) == key
    monkeypatch.setattr(vault, "keyring", lambda: [b"k" * 32])
    with pytest.raises(vault.VaultError):
        security_factors.open_sealed(stored)


def test_a_new_key_seals_them_anew(root: Client, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    key = people.app(owner)
    root.post("/profile/codes/new")
    old, new = vault.keyring()[0], b"n" * 32
    monkeypatch.setattr(vault, "keyring", lambda: [new, old])
    assert security_factors.reseal_all() == 2
    monkeypatch.setattr(vault, "keyring", lambda: [new])
    app = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert security_factors.open_sealed(app.data["secret"]) == key


def test_removing_it_wants_a_fresh_confirmation_and_takes_the_codes_along(owner: User) -> None:
    people.app(owner)
    browser = people.browser(owner)
    browser.post("/profile/codes/new")
    old = people.aged(browser).post("/profile/app/remove")
    assert old["Location"].startswith("/profile/confirm")
    browser.post("/profile/confirm", {"password": rows.PASSWORD})
    assert browser.post("/profile/app/remove")["Location"] == "/profile/factors"
    assert not Authenticator.objects.exists()
    assert [row["factor"] for row in people.journal("user.second_factor_removed")] == ["totp", "recovery_codes"]


# programs ----------------------------------------------------------------------------------------


def _programs_log_in(**asked: str) -> tuple[int, str]:
    answer = Client().post("/api/v1/log-in", LOGIN | asked, content_type="application/json")
    return answer.status_code, answer.json().get("code", "in")


def test_a_program_needs_the_code_too(owner: User) -> None:
    assert _programs_log_in() == (200, "in")
    key = people.app(owner)
    shown = people.code(key)
    said = [
        _programs_log_in(),
        _programs_log_in(code="000000"),
        _programs_log_in(code=shown),
        _programs_log_in(code=shown),
    ]
    assert said == [(401, "CODE_MISSING"), (401, "CODE_WRONG"), (200, "in"), (401, "CODE_WRONG")]


def _from(address: str, **asked: str) -> tuple[int, str]:
    browser = Client(REMOTE_ADDR=address)
    answer = browser.post("/api/v1/log-in", LOGIN | asked, content_type="application/json")
    return answer.status_code, answer.json().get("code", "in")


@pytest.fixture
def guessed(owner: User) -> str:
    """The key of an app of which ten codes were guessed from as many addresses."""
    key = people.app(owner)
    for number in range(django_settings.AXES_FAILURE_LIMIT):
        _from(f"10.9.8.{number}", code="000000")
    return key


def test_wrong_codes_are_counted_over_all_addresses(guessed: str) -> None:
    assert _from("10.9.8.77", code=people.code(guessed))[0] == 429
    browser = Client(REMOTE_ADDR="10.9.8.78")
    assert browser.post("/login", LOGIN)["Location"] == "/login/code"  # the password is looked at, and passkeys are
    page = browser.post("/login/code", {"code": people.code(guessed)}).content.decode()
    assert "Too many wrong codes" in page
    assert browser.get("/").status_code == 302


def test_they_are_looked_at_again_after_the_wait_or_when_an_admin_says_so(guessed: str, root: Client) -> None:
    AccessAttempt.objects.update(attempt_time=timezone.now() - django_settings.AXES_COOLOFF_TIME)
    assert _from("10.9.8.77", code="000000") == (401, "CODE_WRONG")
    AccessAttempt.objects.update(failures_since_start=10)
    assert _from("10.9.8.76", code=people.code(guessed))[0] == 429
    security_lockout.unlock(User.objects.get(username="root"), operator="ann")
    assert _from("10.9.8.75", code=people.code(guessed)) == (200, "in")


def test_of_ipv6_a_whole_network_is_one_address(owner: User) -> None:
    for number in range(django_settings.AXES_FAILURE_LIMIT):
        Client(REMOTE_ADDR=f"2001:db8:1:2::{number:x}").post("/login", {"username": "root", "password": "nonsense"})
    assert Client(REMOTE_ADDR="2001:db8:1:2:a::b").post("/login", LOGIN).status_code == 429
    assert Client(REMOTE_ADDR="2001:db8:1:3::1").post("/login", LOGIN).status_code == 302


# passwords ---------------------------------------------------------------------------------------


def test_a_new_password_ends_the_other_browsers(root: Client, owner: User) -> None:
    other = people.browser(owner)
    form = {"oldpassword": rows.PASSWORD, "password1": "seven green bottles", "password2": "seven green bottles"}
    assert root.post("/profile/password", form)["Location"] == "/profile"
    assert (root.get("/").status_code, other.get("/").status_code) == (200, 302)
    assert [row["operator"] for row in people.journal("user.password_changed")] == ["root"]
    assert [row["sessions"] for row in people.journal("user.sessions_ended")] == [1]


def test_a_browser_with_a_new_password_is_listed_and_logged_out_like_any_other(root: Client, owner: User) -> None:
    form = {"oldpassword": rows.PASSWORD, "password1": "seven green bottles", "password2": "seven green bottles"}
    root.post("/profile/password", form)
    assert root.get("/profile").content.decode().count("this one") == 1
    assert users_sessions.end(owner, operator="ann") == 1
    assert root.get("/").status_code == 302


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"oldpassword": "nonsense"}, "not your present password"),
        ({"password1": "short", "password2": "short"}, "at least 12"),
        ({"password2": "something else"}, "same password"),
    ],
)
def test_a_password_has_its_rules(root: Client, changed: dict[str, str], words: str) -> None:
    form = {"oldpassword": rows.PASSWORD, "password1": "seven green bottles", "password2": "seven green bottles"}
    assert words in root.post("/profile/password", form | changed).content.decode()
