"""Keys: personal tokens, log-ins with rotating refresh tokens, sessions with CSRF; scopes; how often one may ask."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from dashboard import tokens
from dashboard.api import throttles
from dashboard.models import ApiToken, RefreshToken
from dashboard.roles import ORDER, Scope, scopes_of
from dashboard.tokens import NotAllowed
from project.accounts.models import Role, User
from project.journal.models import JournalEntry
from tests.dashboard import rows
from tests.dashboard.api import world

STEP = {"mode": "PAUSED", "reason": "a test"}


@pytest.mark.parametrize(
    ("role", "scopes"),
    [(Role.VIEWER, ["read"]), (Role.TRADER, ["read", "trade"]), (Role.ADMIN, ["read", "trade", "admin"])],
)
def test_a_role_gives_its_scopes_and_the_same_as_permissions(db: None, role: Role, scopes: list[str]) -> None:
    user = rows.user("someone", role)
    assert sorted(scopes_of(user), key=ORDER.index) == scopes
    assert [scope for scope in ORDER if user.has_perm(scope.permission)] == scopes


def test_somebody_who_was_switched_off_may_nothing(db: None) -> None:
    user = rows.user("someone", Role.ADMIN, is_active=False)
    assert (scopes_of(user), user.has_perm(Scope.READ.permission)) == (frozenset(), False)


# personal tokens ---------------------------------------------------------------------------------


def test_a_token_is_told_once_and_kept_as_a_hash(owner: User, now: datetime) -> None:
    row, text = tokens.make(owner, name="bot", scope=Scope.READ, days=1, now=now)
    assert bytes(ApiToken.objects.get().token_hash) == tokens.digest(text)
    assert text.startswith(row.start)
    assert world.get(world.bearer(text), "me").json()["scopes"] == ["read"]
    assert text not in JournalEntry.objects.get(kind="token.made").payload.values()


def test_a_token_says_when_it_was_used_to_the_minute(owner: User, now: datetime) -> None:
    text = tokens.make(owner, name="bot", scope=Scope.READ, days=1, now=now)[1]
    used = [_used(text, now + timedelta(seconds=secs)) for secs in (0, 59, 61)]
    assert used == [now, now, now + timedelta(seconds=61)]


def _used(text: str, at: datetime) -> datetime | None:
    tokens.open_personal(text, now=at)
    return ApiToken.objects.get().last_used_at


def revoked(row: ApiToken, now: datetime) -> None:
    assert tokens.revoke(row, operator="mira", now=now)
    assert not tokens.revoke(row, operator="mira", now=now)  # once


def expired(row: ApiToken, now: datetime) -> None:
    row.expires_at = now
    row.save()


def switched_off(row: ApiToken, now: datetime) -> None:
    User.objects.update(is_active=False)


@pytest.mark.parametrize("end", [revoked, expired, switched_off])
def test_a_token_that_ended_opens_nothing(owner: User, now: datetime, end: Any) -> None:
    row, text = tokens.make(owner, name="bot", scope=Scope.READ, days=1, now=now)
    end(row, now)
    answer = world.get(world.bearer(text), "me")
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_UNKNOWN")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Windlass"'


def test_a_token_reaches_no_further_than_its_scope_and_its_owners_role(owner: User, now: datetime) -> None:
    reads, trades = (world.program(owner, scope, now=now) for scope in (Scope.READ, Scope.TRADE))
    assert world.post(reads, "mode", STEP).json()["limit"] == "trade"
    assert world.post(trades, "mode", STEP).status_code == 200
    User.objects.update(role=Role.VIEWER)
    assert world.post(trades, "mode", STEP).json()["code"] == "SCOPE_MISSING"


def test_a_token_is_made_by_a_person_and_within_his_role(owner: User, now: datetime) -> None:
    person = world.bearer(tokens.log_in(owner, scope=Scope.TRADE, now=now).access)
    made = world.post(person, "tokens", {"name": "bot", "scope": "trade"})
    assert made.status_code == 201
    assert world.post(world.bearer(made.json()["token"]), "tokens", {"name": "x"}).json()["code"] == "LOG_IN_FIRST"
    assert world.post(person, "tokens", {"name": "bot", "scope": "admin"}).json()["code"] == "SCOPE_TOO_WIDE"


def test_one_revokes_ones_own_token_and_nobody_elses(owner: User, other: User, now: datetime) -> None:
    row, text = tokens.make(owner, name="bot", scope=Scope.READ, days=1, now=now)
    address = f"/api/v1/tokens/{row.pk}"
    theirs = world.program(other, now=now)
    assert [client.delete(address).status_code for client in (theirs, world.bearer(text))] == [404, 200]
    assert world.get(world.bearer(text), "me").status_code == 401


def test_a_log_in_makes_no_token_that_reaches_further_than_itself(now: datetime, db: None) -> None:
    person = world.bearer(tokens.log_in(rows.admin(), scope=Scope.READ, now=now).access)
    answers = [world.post(person, "tokens", {"name": "bot", "scope": scope}) for scope in ("read", "trade", "admin")]
    assert [answer.status_code for answer in answers] == [201, 403, 403]
    assert answers[2].json()["code"] == "SCOPE_TOO_WIDE"
    assert list(ApiToken.objects.values_list("scope", flat=True)) == ["read"]


def test_revoking_takes_the_scope_of_the_token_or_the_persons_browser(owner: User, now: datetime) -> None:
    row, _ = tokens.make(owner, name="bot", scope=Scope.TRADE, days=1, now=now)
    address, browser = f"/api/v1/tokens/{row.pk}", Client()
    browser.force_login(owner)
    reads = world.program(owner, Scope.READ, now=now)
    assert [client.delete(address).status_code for client in (reads, browser)] == [403, 200]


def test_twenty_tokens_are_enough(owner: User, now: datetime) -> None:
    made = [tokens.make(owner, name="bot", scope=Scope.READ, days=1, now=now)[0] for _ in range(tokens.MOST_TOKENS)]
    with pytest.raises(tokens.NotAllowed, match="Revoke one"):
        tokens.make(owner, name="one more", scope=Scope.READ, days=1, now=now)
    tokens.revoke(made[0], operator="mira", now=now)
    assert tokens.make(owner, name="one more", scope=Scope.READ, days=1, now=now)


# log-ins -----------------------------------------------------------------------------------------


def log_in(name: str = "mira", password: str = rows.PASSWORD, **more: str) -> Any:
    return world.post(Client(), "log-in", {"username": name, "password": password, **more})


def test_a_program_logs_in_and_renews_and_logs_out(owner: User) -> None:
    first = log_in(scope="trade").json()
    assert world.get(world.bearer(first["access"]), "me").json()["scopes"] == ["read", "trade"]
    second = world.post(Client(), "log-in/renew", {"refresh": first["refresh"]}).json()
    assert second["refresh"] != first["refresh"]
    assert world.post(Client(), "log-out", {"refresh": second["refresh"]}).status_code == 200
    after = [world.get(world.bearer(keys["access"]), "me").status_code for keys in (first, second)]
    assert after == [401, 401]


def test_a_refresh_token_used_twice_ends_its_log_in(owner: User) -> None:
    first = log_in().json()
    second = world.post(Client(), "log-in/renew", {"refresh": first["refresh"]}).json()
    again = world.post(Client(), "log-in/renew", {"refresh": first["refresh"]})
    assert (again.status_code, again.json()["code"]) == (401, "REFRESH_REUSED")
    assert world.post(Client(), "log-in/renew", {"refresh": second["refresh"]}).json()["code"] == "TOKEN_UNKNOWN"
    assert world.get(world.bearer(second["access"]), "me").status_code == 401


def test_links_that_tell_nothing_any_more_are_forgotten(owner: User, now: datetime) -> None:
    """A program renews every ten minutes: 144 rows a day."""
    first = tokens.log_in(owner, scope=Scope.READ, now=now)
    second = tokens.renew(first.refresh, now=now + timedelta(minutes=9))
    last = tokens.renew(second.refresh, now=now + tokens.REFRESH_FOR)  # the first link is just over: it stays a little
    assert RefreshToken.objects.count() == 3
    tokens.renew(last.refresh, now=now + tokens.REFRESH_FOR + timedelta(minutes=9))
    assert RefreshToken.objects.count() == 3
    with pytest.raises(NotAllowed, match="used before"):
        tokens.renew(last.refresh, now=now + tokens.REFRESH_FOR + timedelta(minutes=9, seconds=1))


def test_a_new_password_voids_every_access_token(owner: User) -> None:
    access = log_in().json()["access"]
    owner.set_password("another horse battery")
    owner.save()
    assert world.get(world.bearer(access), "me").status_code == 401


def test_a_new_password_ends_the_log_ins_of_programs(owner: User) -> None:
    keys = log_in().json()
    owner.set_password("another horse battery")
    owner.save()
    again = [world.post(Client(), "log-in/renew", {"refresh": keys["refresh"]}) for _ in range(2)]
    assert [(one.status_code, one.json()["code"]) for one in again] == [(401, "TOKEN_UNKNOWN")] * 2
    assert not RefreshToken.objects.filter(revoked_at=None).exists()


def test_an_access_token_lasts_ten_minutes_and_a_forged_one_never(owner: User, now: datetime) -> None:
    old = tokens.log_in(owner, scope=Scope.READ, now=now - timedelta(minutes=11)).access
    fresh = tokens.log_in(owner, scope=Scope.READ, now=now).access
    head, body, _ = fresh.split(".")
    codes = [
        world.get(world.bearer(text), "me").json().get("code") for text in (old, f"{head}.{body}.AAAA", "wlt_x", "")
    ]
    assert codes == ["ACCESS_EXPIRED", "TOKEN_UNKNOWN", "TOKEN_UNKNOWN", "TOKEN_UNKNOWN"]


def test_a_log_in_reaches_no_further_than_the_role(owner: User) -> None:
    answer = log_in(scope="admin")
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_TOO_WIDE")
    assert not RefreshToken.objects.exists()


def test_ten_wrong_passwords_are_enough_for_a_while(owner: User) -> None:
    wrong = {log_in(password="guess").json()["code"] for _ in range(10)}
    answer = log_in()
    assert wrong == {"LOGIN_FAILED"}
    assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_FAILURES")
    assert 0 < int(answer.headers["Retry-After"]) <= 300


# sessions ----------------------------------------------------------------------------------------


def test_a_browsers_session_reads_and_writes_with_its_csrf_token(owner: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    assert world.get(browser, "me").json()["username"] == "mira"
    assert world.post(browser, "mode", STEP).status_code == 403
    browser.get("/")
    token = browser.cookies["csrftoken"].value
    assert world.post(browser, "mode", STEP, **{"X-CSRFToken": token}).status_code == 200


# how often ---------------------------------------------------------------------------------------


def test_who_asks_too_often_is_told_when_to_come_back(
    owner: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttles, "PER_WINDOW", {"read": 3, "write": 3, "stranger": 3})
    monkeypatch.setattr(throttles, "time", lambda: now.timestamp())  # within one window
    one, two = (world.program(owner, now=now) for _ in range(2))
    answers = [world.get(one, "me") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["code"] == "THROTTLED"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 61
    assert world.get(two, "me").status_code == 200  # each token counts for itself


def test_nobody_is_locked_out_while_valkey_is_away(owner: User, now: datetime, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert world.get(world.program(owner, now=now), "me").status_code == 200


def test_a_wide_scope_is_refused_in_words(owner: User, now: datetime) -> None:
    with pytest.raises(NotAllowed, match="The role trader reaches as far as trade, not admin"):
        tokens.make(owner, name="bot", scope=Scope.ADMIN, days=1, now=now)
