"""Preview: every stage with its numbers on the page and for programs; nothing is sent, nothing is kept."""

import json
from typing import Any

import pytest
from django.test import Client

from project.accounts.models import ExchangeAccount, Role
from project.journal.models import JournalEntry
from signals.models import Alert, Source
from tests.dashboard import rows
from tests.support.factories import Desk
from trading.models import Order, PositionGroup, Slot

BUY = '{"symbol": "BTCUSDT", "action": "buy", "interval": "60", "price": "60100", "stop_loss": "5%"}'
KEPT = (Alert, Order, PositionGroup, Slot)


@pytest.fixture
def mira(desk: Desk, client: Client) -> Client:
    desk.refresh()
    client.force_login(rows.user("mira", Role.VIEWER))
    return client


def shown(browser: Client, body: str, **more: Any) -> str:
    answer = browser.post("/preview", {"body": body, **more})
    assert answer.status_code in (200, 422)
    return answer.content.decode()


def asked(browser: Client, body: object, source: str = "test") -> tuple[int, dict[str, Any]]:
    answer = browser.post("/api/preview", {"source": source, "body": body}, content_type="application/json")
    return answer.status_code, answer.json()


def test_the_form_is_there_for_whoever_may_look(mira: Client) -> None:
    page = mira.get("/preview").content.decode()
    assert "What would this alert do now?" in page
    assert "<h2>Outcome</h2>" not in page


def test_an_entry_shows_every_stage(mira: Client) -> None:
    page = shown(mira, BUY)
    expected = ("ENTERED", "windlass", "ENTRY LONG on BTC/USDT", "10 of 10 slots free, nobody waits", "reserved funds")
    assert [
        words for words in (*expected, "Exits after the first leg", "Exits after all 5 legs") if words not in page
    ] == []
    assert page.count('<td class="num">4</td>') == 1  # five legs, from 0


def test_a_pyramid_without_a_group_of_its_timeframe_opens_a_new_one(desk: Desk, mira: Client) -> None:
    desk.buy(price="60100")
    PositionGroup.objects.update(timeframe_secs=300)
    assert "PYRAMID LONG, new group on BTC/USDT, timeframe 1\u202fh" in shown(mira, BUY)


def test_nothing_is_kept(mira: Client) -> None:
    before = JournalEntry.objects.count()
    shown(mira, BUY)
    assert [model.objects.count() for model in KEPT] == [0] * 4
    assert JournalEntry.objects.count() == before


def test_a_denial_shows_the_plan_and_the_check_that_fails(mira: Client) -> None:
    ExchangeAccount.objects.update(armed=False)
    page = shown(mira, BUY)
    assert "NOT_ARMED" in page
    assert page.count("▲ no<") == 1
    assert '<section class="panel" id="plan">' in page


def test_an_exit_shows_what_it_would_sell(desk: Desk, mira: Client) -> None:
    desk.setting("legs", [["0", "100", "1"]])
    desk.buy(price="60100")
    page = shown(mira, '{"symbol": "BTCUSDT", "action": "exit"}')
    assert "EXITED" in page
    assert "EXIT LONG on BTC/USDT" in page
    assert PositionGroup.objects.get().closing_at is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"hello": 1}', ("FORMAT_UNKNOWN", "<code>windlass</code>", "MISSING")),
        ('{"symbol": "BTCUSDT", "acton": "buy"}', ("UNKNOWN_FIELD", "<b>acton</b>")),
        ('{"symbol": "BTCUSDT", "action": "bye"}', ("UNKNOWN_VALUE", "<b>action</b>", "buy")),
        ("{", ("NOT_JSON", "valid JSON")),
        ("", ("EMPTY_BODY",)),
        ("\ud800", ("NOT_UTF8",)),
    ],
)
def test_what_the_door_refuses_is_named(mira: Client, body: str, said: tuple[str, ...]) -> None:
    status, answer = asked(mira, body)
    page = shown(mira, body.encode("utf-8", "replace").decode())
    assert (status, answer["status"], answer["code"]) == (422, "refused", said[0])
    assert [words for words in said if words not in page and body != "\ud800"] == []


def test_values_and_notices_have_no_plan(mira: Client) -> None:
    page = shown(mira, '{"symbol": "BTCUSDT", "indicators": {"rsi": 30}}')
    assert "INDICATORS_STORED" in page
    assert "<h2>Plan</h2>" not in page


def test_a_past_delivery_is_asked_again(desk: Desk, mira: Client) -> None:
    alert = desk.alert(symbol="BTCUSDT", action="buy", price="60100", interval="60")
    page = mira.get(f"/preview?alert={alert.pk}").content.decode()
    assert f"of alert {alert.pk}" in page
    assert "ENTRY LONG on BTC/USDT" in page
    Alert.objects.update(format="", reason="NOT_JSON", raw="{")
    assert "NOT_JSON" in mira.get(f"/preview?alert={alert.pk}").content.decode()


def test_a_shadowed_source_is_asked_on_paper(mira: Client) -> None:
    Source.objects.update(live=False)
    page = shown(mira, BUY)
    assert "what follows happens on paper" in page
    assert "ENTRY LONG on BTC/USDT" in page


def test_another_secret_is_refused(desk: Desk, mira: Client) -> None:
    Source.objects.update(secret_hash=b"x" * 32)
    assert "The door would refuse it with 401" in shown(mira, BUY.replace("{", '{"secret": "wrong", ', 1))


def test_the_api_answers_in_numbers(mira: Client) -> None:
    status, found = asked(mira, BUY)
    assert (status, found["outcome"], found["meaning"], found["side"]) == (200, "ENTERED", "ENTRY", "LONG")
    assert len(found["legs"]) == 5
    assert found["size"]["bound_by"] == "setting"
    assert {check["name"] for check in found["checks"]} >= {"slots", "reserved_funds", "stale_price"}
    assert all(check["ok"] for check in found["checks"])
    json.dumps(found)


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        ("[]", 400, "BAD_REQUEST"),
        ("{", 400, "BAD_REQUEST"),
        ('{"source": "test"}', 400, "BAD_REQUEST"),
        ('{"source": "nobody", "body": "{}"}', 404, "UNKNOWN_SOURCE"),
        ('{"source": "test", "body": "{}"}', 422, "FORMAT_UNKNOWN"),
    ],
)
def test_the_api_refuses_with_a_code(mira: Client, raw: str, status: int, code: str) -> None:
    answer = mira.post("/api/preview", raw, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_api_wants_a_session_and_its_token(mira: Client) -> None:
    assert Client().post("/api/preview", "{}", content_type="application/json").status_code == 401
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(rows.user("vera", Role.VIEWER))
    assert strict.post("/api/preview", "{}", content_type="application/json").status_code == 403


def test_without_a_source_the_page_says_what_to_do(db: None, client: Client) -> None:
    client.force_login(rows.user("mira", Role.VIEWER))
    assert "No source yet" in client.get("/preview").content.decode()
