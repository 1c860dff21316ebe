"""The pre-flight and the test order on the live paper exchange: every line of a good account, and what a bad key costs."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from project.accounts import mode
from project.accounts.models import Checkup, Environment, ExchangeAccount
from project.accounts.vault import put_credentials
from project.journal.models import JournalEntry
from tests.support.factories import Desk, make_desk
from tests.support.paper import PaperExchange
from tests.support.venues import FUTURES
from trading import tasks
from trading.domain.preflight import Finding, Level
from trading.gateways import examiner
from trading.selectors import rules_of
from trading.services import connect, preflight, test_order
from trading.services.preflight import Kind
from trading.services.preflight_pairs import instruments_of

RIGHTS = {"method": "GET", "path": "/sapi/v1/account/apiRestrictions"}
ACCEPTED_UNSAID = "http_503_after_accept"
ORDER = {"method": "POST", "path": "/api/v3/order"}


pytestmark = pytest.mark.django_db(transaction=True)


def asked(account: ExchangeAccount, kind: str = Kind.PREFLIGHT) -> Checkup:
    """Asked for, and made as the worker does."""
    row = preflight.ask(account.pk, kind, operator="mira", now=timezone.now())
    preflight.make(account)
    row.refresh_from_db()
    return row


def lines(row: Checkup) -> dict[str, dict[str, Any]]:
    return {line["name"]: line for line in row.lines}


def rekey(desk: Desk, *rights: str) -> None:
    """Another key for the account, with these rights."""
    key, secret = secrets.token_hex(16), secrets.token_hex(16)
    desk.paper.add_key(key, secret, desk.key, rights=list(rights))
    put_credentials(desk.account, {"apiKey": key, "secret": secret}, now=timezone.now())
    desk.account.save()


def test_a_good_spot_account_is_green(desk: Desk) -> None:
    row = asked(desk.account)
    found = lines(row)
    assert [(name, line["level"]) for name, line in found.items() if line["level"] not in ("ok", "note")] == []
    assert row.green
    assert row.finished_at is not None
    wanted = {
        "keys",
        "right to trade",
        "right to withdraw",
        "clock",
        "books",
        "markets",
        "fees",
        "request budget",
        "stream",
    }
    assert wanted | {"minimums BTC/USDT"} <= found.keys()
    assert found["keys"]["value"].startswith("accepted; 10000 USDT held")
    entry = JournalEntry.objects.get(kind="account.preflight")
    assert (entry.payload["operator"], entry.payload["green"], entry.payload["wrong"]) == ("mira", True, [])


@pytest.mark.parametrize("venue", FUTURES)
def test_a_good_futures_account_is_green_and_its_modes_are_told(paper_process: PaperExchange, venue: str) -> None:
    paper_process.faults([])
    row = asked(make_desk(paper_process, venue=venue).account)
    found = lines(row)
    assert [(name, line["level"]) for name, line in found.items() if line["level"] not in ("ok", "note")] == []
    assert found["position mode"]["value"] == "one-way"
    margin = found["margin mode BTC/USDT:USDT"]
    # Isolated is wanted, and set before the first entry where it is not so: KuCoin begins with it.
    wanted = ("isolated", Level.OK) if venue == "kucoinfutures" else ("cross", Level.NOTE)
    assert (margin["value"], margin["level"]) == wanted
    assert found["leverage BTC/USDT:USDT"]["limit"] == "1 ×"
    assert row.green


def test_an_account_that_was_never_read_is_read_first(desk: Desk) -> None:
    ExchangeAccount.objects.filter(pk=desk.account.pk).update(reconciled_at=None)
    desk.account.refresh_from_db()
    row = asked(desk.account)
    desk.account.refresh_from_db()
    assert (row.green, desk.account.reconciled_at is not None) == (True, True)


@pytest.mark.parametrize(
    ("rights", "bad"),
    [
        (("trade", "withdraw"), {"right to withdraw"}),
        ((), {"right to trade"}),
        (("withdraw",), {"right to trade", "right to withdraw"}),
    ],
)
def test_what_a_key_may_not_and_must_not_do(desk: Desk, rights: tuple[str, ...], bad: set[str]) -> None:
    rekey(desk, *rights)
    row = asked(desk.account)
    assert {line["name"] for line in row.lines if line["level"] == Level.BAD} == bad
    assert not row.green


def test_keys_that_the_venue_does_not_know_are_bad(desk: Desk) -> None:
    put_credentials(desk.account, {"apiKey": "nobody", "secret": "knows"}, now=timezone.now())
    desk.account.save()
    row = asked(desk.account)
    assert lines(row)["keys"]["level"] == Level.BAD
    assert not row.green


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"environment": Environment.LIVE}, "UNSAFE_ENDPOINT"),
        ({"environment": Environment.LIVE, "base_url": ""}, "LIVE_NOT_ALLOWED"),
        ({"base_url": "https://api.binance.com"}, "UNSAFE_ENDPOINT"),
        ({"venue": "mtgox"}, "UNSUPPORTED_VENUE"),
    ],
)
def test_where_the_venue_cannot_be_asked_one_line_says_why(desk: Desk, facts: dict[str, Any], code: str) -> None:
    ExchangeAccount.objects.filter(pk=desk.account.pk).update(**facts)
    row = asked(desk.account)
    assert [(line["name"], line["value"], line["level"]) for line in row.lines] == [("connection", code, "bad")]
    assert not row.green


def test_a_venue_that_answers_nothing_leaves_lines_unknown(desk: Desk) -> None:
    desk.paper.faults([{"match": RIGHTS, "times": 5, "action": "http_503_before_accept"}])
    row = asked(desk.account)
    desk.paper.faults([])
    assert lines(row)["rights"]["level"] == Level.UNKNOWN
    assert not row.green


def test_asking_twice_is_one_pre_flight_and_a_lost_worker_is_given_up(desk: Desk) -> None:
    now = timezone.now()
    first = preflight.ask(desk.account.pk, Kind.PREFLIGHT, operator="mira", now=now)
    assert preflight.ask(desk.account.pk, Kind.PREFLIGHT, operator="otto", now=now).pk == first.pk
    Checkup.objects.filter(pk=first.pk).update(started_at=now)  # begun, and the worker died
    later = now + preflight.GIVEN_UP + timedelta(seconds=1)
    second = preflight.ask(desk.account.pk, Kind.PREFLIGHT, operator="otto", now=later)
    first.refresh_from_db()
    assert second.pk != first.pk
    assert (first.green, first.lines[-1]["name"]) == (False, "cut short")


@pytest.mark.parametrize("kind", [Kind.PREFLIGHT, Kind.TEST_ORDER])
def test_whatever_happens_it_is_ended_and_not_green(desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Also by what nobody foresaw, right after a line that was good."""

    def steps(*_: object) -> Iterator[Finding]:
        yield Finding("connected", "1 ms", "paper")
        raise AttributeError("nobody foresaw it")

    monkeypatch.setitem(preflight.STEPS, kind, steps)
    row = preflight.ask(desk.account.pk, kind, operator="mira", now=timezone.now())
    with pytest.raises(AttributeError):
        preflight.make(desk.account)
    row.refresh_from_db()
    assert [line["name"] for line in row.lines] == ["connected", "broken off"]
    assert (row.finished_at is not None, row.green) == (True, False)


def test_another_kind_is_refused_and_places_nothing(desk: Desk) -> None:
    with pytest.raises(ValueError, match="blood test"):
        preflight.ask(desk.account.pk, "blood test", operator="mira", now=timezone.now())
    assert Checkup.objects.count() == 0


def test_a_bell_starts_a_process_and_waits_for_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A venue that is slow to answer holds up no worker; a second bell finds the process at work."""
    started: list[Any] = []
    begin = subprocess.Popen
    asleep = (sys.executable, "-c", "input()")

    def popen(words: Any, **how: Any) -> Any:
        started.append(begin(asleep, **{**how, "stdin": subprocess.PIPE}))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    tasks.make_checkups(desk.account.pk)
    assert started == []
    row = preflight.ask(desk.account.pk, Kind.PREFLIGHT, operator="mira", now=timezone.now())
    for _ in range(2):
        tasks.make_checkups(desk.account.pk)
    started[0].communicate(b"\n")
    row.refresh_from_db()
    assert (len(started), row.started_at) == (1, None)
    call_command(tasks.CHECKUPS.command)
    row.refresh_from_db()
    assert row.green
    tasks.make_checkups(desk.account.pk)
    assert len(started) == 1


def test_keys_that_change_meanwhile_make_it_count_for_nothing(desk: Desk) -> None:
    row = preflight.ask(desk.account.pk, Kind.PREFLIGHT, operator="mira", now=timezone.now())
    rekey(desk, "trade")
    preflight.make(desk.account)
    row.refresh_from_db()
    assert (row.finished_at is not None, row.green) == (True, False)


# the test order ----------------------------------------------------------------------------------


@pytest.mark.parametrize("venue", ["binance", "binanceusdm"])
def test_a_test_order_is_placed_found_and_cancelled(paper_process: PaperExchange, venue: str) -> None:
    paper_process.faults([])
    desk = make_desk(paper_process, venue=venue)
    row = asked(desk.account, Kind.TEST_ORDER)
    told = [(line["name"], line["level"]) for line in row.lines]
    assert told == [(name, "ok") for name in ("connected", "order", "placed", "found", "cancelled")]
    assert lines(row)["found"]["value"] == "open"
    assert row.green
    assert [order for order in desk.gateway.resting() if order.order.client_order_id.startswith("WindlassTest")] == []


def test_while_paused_nothing_is_placed_not_even_to_test(desk: Desk) -> None:
    connect.forget()  # what was read of the mode within the last 2 s
    mode.change(mode.Mode.PAUSED, operator="mira", reason="a look around")
    row = asked(desk.account, Kind.TEST_ORDER)
    assert row.lines[-1]["level"] == Level.BAD
    assert "the trading mode is PAUSED" in row.lines[-1]["advice"]
    assert list(desk.gateway.resting()) == []


def test_an_order_whose_fate_is_unknown_is_cancelled_all_the_same(desk: Desk) -> None:
    desk.paper.faults([{"match": ORDER, "action": ACCEPTED_UNSAID, "times": 1}])
    row = asked(desk.account, Kind.TEST_ORDER)
    desk.paper.faults([])
    assert lines(row)["placed"]["level"] == Level.BAD
    assert lines(row)["cancelled"]["level"] == Level.OK
    assert list(desk.gateway.resting()) == []


# live: the venue checks, and nothing is placed -----------------------------------------------------


def checked(desk: Desk) -> list[tuple[str, str]]:
    """The steps on a live account, asked of the paper exchange's own test endpoint."""
    (pair, *_) = instruments_of(desk.account)
    bench = test_order._Bench(desk.account, connect.examiner(desk.account), timezone.now, rules_of(pair))
    request = test_order._request(bench, Decimal(60_000))
    return [(step.name, step.level) for step in test_order._checked(bench, request)]


def test_on_live_money_the_venue_only_checks(desk: Desk) -> None:
    assert checked(desk) == [("checked by the venue", "ok")]
    assert list(desk.gateway.resting()) == []


def test_where_the_venue_cannot_check_it_is_refused_in_words(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examiner, "TEST_CALL", {})
    assert checked(desk) == [("refused", "bad")]
