"""Shadow on the page: an export goes in, each trade stands beside ours, and a file comes out."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.test import Client

from project.journal.models import JournalEntry
from signals.models import Alert, Instrument, Source
from tests.dashboard import rows
from trading.models import ShadowDecision, ShadowGroup, TheirTrade


@pytest.fixture
def source(day: rows.Desk) -> Source:
    """A source in shadow mode with one closed and one open paper position."""
    found = Source.objects.order_by("id").first()
    Source.objects.filter(pk=found.pk).update(live=False)
    shadow(day, found, "BTC/USDT", minutes=60, closed=True, pnl="4.2")
    shadow(day, found, "ETH/USDT", minutes=600, closed=False, pnl="0")
    return found


def shadow(day: rows.Desk, source: Source, symbol: str, *, minutes: int, closed: bool, pnl: str) -> ShadowGroup:
    opened = day.now - timedelta(minutes=minutes)
    return ShadowGroup.objects.create(
        source=source, account=source.account, instrument=Instrument.objects.get(symbol=symbol), timeframe_secs=900,
        side="LONG", opened_at=opened, closed_at=opened + timedelta(minutes=30) if closed else None,
        entry_qty=Decimal("0.01"), average_entry=Decimal(60060), realised_pnl=Decimal(pnl),
        qty=Decimal(0) if closed else Decimal("0.01"), cost=Decimal(0) if closed else Decimal("26"),
        close_reason="TARGETS_TAKEN" if closed else "",
    )  # fmt: skip


def export(day: rows.Desk, pair: str = "BTCUSDT") -> bytes:
    opened = day.now - timedelta(minutes=61)
    lines = [
        "time,pair,side,qty,price,fee",
        f"{opened.isoformat()},{pair},buy,0.01,60000,0.6",
        f"{(opened + timedelta(minutes=5)).isoformat()},{pair},sell,0.01,60500,0.6",
        f"{(opened - timedelta(days=1)).isoformat()},SOLUSDT,buy,1,150,0",
        "whenever,BTCUSDT,buy,1,1,0",
    ]
    return "\n".join(lines).encode()


def imported(browser: Client, source: Source, content: bytes) -> str:
    file = BytesIO(content)
    file.name = "trades.csv"
    return browser.post(f"/shadow/{source.pk}/import", {"file": file}, follow=True).content.decode()


def test_an_import_says_what_it_kept_and_what_it_could_not_read(day: rows.Desk, trader: Client, source: Source) -> None:
    page = imported(trader, source, export(day))
    assert "2 trades from 4 lines of fills are kept" in page
    assert "Line 5, opened_at: NOT_A_TIME" in page
    imported(trader, source, export(day))
    assert TheirTrade.objects.count() == 2  # imported twice, it counts once
    assert JournalEntry.objects.filter(kind="shadow.imported").count() == 2


def test_each_trade_stands_beside_ours(day: rows.Desk, trader: Client, source: Source) -> None:
    imported(trader, source, export(day))
    page = trader.get(f"/shadow?source={source.pk}&days=all").content.decode()
    # (60 060 − 60 000) ÷ 60 000 = 10 bps; theirs (60 500 − 60 000) × 0.01 − 1.2 = 3.8
    assert [words in page for words in ("10.0", "3.80", "4.20", "▲ missed", "extra", "later")] == [True] * 6
    narrow = trader.get(f"/shadow?source={source.pk}&days=1&minutes=1").content.decode()
    assert "SOL/USDT" not in narrow


def test_the_file_is_safe_for_a_spreadsheet(day: rows.Desk, trader: Client, source: Source) -> None:
    ShadowGroup.objects.update(close_reason="=cmd()")
    answer = trader.get(f"/shadow.csv?source={source.pk}&days=all")
    read = list(csv.reader(StringIO(answer.content.decode())))
    assert answer["Content-Disposition"] == 'attachment; filename="shadow.csv"'
    assert {line[-1] for line in read[1:]} == {"'=cmd()"}
    assert len(read) == 3


def test_what_is_no_file_is_said(trader: Client, source: Source) -> None:
    assert "Choose a CSV file" in trader.post(f"/shadow/{source.pk}/import", follow=True).content.decode()
    assert "The file is not UTF-8" in imported(trader, source, b"\xff\xfe\x00")
    assert "MISSING_COLUMN" in imported(trader, source, b"hello,world\n1,2\n")


def test_imported_trades_can_be_deleted(day: rows.Desk, trader: Client, source: Source) -> None:
    imported(trader, source, export(day))
    page = trader.post(f"/shadow/{source.pk}/import", {"forget": "1"}, follow=True).content.decode()
    assert ("2 imported trades" in page, TheirTrade.objects.count()) == (True, 0)


def test_a_viewer_may_look_only(day: rows.Desk, viewer: Client, source: Source) -> None:
    assert "Importing takes the role" in viewer.get("/shadow").content.decode()
    imported(viewer, source, export(day))
    assert TheirTrade.objects.count() == 0


def test_decisions_on_paper_are_listed(day: rows.Desk, trader: Client, source: Source) -> None:
    alert = Alert.objects.filter(source=source).first()
    ShadowDecision.objects.create(
        alert=alert, source=source, outcome="POOL_FULL", reason="all taken", decided_at=day.now
    )
    page = trader.get("/shadow").content.decode()
    assert "POOL_FULL" in page
    assert f"/preview?alert={alert.pk}" in page


def test_without_a_shadowed_source_it_says_how(day: rows.Desk, root: Client) -> None:
    assert "No source in shadow mode" in root.get("/shadow").content.decode()
    assert root.get("/shadow.csv").status_code == 200
