"""Every address of the pages, by a stranger, by somebody else and by a viewer. A new address needs a place in one of these sets.

Who logs in may look at every account: that is decided (docs/api.md). Acting takes the owner or an admin; the API and what is
somebody's own answer the other one 404.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from dashboard import tokens, urls, users_urls
from dashboard.models import ApiToken, Drawing
from dashboard.notices.models import Channel
from dashboard.roles import Scope
from project.accounts.models import ExchangeAccount, Role, User
from signals.models import Source
from tests.dashboard import rows
from tests.dashboard.api import world
from tests.dashboard.test_whose import ROWS, WORDS, told
from trading.models import PendingChange, SettingRequest, SettingVersion

# Without a log-in: probes, the icon, and the ways in.
OPEN = {
    "account_inactive", "account_login", "favicon", "health_live", "health_ready", "invite", "login", "mfa_authenticate",
    "mfa_login_webauthn",
}  # fmt: skip
# Everybody who logs in may look.
LOOK = {
    "account", "accounts", "api_page", "api_tokens", "books", "builder", "chart", "chart_data", "chart_marks", "group", "groups", "history",
    "history_csv", "kill", "logs", "logs_csv", "lost", "notices", "offset", "overview", "performance", "pool", "preview", "profile",
    "risk", "sealed", "settings", "settings_export", "settings_versions", "shadow", "shadow_csv", "signal", "signals", "signals_csv", "tasks", "ticket", "users", "why",
}  # fmt: skip
# A deed on what has an owner: nobody else does it.
DEEDS = {
    "add_to_group", "adopt", "arm_account", "block_group", "builder_send",
    "builder_source", "cancel_order", "close_group", "disarm_account", "edit_account",
    "edit_group_exits", "put_back_dust", "remove", "promote", "remove_keys", "replay", "run_offset", "run_preflight",
    "run_test_order", "settings_request", "settings_roll_back", "settle", "settle_difference", "settle_lost", "shadow_import", "skip_offset", "take_back_waiver",
    "account_keys", "undo_difference", "waive_exit", "write_off_dust",
}  # fmt: skip
# Somebody's own: the other one does not learn that it is there.
OWN = {
    "chart_erase", "chart_move", "notices_edit", "notices_remove", "notices_switch", "notices_test", "revoke_token",
}  # fmt: skip
# An admin's.
ADMIN = {"user_deed", "withdraw_invite"}
# About whoever asks, or everybody's: nothing of one owner's is named. Tests of their own look at what they do.
ONES = {
    "account_change_password", "account_logout", "account_reauthenticate", "add_account", "chart_draw", "confirm_leave",
    "end_other_sessions", "end_session", "flower", "flower_page", "flower_tasks", "logout", "mfa_activate_totp", "mfa_add_webauthn", "mfa_deactivate_totp", "mfa_edit_webauthn",
    "mfa_generate_recovery_codes", "mfa_index", "mfa_list_webauthn", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn", "mfa_view_recovery_codes", "mode", "notices_new", "preview_api", "request_leave", "settings_change", "settings_import",
    "settings_preview", "withdraw_change",
}  # fmt: skip
SETS = (OPEN, LOOK, DEEDS, OWN, ADMIN, ONES)
VALUES: dict[str, Any] = {
    "answer": "approve",
    "deed": "off",
    "kind": "telegram",
    "name": "groups",
    "pk": 1,
    "rest": "x",
    "text": "x",
    "way": "undo",
}
QUERIES = dict.fromkeys(("chart_data", "chart_marks"), "?symbol=BTC/USDT&timeframe=1h&account={account}")


def patterns() -> Iterator[tuple[str, URLPattern]]:
    """Every address that has a name, as it is reversed."""
    for space, module in (("dashboard:", urls), ("", users_urls)):
        found = (one for one in module.urlpatterns if isinstance(one, URLPattern) and one.name)
        yield from ((_space(space, module) + str(one.name), one) for one in found)


def _space(space: str, module: Any) -> str:
    return f"{module.app_name}:" if getattr(module, "app_name", "") else space


ROUTES = {full.rpartition(":")[2]: (full, one) for full, one in patterns()}


def test_every_address_has_a_place_and_only_one() -> None:
    named = [name for found in SETS for name in found]
    assert sorted(ROUTES) == sorted(named)


def at(name: str) -> str:
    """The address of the last row that it is about."""
    full, pattern = ROUTES[name]
    said = {key: _value(name, key) for key in pattern.pattern.converters}
    return reverse(full, kwargs=said) + QUERIES.get(name, "").format(account=ExchangeAccount.objects.get().pk)


def _value(name: str, key: str) -> Any:
    owners = ROWS | {"change_id": PendingChange, "drawing_id": Drawing, "user_id": User}
    owners |= {"channel_id": Channel, "request_id": SettingRequest, "token_id": ApiToken, "version_id": SettingVersion}
    if key in owners:
        return owners[key]._default_manager.latest("pk").pk
    return WORDS.get(name, {}).get(key) or VALUES.get(key, 1)


@pytest.fixture
def desk(db: None, now: datetime) -> rows.Desk:
    """A trader's account with something of everything, and what is his own."""
    mira = rows.user("mira", Role.TRADER)
    made = world.world(mira, now=now)
    tokens.make(mira, name="bot", scope=Scope.READ, days=1, now=now)
    Channel.objects.create(user=mira, name="mine", kind="telegram")
    Drawing.objects.create(user=mira, symbol="BTC/USDT", kind="LEVEL", first_at=now, first_price=1)
    return made


def browser(name: str, role: Role) -> Client:
    client = Client()
    client.force_login(rows.user(name, role))
    return client


def looked(client: Client, names: set[str]) -> dict[str, int]:
    return {name: client.get(at(name)).status_code for name in sorted(names)}


def acted(client: Client, names: set[str]) -> dict[str, int]:
    account, source = ExchangeAccount.objects.get(), Source.objects.get()
    said = {"why": "because", "reason": "because", "confirm": "yes", "account": account.pk, "source": source.pk}
    return {name: client.post(at(name), said).status_code for name in sorted(names)}


def nowhere(client: Client, names: set[str]) -> dict[str, int]:
    """How the same deeds are answered where there is no such thing."""
    places = {name: re.sub(r"\d+", "987654321", at(name)) for name in sorted(names)}
    return {name: client.post(place).status_code for name, place in places.items()}


def test_a_stranger_sees_nothing_and_does_nothing(desk: rows.Desk) -> None:
    before, closed = told(), set(ROUTES) - OPEN
    statuses = {**looked(Client(), closed), **{f"post {n}": s for n, s in acted(Client(), closed).items()}}
    assert {name: status for name, status in statuses.items() if status not in (302, 401, 403, 404, 405)} == {}
    assert told() == before


def whats_there() -> tuple[int, int, int]:
    """Of what one may make for oneself and nobody else may end."""
    return ApiToken.objects.filter(revoked_at=None).count(), Drawing.objects.count(), Channel.objects.count()


@pytest.mark.parametrize(("name", "role"), [("otto", Role.TRADER), ("vera", Role.VIEWER)])
def test_who_logs_in_looks_and_does_nothing_to_what_is_anothers(desk: rows.Desk, name: str, role: Role) -> None:
    client, before, there = browser(name, role), told(), whats_there()
    assert looked(client, LOOK) == dict.fromkeys(LOOK, 200)
    assert {name: status for name, status in acted(client, DEEDS).items() if status not in (302, 403, 404, 422)} == {}
    assert acted(client, OWN) == nowhere(client, OWN)
    assert whats_there() == there
    assert set(looked(client, ADMIN).values()) | set(acted(client, ADMIN).values()) <= {403, 404, 405}
    assert told() == before
