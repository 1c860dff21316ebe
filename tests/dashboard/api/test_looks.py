"""What is looked up: a group at a moment, the journal in words, bars, tables as CSV, the gate's picture."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import returns, tokens
from dashboard.api import paging
from dashboard.roles import Scope
from project.journal.models import JournalEntry
from signals.models import Candle
from tests.dashboard import rows
from tests.dashboard.api import world
from tests.dashboard.api.world import get
from tests.dashboard.sheet import text_of
from trading.models import Order, PnlPoint, PositionGroup

REASON = "=1+1 of XRP is too small"


def entries(desk: rows.Desk, count: int, kind: str = "fill", **payload: Any) -> None:
    JournalEntry.objects.bulk_create(
        JournalEntry(kind=kind, subject="order:1", payload=payload, account_id=desk.account.pk) for _ in range(count)
    )


def test_a_group_is_told_as_it_was(mine: Client, desk: rows.Desk) -> None:
    group = PositionGroup.objects.filter(closed_at=None).latest("pk")
    place, before = f"groups/{group.pk}/then", (desk.now - timedelta(days=400)).isoformat()
    assert get(mine, place, at=before).json()["words"] == "not opened yet"
    odd = ("yesterday", "9999-12-31T23:59:00Z", "9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+10:00")
    assert [get(mine, place, at=text).json()["field"] for text in odd] == ["at"] * 4


def test_performance_says_what_the_page_says(mine: Client, desk: rows.Desk) -> None:
    # Profit 0, 10, 5 while 1,000 come in at the second reading: 100, 110, 110, 105 by day.
    PnlPoint.objects.all().delete()
    for days, equity, profit in [(3, "100", "0"), (2, "1110", "10"), (0, "1105", "5")]:
        at = desk.now - timedelta(days=days)
        PnlPoint.objects.create(
            account=desk.account, at=at, equity=equity, realised_pnl=profit, unrealised_pnl=0, open_groups=0
        )
    page = returns.gather(desk.account, "all", now=timezone.now())
    said = get(mine, "performance", account=desk.account.pk).json()
    assert (said["ratios"]["days"], said["ratios"]["return_pct"], page.ratios.return_pct) == (4, "5", 5)
    assert Decimal(said["ratios"]["max_drawdown_pct"]) == round(page.ratios.max_drawdown_pct, 18)
    shown = [(period.name, period.tally.count, period.tally.net) for period in page.periods]
    assert [(row["window"], row["count"], Decimal(row["net"])) for row in said["windows"]] == shown


def test_the_journal_is_told_in_words_and_found_by_them(mine: Client, desk: rows.Desk) -> None:
    entries(desk, 1, "alert.settled", outcome="LEG_BELOW_MINIMUM", reason=REASON)
    asked = [{"q": "xrp small"}, {"category": "precision"}, {"level": "warning", "q": "minimum"}, {"q": "nowhere"}]
    found = [get(mine, "journal", **query).json()["results"] for query in asked]
    assert [len(one) for one in found] == [1, 1, 1, 0]
    assert (found[0][0]["category"], found[0][0]["level"], REASON in found[0][0]["sentence"]) == (
        "precision", "warning", True,
    )  # fmt: skip


def test_the_journal_of_a_group_holds_its_orders(mine: Client, desk: rows.Desk) -> None:
    order = Order.objects.latest("pk")
    JournalEntry.objects.create(kind="order.new", subject=f"order:{order.pk}", payload={}, account_id=desk.account.pk)
    subjects = {row["subject"] for row in get(mine, "journal", group=order.group_id).json()["results"]}
    assert subjects == {f"order:{order.pk}"}


def test_a_search_goes_on_window_by_window(mine: Client, desk: rows.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    entries(desk, 1, "alert.settled", outcome="POOL_FULL", reason="the needle")
    entries(desk, 25)
    monkeypatch.setattr(paging, "WINDOW", 10)
    pages = [get(mine, "journal", q="needle").json()]
    for _ in range(2):
        pages.append(get(mine, "journal", q="needle", cursor=pages[-1]["next"]).json())
    assert [len(page["results"]) for page in pages] == [0, 0, 1]


def test_the_journal_of_another_is_not_searched(theirs: Client, desk: rows.Desk) -> None:
    entries(desk, 1, "alert.settled", outcome="POOL_FULL", reason="the needle")
    assert get(theirs, "journal", q="needle").json()["results"] == []


def test_bars_come_latest_first_page_by_page(mine: Client, desk: rows.Desk) -> None:
    of = world.of_base("ETH")
    bars = [desk.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours) for hours in (2, 0, 1, 3)]
    for at in bars:  # in any order
        Candle.objects.create(
            instrument=of, timeframe_secs=3600, opened_at=at, open=1, high=2, low=1, close=2, volume=3
        )
    asked: dict[str, Any] = {"instrument": of.pk, "timeframe_secs": 3600, "limit": 3}
    first = get(mine, "candles", **asked).json()
    second = get(mine, "candles", cursor=first["next"], **asked).json()
    shown = [row["opened_at"] for row in (*first["results"], *second["results"])]
    assert (shown, len(first["results"]), second["next"]) == (sorted(shown, reverse=True), 3, None)
    assert get(mine, "candles").json()["code"] == "INVALID"


@pytest.mark.parametrize("table", ["curve", "fills", "funding", "groups", "orders"])
def test_a_table_is_exported_whole(mine: Client, desk: rows.Desk, table: str) -> None:
    answer = get(mine, "export", account=desk.account.pk, table=table)
    lines = list(csv.reader(StringIO(text_of(answer))))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert f"windlass-{table}-" in answer.headers["Content-Disposition"]
    assert {len(line) for line in lines} == {len(lines[0])}


def test_an_export_is_narrowed_and_what_makes_no_sense_refused(mine: Client, desk: rows.Desk) -> None:
    later = (desk.now + timedelta(days=1)).isoformat()
    asked: dict[str, Any] = {"account": desk.account.pk, "table": "fills"}
    assert text_of(get(mine, "export", since=later, **asked)).count("\r\n") == 1
    wrong = get(mine, "export", **asked | {"table": "secrets"})
    assert (wrong.status_code, wrong.json()["field"], wrong.headers["Content-Type"]) == (
        422, "table", "application/problem+json",
    )  # fmt: skip


def test_the_gates_picture_names_every_check(mine: Client, desk: rows.Desk) -> None:
    found = get(mine, "risk/limits", account=desk.account.pk).json()
    checks = {row["name"]: row["state"] for layer in found["layers"] for row in layer["rows"]}
    assert {"mode", "slots", "portfolio_heat"} <= set(checks)
    assert set(found["shares"]) == {"Pair", "Strategy", "Sector", "Venue"}


def test_enough_tokens_are_said_to_be(desk: rows.Desk, now: Any) -> None:
    boss = rows.admin("boss")
    for _ in range(tokens.MOST_TOKENS):
        tokens.make(boss, name="bot", scope=Scope.READ, days=1, now=now)
    person = world.bearer(tokens.log_in(boss, scope=Scope.ADMIN, now=now).access)
    answer = world.post(person, "tokens", {"name": "one more"})
    assert (answer.status_code, answer.json()["code"]) == (403, "TOO_MANY_TOKENS")
