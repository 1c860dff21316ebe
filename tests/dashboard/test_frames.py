"""Pieces, and the difference between two states of the page."""

import html
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dashboard import frames, live
from dashboard.frames import Shown
from dashboard.snapshot import Overview
from signals.models import Ticker
from tests.dashboard import rows

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">\'"&{{ 7|add:7 }}'


def show(overview: Overview) -> Shown:
    return frames.show(overview, demo=False, webhook_url="http://127.0.0.1:8081/webhooks/")


@pytest.fixture
def overview(day: rows.Desk, now: datetime) -> Overview:
    return live.gather(None, now=now)


def test_a_snapshot_holds_every_piece_in_order(overview: Overview) -> None:
    sent = frames.snapshot(show(overview))
    assert (sent["type"], sent["number"], sent["facts"]["groups"]) == ("snapshot", 0, "3")
    assert all(part["keys"] == list(part["rows"]) for part in sent["parts"].values())
    assert sent["parts"]["groups"]["keys"][:2] == [
        f"group-{overview.groups[0].id}",
        f"group-{overview.groups[0].id}-detail",
    ]


def test_the_page_is_its_pieces(overview: Overview) -> None:
    shown = show(overview)
    assert shown.html["cards"] == "".join(shown.parts["cards"].values())


def test_nothing_new_is_an_empty_frame(overview: Overview) -> None:
    sent = frames.frame(show(overview), show(overview))
    assert (sent["type"], sent["after"], sent["parts"]) == ("frame", 0, {})


def test_a_price_moves_its_row_and_the_sums_only(day: rows.Desk, overview: Overview, now: datetime) -> None:
    Ticker.objects.filter(instrument__symbol="ETH/USDT").update(last="2700.00")
    sent = frames.frame(show(overview), show(live.gather(None, now=now)))
    assert {name: list(part["rows"]) for name, part in sent["parts"].items()} == {
        "cards": ["card-equity", "card-open"],
        "groups": [f"group-{overview.groups[1].id}"],
    }


def test_a_closed_group_leaves_the_keys(overview: Overview) -> None:
    sent = frames.frame(show(overview), show(replace(overview, groups=overview.groups[1:], number=7)))
    assert (sent["number"], sent["after"], sent["parts"]["groups"]["rows"]) == (7, 0, {})
    assert len(sent["parts"]["groups"]["keys"]) == 4


def test_the_bar_goes_on_counting(overview: Overview, now: datetime) -> None:
    later = replace(overview, at=now + timedelta(seconds=3))
    assert list(frames.frame(show(overview), show(later))["parts"]) == ["health"]


def test_hostile_text_stays_text(day: rows.Desk, now: datetime) -> None:
    sender = day.account.sources.get()
    rows.alert(sender, 66, HOSTILE, "UNREADABLE", HOSTILE, at=now, details={"symbol": HOSTILE}, format="")
    day.account.name = HOSTILE[:40]
    day.account.health_detail, day.account.health = HOSTILE, "KEYS_REFUSED"
    day.account.save()
    shown = show(live.gather(None, now=now))
    everything = "".join("".join(pieces.values()) for pieces in shown.parts.values())
    assert html.escape(HOSTILE) in everything
    assert "<script" not in everything
    assert "<img" not in everything


def test_without_groups_the_page_says_how_to_send_an_alert(overview: Overview) -> None:
    empty = replace(overview, groups=(), alerts=(), closed=(), refused=())
    demo = frames.show(empty, demo=True, webhook_url="http://127.0.0.1:8081/webhooks/")
    assert "curl -X POST http://127.0.0.1:8081/webhooks/YOUR_TOKEN" in demo.parts["groups"]["empty"]
    assert '"symbol": "BTCUSDT"' in html.unescape(demo.parts["groups"]["empty"])
    assert "demo feed" in demo.parts["groups"]["empty"]
    assert "demo feed" not in show(empty).parts["groups"]["empty"]
    assert [list(show(empty).parts[name]) for name in ("alerts", "closed", "refused")] == [["empty"]] * 3


def test_a_detail_stays_while_only_the_price_moves(overview: Overview) -> None:
    btc = overview.groups[0]
    dearer = replace(btc, market=replace(btc.market, last=btc.market.last * 2), unrealised=btc.unrealised * 9)
    sent = frames.frame(show(overview), show(replace(overview, groups=(dearer, *overview.groups[1:]))))
    assert set(sent["parts"]["groups"]["rows"]) == {f"group-{btc.id}"}


def test_what_is_remembered_is_what_would_be_rendered(overview: Overview) -> None:
    first = show(overview)
    frames._remembered.cache_clear()
    assert show(overview) == first
