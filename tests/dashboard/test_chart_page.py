"""The page Chart and what it asks for: the usual pair, what is refused, what is said when the venue says nothing."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from redis import Redis
from redis.exceptions import ConnectionError as NoConnection

from dashboard import chart
from project.accounts.models import ExchangeAccount
from signals.models import Instrument
from signals.timeframes import HOUR
from tests.dashboard import chart_rows, rows
from tests.support.plugin import SERVERS
from trading.models import PositionGroup, SettingOverride
from trading.services import chart_feed
from trading.services.chart_feed import Want

QUERIES_OF_OURS = 5
VENDOR = Path(chart.__file__).parent / "static" / "vendor"


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    """Nothing is known of any pair, before and after."""
    yield
    with Redis.from_url(SERVERS.redis_url) as client:
        if names := list(client.scan_iter("windlass:chart:*")):
            client.delete(*names)


def ask(browser: Client, day: rows.Desk, **query: object):
    asked = {"account": day.account.pk, "symbol": "BTC/USDT", "timeframe": "1h", **query}
    return browser.get("/chart/data", asked)


def fed(day: rows.Desk, secs: int = HOUR, **changes: object) -> None:
    """The venue has told of the pair."""
    made = chart_rows.bars(now=day.now, timeframe_secs=secs)
    chart_feed.keep(day.account.pk, Want("BTC/USDT", secs), chart_rows.feed(made, now=day.now, **changes))


def test_the_usual_chart_is_that_of_the_last_group(root: Client) -> None:
    page = root.get("/chart").context["page"]
    assert (page.view.market.symbol, page.view.timeframe_secs) == ("BTC/USDT", 900)
    assert page.held == ("BTC/USDT", "ETH/USDT", "SOL/USDT")
    assert [group.instrument.symbol for group in page.groups] == ["BTC/USDT"]
    assert set(page.pairs) >= {"XRP/USDT"}


def test_everything_that_the_script_fills_has_its_room_before(root: Client) -> None:
    page = root.get("/chart").content.decode()
    rows = [
        page.partition(f"<tbody data-{name}>")[2].partition("</tbody>")[0].count("<tr>")
        for name in ("asks", "bids", "trades")
    ]
    assert (rows, "data-tools inert" in page) == ([10, 10, 12], True)


@pytest.mark.parametrize(
    ("query", "symbol", "secs"),
    [
        ({"symbol": "ETH/USDT", "timeframe": "4h"}, "ETH/USDT", 14_400),
        ({"symbol": "BINANCE:XRPUSDT"}, "XRP/USDT", 900),
        ({"symbol": "solusdt", "timeframe": "60"}, "SOL/USDT", 3600),
    ],
)
def test_what_is_asked_for_is_shown(root: Client, query: dict, symbol: str, secs: int) -> None:
    view = root.get("/chart", query).context["page"].view
    assert (view.market.symbol, view.timeframe_secs) == (symbol, secs)


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"symbol": "DOGEUSDT"}, 404, "not listed"),
        ({"symbol": "<script>alert(1)</script>"}, 404, "&lt;script&gt;"),
        ({"symbol": "B\0G/USDT"}, 404, "not listed"),
        ({"timeframe": "7h"}, 422, "no chart of 7h"),
        ({"values": "guru"}, 422, "no indicator guru"),
    ],
)
def test_what_cannot_be_shown_is_said(root: Client, query: dict, status: int, words: str) -> None:
    answer = root.get("/chart", query)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert "The usual chart" in answer.content.decode()


def test_nothing_is_held(day: rows.Desk, root: Client) -> None:
    PositionGroup.objects.update(closed_at=day.now)
    answer = root.get("/chart", {"symbol": "XRP/USDT"})
    assert "No group of XRP/USDT is open" in answer.content.decode()


def test_an_account_without_pairs(day: rows.Desk, root: Client) -> None:
    empty = ExchangeAccount.objects.create(user=day.account.user, name="new", venue="binanceusdm")
    assert "has not told its pairs yet" in root.get("/chart", {"account": empty.pk}).content.decode()


def test_few_questions(day: rows.Desk, root: Client) -> None:
    account = ExchangeAccount.objects.get(pk=day.account.pk)
    with CaptureQueriesContext(connection) as asked:
        chart.gather(account, {})
    assert len(asked) <= QUERIES_OF_OURS
    for place, most in (("/chart", 12), ("/chart/data", 9), ("/chart/marks", 12)):
        with CaptureQueriesContext(connection) as asked:
            root.get(place, {"account": day.account.pk, "symbol": "BTC/USDT"})
        assert 0 < len(asked) <= most, place


def test_what_others_made_is_named_licensed_and_packed_as_it_is() -> None:
    folder = VENDOR / "lightweight-charts"
    script = folder / "lightweight-charts.standalone.production.js"
    assert gzip.decompress(script.with_suffix(".js.gz").read_bytes()) == script.read_bytes()
    assert "Lightweight Charts™ v5.2.1" in script.read_text(encoding="utf-8")[:200]
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")[:400]
    assert "| 5.2.1 | Apache-2.0" in (VENDOR / "README.md").read_text(encoding="utf-8")


def test_its_makers_are_named_on_the_page(root: Client) -> None:
    assert 'href="https://www.tradingview.com/"' in root.get("/chart").content.decode()


# what moves --------------------------------------------------------------------------------------


def test_candles_values_book_trades_and_where_it_is_liquidated(day: rows.Desk, root: Client) -> None:
    fed(day)
    said = ask(root, day, values="sma-20,rsi").json()
    assert len(said["bars"]) == 300
    assert [(one["key"], one["over"], len(one["lines"][0]["values"])) for one in said["values"]] == [
        ("sma-20", True, 300),
        ("rsi-14", False, 300),
    ]
    assert len(said["book"]["bids"]) == len(said["book"]["asks"]) == 10
    assert (len(said["trades"]), said["words"], said["asking"]) == (12, "", False)
    assert [row["title"] for row in said["held"]] == ["LONG liquidated"]


def test_after_a_bar_only_the_rest_comes(day: rows.Desk, root: Client) -> None:
    fed(day)
    whole = ask(root, day, values="ema-9").json()
    rest = ask(root, day, values="ema-9", after=whole["bars"][-2][0]).json()
    assert rest["bars"] == whole["bars"][-2:]
    assert rest["values"][0]["lines"][0]["values"] == whole["values"][0]["lines"][0]["values"][-2:]


def test_before_the_venue_has_told_anything_it_says_so(day: rows.Desk, root: Client) -> None:
    said = ask(root, day).json()
    assert (said["bars"], said["book"], said["asking"]) == ([], None, True)
    assert said["words"] == "Binance is being asked for candles."


def test_candles_in_rows_are_there_at_once(day: rows.Desk, root: Client) -> None:
    chart_rows.store(Instrument.objects.get(base="BTC"), HOUR, now=day.now)
    said = ask(root, day).json()
    assert (len(said["bars"]), said["asking"]) == (299, True)


def test_a_venue_that_is_away_is_said(day: rows.Desk, root: Client) -> None:
    fed(day, trouble="Binance could not be asked.")
    said = ask(root, day).json()
    assert said["words"] == "Binance could not be asked. What is shown is as old as it says."
    assert len(said["bars"]) == 300


def test_without_valkey_what_is_kept_is_shown(day: rows.Desk, root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise NoConnection

    chart_rows.store(Instrument.objects.get(base="BTC"), HOUR, now=day.now)
    monkeypatch.setattr(chart_feed, "look", gone)
    said = ask(root, day).json()
    assert (len(said["bars"]), "Valkey does not answer" in said["words"]) == (299, True)


@pytest.mark.parametrize(
    ("query", "status", "code", "field"),
    [
        ({"account": 9999}, 404, "NOT_FOUND", "account"),
        ({"account": "x"}, 404, "NOT_FOUND", "account"),
        ({"symbol": ""}, 422, "INVALID", "symbol"),
        ({"symbol": "DOGEUSDT"}, 404, "UNKNOWN_SYMBOL", "symbol"),
        ({"timeframe": "2h"}, 422, "TIMEFRAME", "timeframe"),
        ({"values": "sma-0"}, 422, "INDICATOR", "values"),
        ({"after": "-1"}, 422, "INVALID", "after"),
        ({"after": "1" * 30}, 422, "INVALID", "after"),
    ],
)
def test_the_data_are_asked_for_strictly(
    day: rows.Desk, root: Client, query: dict, status: int, code: str, field: str
) -> None:
    answer = ask(root, day, **query)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, field)


def test_marks_are_the_groups_and_their_fills(day: rows.Desk, root: Client) -> None:
    said = root.get("/chart/marks", {"account": day.account.pk, "symbol": "BTC/USDT", "timeframe": "15m"}).json()
    assert {line["kind"] for line in said["lines"]} == {"entry", "filled", "leg", "target"}
    # the day's fills are all of one moment: three entries and a target of this group, and entries of two that closed
    assert [(one["side"], one["group_id"] == 0) for one in said["markers"]] == [("BUY", True), ("SELL", False)]
    assert said["drawings"] == []


def test_under_the_seal_the_chart_shows_nothing_that_is_open(day: rows.Desk, root: Client) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")
    asked = {"account": day.account.pk, "symbol": "BTC/USDT"}
    places = ("/chart", "/chart/marks", "/chart/data")
    assert [root.get(place, asked).status_code for place in places] == [403, 403, 403]
    SettingOverride.objects.create(name="sealed_pnl", value="view")
    assert [root.get(place, asked).status_code for place in places] == [200, 200, 200]


def test_everybody_who_is_logged_in_may_look_and_nobody_else(day: rows.Desk, viewer: Client, stranger: Client) -> None:
    for place in ("/chart", "/chart/marks", "/chart/data"):
        asked = {"account": day.account.pk, "symbol": "BTC/USDT"}
        assert [browser.get(place, asked).status_code for browser in (viewer, stranger)] == [200, 200]
    assert Client().get("/chart").status_code == 302
    assert [Client().get(place).status_code for place in ("/chart/marks", "/chart/data")] == [401, 401]
