"""The real stack: bad alerts get their coded reply and one outcome, a good one becomes a group, a restart continues."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest

from tests.e2e.stack import Stack, running, until

pytestmark = pytest.mark.stack

BUY = {"symbol": "BTCUSDT", "action": "buy", "interval": "60"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One stack for the module; its tests run in the order of the file."""
    with running() as made:
        yield made


def named(**fields: Any) -> dict[str, Any]:
    """A buy under an id of its own, sent now."""
    return {"id": secrets.token_hex(8), "timestamp": datetime.now(UTC).isoformat(), **BUY, **fields}


def stored(stack: Stack) -> int:
    return int(stack.rows("SELECT count(*) FROM signals_alert")[0][0])


REFUSED = {
    "malformed": ('{"symbol": "BTCUSDT", ', 422, "NOT_JSON"),
    "deep": ('{"a":' * 20 + "1" + "}" * 20, 422, "TOO_DEEP"),
    "NaN": ('{"symbol": "BTCUSDT", "action": "buy", "price": NaN}', 422, "NUMBER_NOT_FINITE"),
    "duplicate key": ('{"symbol": "BTCUSDT", "action": "buy", "action": "sell"}', 422, "DUPLICATE_KEY"),
    "no format": ('{"hello": "world"}', 422, "FORMAT_UNKNOWN"),
    "not text": (b"\xff\xfe\x00", 422, "NOT_UTF8"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_unreadable_alert_of_a_known_sender_is_refused_with_a_code_and_kept(stack: Stack, name: str) -> None:
    body, status, code = REFUSED[name]
    before = stored(stack)
    reply = stack.post(body)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    [(alert_id,)] = stack.rows("SELECT max(id) FROM signals_alert")
    assert stored(stack) == before + 1
    assert stack.outcome(alert_id) == "UNREADABLE"


STRANGERS = {
    "huge": ("", "x" * 70_000, 413, "BODY_TOO_LARGE"),
    "wrong secret": ("/webhooks/tradingview", {**BUY, "secret": "not the secret"}, 401, "UNAUTHORIZED"),
    "wrong token": ("/webhooks/" + "x" * 43, BUY, 401, "UNAUTHORIZED"),
    "no proof": ("/webhooks/tradingview", BUY, 401, "UNAUTHORIZED"),
    "nowhere": ("/webhooks", BUY, 404, "NOT_FOUND"),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_what_is_no_delivery_is_turned_away_and_not_kept(stack: Stack, name: str) -> None:
    path, body, status, code = STRANGERS[name]
    before = stored(stack)
    reply = stack.post(body, path=path)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert stored(stack) == before


JUDGED = {
    "unknown symbol": ({"symbol": "NOPEUSDT"}, "UNKNOWN_SYMBOL"),
    "nothing to exit": ({"action": "sell", "symbol": "SOLUSDT"}, "NOTHING_TO_EXIT"),
    "stale": ({"timestamp": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}, "STALE"),
}


@pytest.mark.parametrize("name", JUDGED)
def test_an_alert_that_must_not_trade_is_accepted_and_explained(stack: Stack, name: str) -> None:
    fields, outcome = JUDGED[name]
    reply = stack.post(named(**fields))
    assert (reply.status_code, reply.json()["status"]) == (202, "received")
    assert stack.outcome(reply.json()["id"]) == outcome


def test_a_good_alert_becomes_a_group_and_repeats_change_nothing(stack: Stack) -> None:
    body = named(symbol="ETHUSDT", secret=stack.source["secret"])
    first = stack.post(body, path="/webhooks/tradingview")
    assert first.status_code == 202
    alert_id = first.json()["id"]
    assert stack.outcome(alert_id) == "ENTERED"
    again = stack.post(body, path="/webhooks/tradingview")
    assert (again.status_code, again.json()) == (200, {"status": "duplicate", "id": alert_id})
    other = stack.post({**body, "action": "sell"}, path="/webhooks/tradingview")
    assert (other.status_code, other.json()["code"]) == (409, "ID_REUSED")
    assert stack.rows("SELECT count(*) FROM trading_positiongroup") == [(1,)]
    settled = "SELECT count(*) FROM journal_journalentry WHERE kind = 'alert.settled' AND subject = %s"
    assert stack.rows(settled, f"alert:{alert_id}") == [(1,)]
    on_book = "SELECT 1 FROM trading_order WHERE state IN ('OPEN', 'PARTIALLY_FILLED', 'FILLED')"
    until(lambda: stack.rows(on_book), about="an order at the venue")


def test_status_tells_of_the_running_stack(stack: Stack) -> None:
    until(lambda: stack.rows("SELECT 1 FROM trading_canary WHERE answered_at IS NOT NULL"), about="the canary")
    told = stack.asked("status", "--json")
    assert set(told) >= {
        "alerts",
        "groups",
        "orders",
        "slots",
        "queue",
        "mode",
        "canary_age_secs",
        "unsealed_age_secs",
    }
    assert (told["mode"], told["slots"]["open"], told["slots"]["size"] % 10) == ("NORMAL", 1, 0)
    assert told["alerts"]["ENTERED"] == 1
    assert told["canary_age_secs"] >= 0
    assert sum(told["groups"].values()) == 1


def test_a_worker_keeps_its_connection_and_gets_over_a_lost_one(stack: Stack) -> None:
    """A log-in at the database for each task would cost more than many a task."""
    answered(stack)
    before = held(stack)
    answered(stack)
    assert held(stack) == before != set()
    lose = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND client_port = %s"
    assert stack.rows(lose, *before) == [(True,)]
    answered(stack)
    assert (len(held(stack)), held(stack) & before) == (1, set())
    assert "Traceback" not in stack.log()


def answered(stack: Stack) -> None:
    """Until the sweeps worker has answered a canary that is rung from now on."""
    now = stack.rows("SELECT now()")[0][0]
    answer = "SELECT 1 FROM trading_canary WHERE rung_at > %s AND answered_at IS NOT NULL"
    until(lambda: stack.rows(answer, now), about="an answer of the canary")


def held(stack: Stack) -> set[int]:
    """Our ends of the connections to the database that its only child holds."""
    (child,) = psutil.Process(stack.children()["sweeps"].pid).children()
    ends = [end for end in child.net_connections("tcp") if end.raddr and end.status == psutil.CONN_ESTABLISHED]
    return {end.laddr.port for end in ends if end.raddr.port == int(stack.ports["WINDLASS_PG_PORT"])}


def test_no_secret_is_in_any_log(stack: Stack) -> None:
    logs = "".join(path.read_text(errors="replace") for path in (stack.home / "logs").rglob("*") if path.is_file())
    assert stack.source["secret"] not in logs
    assert stack.source["token"] not in logs
    assert len(logs) > 100


def test_it_stops_and_continues_where_it_was(stack: Stack) -> None:
    before = stack.rows("SELECT id, outcome FROM signals_alert ORDER BY id")
    orders = stack.rows("SELECT client_order_id FROM trading_order ORDER BY id")
    assert stack.stop() == 0
    stack.start()
    assert stack.rows("SELECT id, outcome FROM signals_alert ORDER BY id")[: len(before)] == before
    assert stack.rows("SELECT client_order_id FROM trading_order ORDER BY id")[: len(orders)] == orders
    stack.until_reconciled()
    # The market moves meanwhile: what was open may have taken its profit, so a new position is entered and left.
    assert stack.outcome(stack.post(named(symbol="SOLUSDT")).json()["id"]) == "ENTERED"
    assert stack.outcome(stack.post(named(symbol="SOLUSDT", action="sell")).json()["id"]) == "EXITED"
    closed = "SELECT status FROM trading_positiongroup WHERE closed_at IS NOT NULL"
    assert until(lambda: stack.rows(closed), about="the end of the group")
    assert "Traceback" not in stack.log()


def test_a_folder_is_started_once(stack: Stack) -> None:
    again = stack.started_again()
    assert again.returncode == 1
    assert "Windlass already runs here" in again.stdout
    assert stack.asked("status", "--json")["mode"] == "NORMAL"


def test_the_death_of_everything_is_made_good_by_the_next_start(stack: Stack) -> None:
    stack.until_reconciled()
    assert stack.outcome(stack.post(named(symbol="BTCUSDT")).json()["id"]) == "ENTERED"
    until(lambda: stack.rows("SELECT 1 FROM trading_order WHERE state = 'OPEN'"), about="an order at the venue")
    promised = "SELECT id, tp_mode, settings, levels, leverage FROM trading_positiongroup ORDER BY id"
    decided = (
        "SELECT id, intent_key, attempt, client_order_id, price, trigger_price, qty FROM trading_order ORDER BY id"
    )
    before = stack.rows(promised), stack.rows(decided)
    stack.kill_everything()
    stack.start()
    stack.until_reconciled()
    assert stack.rows(promised) == before[0]
    assert stack.rows(decided)[: len(before[1])] == before[1]
    told = stack.asked("check_invariants", "--json")
    assert {name: result["violations"] for name, result in told.items() if result["violations"]} == {}
    assert "I12" in told
    sent = [order["clientOrderId"] for account in stack.ledger().values() for order in account.get("orders", ())]
    known = {name for (name,) in stack.rows("SELECT client_order_id FROM trading_order")}
    assert (len(sent), set(sent) - known) == (len(set(sent)), set())
