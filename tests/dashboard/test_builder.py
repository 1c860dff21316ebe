"""The alert builder: what is copied is read by the real parser, in every format; a test never moves real money."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import builder
from dashboard.builder import TITLES, Wish, build
from dashboard.builder_formats import COMPOSERS
from dashboard.builder_parts import Act
from dashboard.builder_send import token_of
from dashboard.builder_vendors import _fraction
from project.journal.models import JournalEntry
from project.services.ports import free_port
from signals.formats import REGISTRY
from signals.intent import Action, IntentKind, MarketPosition, SizeKind
from signals.models import Alert, Source
from tests.dashboard import rows

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
NEEDS = {"alertatron": {"size": "25% free"}, "threecommas_dca": {}}
ADDS = {"threecommas_dca": {"size": "50 USDT"}}
PAIRS = [(name, act) for name in COMPOSERS for act in builder.acts_of(name)]


def wished(name: str, act: Act, **fields: Any) -> Wish:
    needed: dict[str, str] = dict(NEEDS.get(name, {})) if act is not Act.EXIT else {}
    needed |= ADDS.get(name, {}) if act is Act.ADD else {}
    needed |= {"size": "50% position"} if act is Act.REDUCE else {}
    return Wish(format=name, act=act, **(needed | fields))


def test_every_format_has_a_composer_and_a_title() -> None:
    assert {known.name for known in REGISTRY} == set(COMPOSERS) == set(TITLES)
    assert [name for name in COMPOSERS if not builder.acts_of(name)] == []


@pytest.mark.parametrize(("name", "act"), PAIRS, ids=lambda value: str(value))
@pytest.mark.parametrize("fixed", [False, True], ids=["placeholders", "fixed"])
def test_what_is_copied_is_read_by_the_real_parser(name: str, act: Act, fixed: bool) -> None:
    built = build(wished(name, act, fixed=fixed), now=NOON)
    assert built.problem == ""
    assert built.intent is not None
    assert built.intent.format == name
    assert "{{" not in built.arrives


def test_on_paper_our_own_message_names_no_price() -> None:
    built = [build(wished("windlass", Act.LONG, on_paper=paper), now=NOON) for paper in (True, False)]
    assert ['"price"' in one.template for one in built] == [False, True]
    assert [one.problem for one in built] == ["", ""]


TRADES = {
    Act.STRATEGY: {Action.BUY},
    Act.LONG: {Action.BUY},
    Act.SHORT: {Action.SELL},
    Act.EXIT: {Action.EXIT},
    Act.EXIT_LONG: {Action.EXIT},
    Act.EXIT_SHORT: {Action.EXIT},
    Act.REDUCE: {Action.REDUCE},
    Act.REVERSE: {Action.REVERSE},
}


@pytest.mark.parametrize(("name", "act"), [p for p in PAIRS if p[1] in TRADES], ids=lambda value: str(value))
def test_it_means_what_was_wished(name: str, act: Act) -> None:
    intent = build(wished(name, act), now=NOON).intent
    assert intent is not None
    flat = intent.market_position is MarketPosition.FLAT  # an order that leaves nothing is an exit
    assert intent.action in TRADES[act] or (flat and act is Act.EXIT) or name == "finandy"
    assert intent.side in (None, {Act.EXIT_LONG: "long", Act.EXIT_SHORT: "short"}.get(act, intent.side))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"size": "100"}, "with its unit"),
        ({"size": "lots"}, "with its unit"),
        ({"size": "50% position", "act": Act.EXIT}, "An exit closes everything"),
        ({"act": Act.REDUCE}, "Say how much"),
        ({"stop_pct": "-1"}, "percentage above 0"),
        ({"stop_pct": "abc"}, "percentage above 0"),
        ({"stop_pct": "2", "act": Act.EXIT}, "when the position is entered"),
        ({"format": "algoway", "stop_pct": "2"}, "has no stop"),
        ({"format": "freqtrade", "act": Act.LONG, "size": "1% equity"}, "no such size"),
        ({"format": "freqtrade", "act": Act.EXIT}, "no message for this"),
        ({"symbol": '", "action": "sell'}, "without quotes"),
        ({"symbol": 'BTCUSDT","account":"Other live', "fixed": False}, "without quotes"),
        ({"exchange": "BINANCE\\"}, "without quotes"),
        ({"interval": "15\n"}, "in one line"),
        ({"price": "1}"}, "without quotes"),
    ],
)
def test_what_cannot_be_said_is_said_so(fields: dict[str, Any], words: str) -> None:
    built = build(Wish(**{"fixed": True, **fields}), now=NOON)
    assert words in built.problem
    assert built.problem or built.intent is None or built.intent.action is not Action.SELL


def test_sizes_and_stops_arrive_as_they_were_typed() -> None:
    intent = build(Wish(act=Act.LONG, size="1.5% equity", stop_pct="2"), now=NOON).intent
    assert intent is not None
    assert intent.size is not None
    assert (intent.size.kind, str(intent.size.value)) == (SizeKind.PCT_EQUITY, "1.5")
    assert intent.stop_loss is not None
    assert str(intent.stop_loss.value) == "2"


@pytest.mark.parametrize(("name", "kind"), [("indicators", IntentKind.VALUES), ("alerts", IntentKind.NOTICE)])
def test_values_and_messages_never_trade(name: str, kind: IntentKind) -> None:
    intent = build(wished(name, builder.acts_of(name)[0]), now=NOON).intent
    assert intent is not None
    assert intent.kind is kind


@pytest.mark.parametrize(
    ("percent", "part"), [("25", "0.25"), ("2", "0.02"), ("0.5", "0.005"), ("150", "1.50"), ("12.5", "0.125")]
)
def test_percent_as_a_fraction(percent: str, part: str) -> None:
    assert _fraction(percent) == part


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("https://my.example/webhooks/" + "t" * 43, "t" * 43),
        ("t" * 43, "t" * 43),
        ("https://my.example/webhooks/short", ""),
        ("https://my.example/admin/" + "t" * 43, ""),
        ("", ""),
    ],
)
def test_a_pasted_address_gives_its_token(text: str, token: str) -> None:
    assert token_of(text) == token


@settings(max_examples=50)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60), st.sampled_from(sorted(COMPOSERS)))
def test_whatever_is_typed_it_is_read_or_refused(symbol: str, size: str, stop: str, name: str) -> None:
    wish = Wish(format=name, act=builder.acts_of(name)[0], symbol=symbol, size=size, stop_pct=stop, fixed=True)
    built = build(wish, now=NOON)
    assert bool(built.problem) is (built.intent is None)


# the page ----------------------------------------------------------------------------------------


def test_the_page_shows_the_message_and_how_it_is_read(trader: Client) -> None:
    page = trader.get("/builder?act=long&size=100+USDT").content.decode()
    assert "{{exchange}}:{{ticker}}" in page
    assert "Windlass reads" in page
    assert "100 USDT" in page


@pytest.mark.parametrize("name", sorted(COMPOSERS))
def test_every_format_has_its_page(trader: Client, name: str) -> None:
    page = trader.get(f"/builder?format={name}")
    assert page.status_code == 200
    assert f'value="{name}" selected' in page.content.decode()


def test_without_a_source_it_says_what_to_do(trader: Client) -> None:
    Alert.objects.all().delete()
    Source.objects.all().delete()
    assert "Make a source first" in trader.get("/builder").content.decode()


def test_a_source_is_made_and_its_address_told_once(trader: Client, day: rows.Desk) -> None:
    typed = {"make": "1", "source_name": "my chart", "account": str(day.account.pk), "format": "windlass"}
    page = trader.post("/builder/source", typed).content.decode()
    row = Source.objects.get(name="my chart")
    assert (row.user.username, row.kind, bool(row.token_hash)) == ("mira", "tradingview", True)
    assert 'type="password" id="address"' in page
    assert "/webhooks/" in page.partition('id="address"')[2][:300]
    assert JournalEntry.objects.get(kind="source.made").payload["operator"] == "mira"
    assert trader.post("/builder/source", typed).status_code == 422  # the name is taken


def test_a_new_address_ends_the_old_one(trader: Client) -> None:
    source = Source.objects.order_by("id").first()
    assert source is not None
    Source.objects.filter(pk=source.pk).update(token_hash=b"o" * 32)
    assert "shown this once" in trader.post("/builder/source", {"source": source.pk}).content.decode()
    source.refresh_from_db()
    assert bytes(source.token_hash or b"") != b"o" * 32


def test_a_test_becomes_an_alert_and_its_way_is_shown(trader: Client) -> None:
    source, before = Source.objects.order_by("id").first(), Alert.objects.count()
    assert source is not None
    answer = trader.post("/builder/send", {"source": source.pk, "act": "long", "size": "100 USDT"}, follow=True)
    alert = Alert.objects.latest("id")
    assert Alert.objects.count() == before + 1
    assert (answer.redirect_chain, json.loads(alert.raw)["action"]) == ([(f"/signals/{alert.pk}", 302)], "buy")
    assert "straight into the mailbox" in answer.content.decode()
    assert JournalEntry.objects.get(kind="alert.tested").payload["operator"] == "mira"


def test_real_money_is_previewed_only(trader: Client) -> None:
    source, before = Source.objects.select_related("account").order_by("id").first(), Alert.objects.count()
    assert source is not None
    source.account.environment = "live"
    source.account.save()
    page = trader.get(f"/builder?source={source.pk}").content.decode()
    assert "Send a test</button>" not in page
    assert "a test is previewed only" in page
    for url in ("", "t" * 43):
        assert trader.post("/builder/send", {"source": source.pk, "url": url}).status_code == 422
    assert Alert.objects.count() == before


@pytest.mark.parametrize("url", ["", "t" * 43])
def test_a_test_stays_on_its_sources_account(trader: Client, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    source, before = Source.objects.order_by("id").first(), Alert.objects.count()
    assert source is not None
    compose = COMPOSERS["windlass"]
    text = {"windlass": lambda *given: compose(*given).replace("{", '{"account": "Other live",', 1)}
    monkeypatch.setattr(builder, "COMPOSERS", {**COMPOSERS, **text})
    page = trader.post("/builder/send", {"source": source.pk, "act": "long", "url": url})
    assert (page.status_code, "names another account" in page.content.decode()) == (422, True)
    assert Alert.objects.count() == before


def test_a_shadowed_source_may_be_tested_even_on_live(trader: Client) -> None:
    source = Source.objects.select_related("account").order_by("id").first()
    assert source is not None
    source.account.environment, source.live = "live", False
    source.account.save()
    source.save()
    assert trader.post("/builder/send", {"source": source.pk, "act": "long"}).status_code == 302


def test_the_door_that_is_away_says_so(trader: Client, settings: Any) -> None:
    settings.WINDLASS = replace(settings.WINDLASS, door_port=free_port())  # whatever else runs on this machine
    source = Source.objects.order_by("id").first()
    assert source is not None
    wrong = {"source": source.pk, "url": "http://x/webhooks/" + "t" * 43}
    assert "not the address of tradingview" in trader.post("/builder/send", wrong).content.decode()
    Source.objects.filter(pk=source.pk).update(token_hash=hashlib.sha256(b"t" * 43).digest())
    page = trader.post("/builder/send", wrong)
    assert page.status_code == 422
    assert "The door does not answer" in page.content.decode()


def test_who_may_not_act_looks_only(viewer: Client, stranger: Client) -> None:
    source = Source.objects.order_by("id").first()
    assert source is not None
    for browser in (viewer, stranger):
        assert browser.get("/builder").status_code == 200
        assert browser.post("/builder/send", {"source": source.pk}).status_code == 403
        assert browser.post("/builder/source", {"source": source.pk}).status_code == 422
    assert Client().get("/builder").status_code == 302


def test_what_is_typed_is_shown_as_text(trader: Client) -> None:
    page = trader.get(
        "/builder?fixed=on&symbol=<script>alert(1)</script>\0&size=<b>&source=x&format=y"
    ).content.decode()
    assert "<script>alert(1)" not in page
    assert "<b>&" not in page


def test_a_missing_database_says_so(trader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("dashboard.pages.builder.builder.build", away)
    assert trader.get("/builder").status_code == 503
