"""Every route, by two people: the owner sees what is his, the other one nothing of it. A new route needs a case here."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from dashboard.api import urls
from dashboard.notices.models import Channel
from dashboard.roles import Scope
from project.accounts.models import Balance, ExchangeAccount, Role
from signals.models import Alert, Instrument, LostAlert, Signal, Source
from tests.dashboard import rows
from tests.dashboard.api import world
from trading.models import (
    BareHolding,
    Disagreement,
    DustMove,
    Fill,
    OffsetRun,
    Order,
    PendingChange,
    PositionGroup,
    QueuedSignal,
    SettingRequest,
    SettingVersion,
    ShadowDecision,
    ShadowGroup,
)


def addresses(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))


ROUTES = sorted(set(addresses(urls.routes)))
# Lists: of whose rows the other one must see none. The value is the number of rows that the owner sees at the least.
LISTS = {
    "accounts": 1, "alerts": 4, "books/bare": 1, "books/differences": 1, "books/dust": 1, "fills": 10, "groups": 8,
    "journal": 1, "lost": 1, "notices": 1, "notices/channels": 1, "offset/runs": 1, "orders": 15, "pnl": 1, "queue": 1, "refusals": 1, "risk/decisions": 1,
    "sealed/changes": 1, "sessions": 1, "settings/requests": 1, "settings/versions": 1, "shadow/decisions": 1, "shadow/groups": 1,
    "signals": 2, "slots": 3, "sources": 1, "tokens": 1,
}  # fmt: skip
# One thing: the model whose last row the address names.
ONE: dict[str, Any] = {
    "accounts/{pk}": ExchangeAccount, "accounts/{pk}/checkups": ExchangeAccount, "accounts/{pk}/movements": ExchangeAccount, "accounts/{pk}/preflight": ExchangeAccount,
    "alerts/{pk}": Alert, "books/bare/{pk}": BareHolding, "books/differences/{pk}": Disagreement, "books/dust/{pk}": DustMove,
    "fills/{pk}": Fill, "groups/{pk}": PositionGroup, "groups/{pk}/then": PositionGroup, "lost/{pk}": LostAlert, "offset/runs/{pk}": OffsetRun,
    "orders/{pk}": Order, "queue/{pk}": QueuedSignal, "sealed/changes/{pk}": PendingChange,
    "settings/versions/{pk}": SettingVersion, "shadow/decisions/{pk}": ShadowDecision, "shadow/groups/{pk}": ShadowGroup, "signals/{pk}": Signal, "sources/{pk}": Source,
}  # fmt: skip
# Without a model of their own here: the first row that the owner's list shows.
FIRST = {
    "journal/{pk}": "journal",
    "risk/decisions/{pk}": "risk/decisions",
    "sessions/{pk}": "sessions",
    "tokens/{pk}": "tokens",
    "notices/channels/{pk}": "notices/channels",
}
# What asks the venue, so a test of its own lets it: here only that the other one never gets so far.
ASKS_VENUE: dict[str, Any] = {
    "accounts/{pk}/adopt": ExchangeAccount, "accounts/{pk}/test": ExchangeAccount, "alerts/{pk}/preview": Alert,
    "groups/{pk}/offset": PositionGroup,
}  # fmt: skip
# Deeds on one thing, with their bodies.
DEEDS: dict[str, tuple[Any, Any]] = {
    "accounts/{pk}/adopt": (ExchangeAccount, None),
    "accounts/{pk}/arm": (ExchangeAccount, {"typed": "paper-1"}),
    "accounts/{pk}/checkups": (ExchangeAccount, {"kind": "preflight"}),
    "accounts/{pk}/disarm": (ExchangeAccount, {"reason": "because"}),
    "accounts/{pk}/test": (ExchangeAccount, None),
    "alerts/{pk}/replay": (Alert, None),
    "books/bare/{pk}/take-back": (BareHolding, None),
    "books/bare/{pk}/waive": (BareHolding, {"reason": "because"}),
    "books/differences/{pk}/settle": (Disagreement, {"choice": "OURS", "reason": "because"}),
    "books/differences/{pk}/undo": (Disagreement, None),
    "books/dust/{pk}/put-back": (DustMove, None),
    "groups/{pk}/add": (PositionGroup, {}),
    "groups/{pk}/block": (PositionGroup, {"blocked": True}),
    "groups/{pk}/close": (PositionGroup, None),
    "groups/{pk}/exits": (PositionGroup, {"tp_mode": "HYBRID"}),
    "groups/{pk}/offset": (PositionGroup, None),
    "groups/{pk}/skip": (PositionGroup, None),
    "groups/{pk}/write-off-dust": (PositionGroup, {"reason": "because"}),
    "lost/{pk}/settle": (LostAlert, {"choice": "ignore"}),
    "notices/channels/{pk}/switch": (Channel, {"on": False}),
    "notices/channels/{pk}/test": (Channel, None),
    "orders/{pk}/cancel": (Order, None),
    "orders/{pk}/settle": (Order, {"ending": "absent", "reason": "looked there"}),
    "queue/{pk}/promote": (QueuedSignal, None),
    "queue/{pk}/remove": (QueuedSignal, None),
    "sources/{source_id}/token": (Source, None),
    "settings/requests/{pk}/approve": (SettingRequest, {"reason": "looks right"}),
    "settings/requests/{pk}/refuse": (SettingRequest, {"reason": "looks wrong"}),
    "sealed/changes/{pk}/withdraw": (PendingChange, None),
    "shadow/sources/{source_id}/trades": (Source, {"csv": "a,b"}),
}
# About one account, or one source, named in the query.
BY_QUERY = {
    **dict.fromkeys(
        ("books", "export", "offset", "performance", "pool", "risk", "risk/limits", "settings/values", "why"),
        ("account", ExchangeAccount),
    ),
    "shadow/compare": ("source", Source),
}  # fmt: skip
# What else a query needs.
MORE: dict[str, dict[str, Any]] = {
    "candles": {"instrument": 1, "timeframe_secs": 3600}, "export": {"table": "orders"},
    "groups/{pk}/then": {"at": "2026-01-31T00:00:00Z"},
}  # fmt: skip
# The same for everybody, or about whoever asks.
SHARED = {
    "candles",
    "health",
    "instruments",
    "instruments/{pk}",
    "kill",
    "me",
    "mode",
    "notices/kinds",
    "schema",
    "sealed",
    "settings",
    "tasks",
}
# Deeds that name nothing of anybody's in the address; tests of their own look at what their bodies may name.
BODIES = {
    "kill/confirm", "kill/leave", "log-in", "log-in/renew", "log-out", "preview", "settings/preview", "settings/roll-back",
    "settings/versions/diff", "settings/withdraw", "sessions/end-others", "sources/make", "ticket", "ticket/preview",
}  # fmt: skip
CASES = {*LISTS, *ONE, *FIRST, *ASKS_VENUE, *DEEDS, *BY_QUERY, *SHARED, *BODIES}


def test_every_route_has_a_case_and_every_case_a_route() -> None:
    assert sorted(CASES) == ROUTES


def at(address: str, model: Any) -> str:
    return re.sub(r"\{\w+\}", str(model._default_manager.order_by("pk").last().pk), address)


def test_a_list_shows_the_owner_his_rows_and_nobody_elses(mine: Client, theirs: Client, boss: Client) -> None:
    own = {address: ids(mine, address) for address in LISTS}
    assert {address: len(own[address]) >= least for address, least in LISTS.items()} == dict.fromkeys(LISTS, True)
    assert {address: own[address] & ids(theirs, address) for address in LISTS} == {address: set() for address in LISTS}
    assert {address: world.get(boss, address).status_code for address in LISTS} == dict.fromkeys(LISTS, 200)


def query_of(address: str) -> dict[str, Any]:
    """What has to be asked with it."""
    name, model = BY_QUERY[address]
    return {name: model._default_manager.earliest("pk").pk, **MORE.get(address, {})}


def ids(client: Client, address: str) -> set[int]:
    return {row["id"] for row in world.get(client, address).json()["results"]}


def statuses(client: Client, places: dict[str, str]) -> dict[str, int]:
    return {address: world.get(client, place, **MORE.get(address, {})).status_code for address, place in places.items()}


def test_a_thing_is_shown_to_its_owner_and_to_an_admin_alone(mine: Client, theirs: Client, boss: Client) -> None:
    places = {address: at(address, model) for address, model in ONE.items()}
    assert statuses(mine, places) == dict.fromkeys(ONE, 200)
    assert statuses(theirs, places) == dict.fromkeys(ONE, 404)
    assert statuses(boss, places) == dict.fromkeys(ONE, 200)


@pytest.mark.parametrize("address", ["groups", "orders", "fills", "alerts", "queue"])
def test_a_list_of_an_account_is_its_owners(mine: Client, theirs: Client, desk: rows.Desk, address: str) -> None:
    asked = {"account": desk.account.pk}
    assert [world.get(client, address, **asked).status_code for client in (mine, theirs)] == [200, 404]


@pytest.mark.parametrize(("outcome", "status"), [("UNDECIDED", 200), ("ENTERED", 200), ("bogus", 422), ("A B", 422)])
def test_an_outcome_is_a_code(mine: Client, outcome: str, status: int) -> None:
    assert world.get(mine, "alerts", outcome=outcome).status_code == status


def test_a_row_of_a_list_is_shown_to_its_owner_alone(mine: Client, theirs: Client) -> None:
    places = {address: address.replace("{pk}", str(max(ids(mine, listed)))) for address, listed in FIRST.items()}
    assert statuses(mine, places) == dict.fromkeys(FIRST, 200)
    assert statuses(theirs, places) == dict.fromkeys(FIRST, 404)


def test_a_strangers_account_is_never_asked_for(theirs: Client) -> None:
    places = {address: at(address, model) for address, model in ASKS_VENUE.items()}
    wanted = {address: 405 if address.endswith("/test") else 404 for address in ASKS_VENUE}
    assert statuses(theirs, places) == wanted  # `test` is a deed: there is nothing to read


def test_nobody_acts_on_what_is_not_his(theirs: Client) -> None:
    found = {
        address: world.post(theirs, at(address, model), body).json()["code"] for address, (model, body) in DEEDS.items()
    }
    assert found == dict.fromkeys(DEEDS, "NOT_FOUND")


def test_a_page_about_an_account_is_its_owners(mine: Client, theirs: Client) -> None:
    queries = {address: query_of(address) for address in BY_QUERY}
    own, others = (
        {address: world.get(client, address, **query).status_code for address, query in queries.items()}
        for client in (mine, theirs)
    )
    assert (own, others) == (dict.fromkeys(BY_QUERY, 200), dict.fromkeys(BY_QUERY, 404))


def test_what_is_everybodys_is_shown_to_everybody(mine: Client, theirs: Client) -> None:
    places = {address: at(address, Instrument) for address in SHARED}
    assert statuses(mine, places) == statuses(theirs, places) == dict.fromkeys(SHARED, 200)


def test_a_strangers_source_is_neither_switched_nor_previewed_nor_forgotten(theirs: Client, boss: Client) -> None:
    source = Source.objects.get()
    body = {"source": source.name, "body": "{}"}
    address = f"/api/v1/sources/{source.pk}"
    answers = [
        boss.patch(f"{address}0", '{"enabled": false}', content_type="application/json"),
        theirs.patch(address, '{"enabled": false}', content_type="application/json"),
        theirs.delete(f"/api/v1/shadow/sources/{source.pk}/trades"),
        world.post(theirs, "preview", body),
    ]
    assert [answer.status_code for answer in answers] == [404, 403, 404, 404]


def test_a_strangers_account_takes_no_setting(theirs: Client, desk: rows.Desk) -> None:
    body = {"name": "max_open_groups", "value": "3", "account": desk.account.pk}
    answers = [
        world.post(theirs, "settings/preview", body),
        world.post(theirs, "settings/withdraw", body),
        theirs.put("/api/v1/settings/values", body, content_type="application/json"),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_the_kill_page_counts_every_account_that_the_button_flattens(theirs: Client, desk: rows.Desk) -> None:
    (stake,) = world.get(theirs, "kill").json()["stakes"]
    assert (stake["account"], stake["groups"] > 0, stake["orders"] > 0) == (desk.account.pk, True, True)


def test_who_may_not_press_counts_his_own_accounts(desk: rows.Desk, now: datetime) -> None:
    assert world.get(world.program(rows.user("vera", Role.VIEWER), Scope.READ, now=now), "kill").json()["stakes"] == []


def test_without_a_key_nothing_opens(desk: rows.Desk) -> None:
    refused = [
        world.get(Client(), address) for address in (*LISTS, *BY_QUERY, *(SHARED - {"schema", "instruments/{pk}"}))
    ]
    assert {(answer.status_code, answer.headers["Content-Type"]) for answer in refused} == {
        (401, "application/problem+json")
    }
    assert Balance.objects.exists()
