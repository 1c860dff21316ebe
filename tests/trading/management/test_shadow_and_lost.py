"""manage.py shadow and lost_alerts: what they print, and how they say that something is wrong."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from signals.models import Alert, LostAlert
from tests.support.factories import Desk
from trading.models import TheirTrade

EXPORT = "time,pair,side,qty,price\n2026-11-20 10:00,BTCUSDT,buy,0.01,60000\nnever,BTCUSDT,buy,1,1\n"


def said(*words: str, **options: Any) -> str:
    out = StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def test_an_export_is_imported_and_compared(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "trades.csv"
    file.write_text(EXPORT)
    told = json.loads(said("shadow", "--json", source="test", file=file))
    assert (told["imported"], told["missed"], told["errors"]) == (1, 1, [[3, "opened_at", "NOT_A_TIME"]])
    assert TheirTrade.objects.count() == 1
    words = said("shadow", source="test", file=file)
    assert "missed             1" in words
    assert "line 3     opened_at: NOT_A_TIME" in words


@pytest.mark.parametrize(
    ("options", "why"),
    [({"source": "nobody"}, "no source called"), ({"source": "test", "file": Path("/no/file")}, "cannot be read")],
)
def test_what_is_not_there_is_said(desk: Desk, options: dict[str, Any], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        said("shadow", **options)


@pytest.fixture
def alarm(desk: Desk) -> LostAlert:
    now = timezone.now()
    return LostAlert.objects.create(
        source=desk.source, kind="BAR", symbol="BTC/USDT", expected_at=now, words="No alert came.", found_at=now
    )


def test_lost_alerts_are_listed_and_settled(alarm: LostAlert) -> None:
    [row] = json.loads(said("lost_alerts", "--json"))
    assert (row["id"], row["choices"]) == (alarm.pk, ["long", "close", "ignore"])
    assert "No alert came.  [long, close, ignore]" in said("lost_alerts")
    assert "Nothing is missing." in said("lost_alerts", settle=alarm.pk, choice="close")
    assert Alert.objects.count() == 1
    with pytest.raises(CommandError, match="settled already"):
        said("lost_alerts", settle=alarm.pk)
    with pytest.raises(CommandError, match="There is no lost alert"):
        said("lost_alerts", settle=999_999)
