"""The page "Signals" and of one delivery: filters, pages, timing, numbers, journal; secrets and strangers' texts are safe."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from dashboard import signals, signals_path
from dashboard.signals_path import Sent, Way
from project.journal.models import JournalEntry
from risk.models import RiskDecision
from signals.models import Alert, Signal
from tests.dashboard import rows
from tests.dashboard.sheet import rows_of, text_of
from trading.models import Leg, Order, PositionGroup, Pyramid, SettingOverride

QUERIES = 12
EVIL = "<script>alert(1)</script>\"'</td>\u202eevil\u2066"
SECRET = "hunter2-hunter2-hunter2"


def shown(browser: Client, **query: Any) -> list[str]:
    page = browser.get("/signals", query)
    assert page.status_code == 200
    return [row.subject for row in page.context["page"].rows]


def alert(base: str = "BTC") -> Alert:
    return Alert.objects.get(details__symbol=f"{base}/USDT")


@pytest.fixture
def entered(day: rows.Desk) -> Alert:
    """The BTC alert with its signal, its pyramid, its orders and the gate's numbers; the first was sent after 250 ms."""
    found, group = alert(), PositionGroup.objects.get(instrument__base="BTC", closed_at=None)
    signal = Signal.objects.create(
        alert=found, account=day.account, meaning="ENTRY", symbol="BTC/USDT", timeframe_secs=900, position_side="LONG"
    )
    Pyramid.objects.filter(group=group).update(signal=signal)
    Order.objects.filter(leg__in=Leg.objects.filter(pyramid__group=group), purpose="ENTRY").update(
        submitted_at=found.received_at + timedelta(milliseconds=250)
    )
    checks = [
        {"name": "slots", "layer": "x", "value": "3", "limit": "8", "unit": "", "ok": True},
        {"name": "cost", "layer": "x", "value": "411.8013601216", "limit": "800", "unit": "USDT", "ok": True},
    ]
    found.details = {"symbol": "BTC/USDT", "pyramid": 0, "cost": "411.8013601216", "checks": checks}
    found.save()
    RiskDecision.objects.create(account=day.account, signal=signal, allowed=True, sentence="ok", checks=checks)
    JournalEntry.objects.create(
        kind="alert.settled", subject=f"alert:{found.pk}", payload={"outcome": "ENTERED", "reason": "5 legs"}
    )
    return found


# the list ----------------------------------------------------------------------------------------


def test_every_delivery_with_its_outcome_newest_first(root: Client) -> None:
    page = root.get("/signals")
    assert [row.subject for row in page.context["page"].rows] == ["BTC/USDT", "XRP/USDT", "SOL/USDT", "ETH/USDT"]
    text = page.content.decode()
    assert all(said in text for said in ("POOL_FULL", "8 of 8 slots are taken", "tradingview", "Why?", "Replay…"))


FILTERS: tuple[tuple[dict[str, str], list[str]], ...] = (
    ({"outcome": "acted"}, ["BTC/USDT"]),
    ({"outcome": "refused"}, ["XRP/USDT", "SOL/USDT"]),
    ({"outcome": "calm"}, ["ETH/USDT"]),
    ({"outcome": "open"}, []),
    ({"outcome": "queued"}, []),
    ({"code": "pool full"}, ["XRP/USDT"]),
    ({"code": "UNDECIDED"}, []),
    ({"pair": "sol"}, ["SOL/USDT"]),
    ({"pair": "SOL/USDT"}, ["SOL/USDT"]),
    ({"q": "raise slots"}, ["XRP/USDT"]),
    ({"q": "%"}, ["SOL/USDT"]),
    ({"q": "tradingview buy"}, ["BTC/USDT", "XRP/USDT", "SOL/USDT"]),
    ({"from": "2100-01-01"}, []),
    ({"to": "2000-01-01"}, []),
    ({"source": "999999"}, []),
    ({"outcome": "\0", "source": "x", "before": "-1", "from": "x", "to": "\0", "q": "\0"}, ["BTC/USDT", "XRP/USDT", "SOL/USDT", "ETH/USDT"]),
)  # fmt: skip


def test_filters(root: Client) -> None:
    assert [(query, shown(root, **query)) for query, _ in FILTERS] == list(FILTERS)


def test_days_and_pages_follow(day: rows.Desk, root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    Alert.objects.filter(pk=alert("ETH").pk).update(received_at=day.now - timedelta(days=3))
    today = (day.now - timedelta(days=1)).date().isoformat()
    assert shown(root, **{"from": today}) == ["BTC/USDT", "XRP/USDT", "SOL/USDT"]
    assert shown(root, to=today) == ["ETH/USDT"]
    monkeypatch.setattr(signals, "SHOWN", 3)
    first = root.get("/signals").context["page"]
    assert ([row.subject for row in first.rows][-1], shown(root, before=first.older)) == ("SOL/USDT", ["ETH/USDT"])


def test_a_search_says_how_far_it_looked(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "WINDOW", 2)
    page = root.get("/signals", {"pair": "ETH"})
    found = page.context["page"]
    assert (found.rows, found.older, found.looked_to is not None) == ((), alert("XRP").pk, True)
    assert "No delivery fits among the latest" in page.content.decode()


def test_how_long_it_took(entered: Alert, root: Client) -> None:
    row = root.get("/signals").context["page"].rows[0]
    assert (row.timeframe_secs, row.decided_secs, row.ordered_secs) == (900, 0.0, 0.25)


def test_few_questions(entered: Alert, root: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(QUERIES):
        root.get("/signals", {"pair": "USDT", "q": "buy", "to": "2100-01-01"})


def test_nothing_yet(day: rows.Desk, root: Client) -> None:
    Alert.objects.all().delete()
    assert "No alert has come yet" in root.get("/signals").content.decode()


def test_the_export_holds_what_fits_and_no_formula(day: rows.Desk, root: Client) -> None:
    Alert.objects.filter(pk=alert("XRP").pk).update(reason="=1+1")
    answer = root.get("/signals.csv?outcome=refused")
    found = rows_of(answer)
    assert [(row["pair"], row["outcome"], row["reason"][:5]) for row in found] == [
        ("XRP/USDT", "POOL_FULL", "'=1+1"),
        ("SOL/USDT", "SYMBOL_EXPOSURE", "SOL/U"),
    ]


# one of them -------------------------------------------------------------------------------------


def test_a_delivery_whole(entered: Alert, root: Client) -> None:
    page = root.get(f"/signals/{entered.pk}")
    text, found = page.content.decode(), page.context["page"]
    assert [(step.name, step.state) for step in found.steps] == [
        ("accepted", "done"), ("decided", "done"), ("orders", "done"), ("sent", "done"), ("filled", "now"),
    ]  # fmt: skip
    assert len(found.orders) == Order.objects.filter(leg__pyramid__signal__alert=entered).count() > 5
    assert all(said in text for said in ("As it came", "BTCUSDT", "slots", "5 legs", "Group ", "What would it do now?"))


def test_its_numbers_are_read_not_decoded(entered: Alert, root: Client) -> None:
    page = root.get(f"/signals/{entered.pk}")
    found = page.context["page"]
    assert [(check.name, check.value, check.limit) for check in found.checks] == [
        ("slots", "3", "8"), ("cost", "411.80\u202fUSDT", "800\u202fUSDT"),
    ]  # fmt: skip
    numbers = {fact.name: fact.value for fact in found.numbers}
    assert numbers == {"symbol": "BTC/USDT", "pyramid": "1", "cost": "411.8014"}
    assert {fact.name: fact.value for fact in found.about}["received"].count(".") == 0
    assert 'id="order-count" data-refresh="journal"' in page.content.decode()


@pytest.mark.parametrize(
    ("told_secs_ago", "age"),
    [(None, "not told by the alert: counts as 0"), (4.25, "4.2 s"), (-7, "-7.0 s"), (240, "4 min")],
)
def test_how_old_it_was_on_arrival(day: rows.Desk, root: Client, told_secs_ago: float | None, age: str) -> None:
    found = alert()
    if told_secs_ago is not None:
        body = json.loads(found.raw)
        sent = found.received_at - timedelta(seconds=told_secs_ago)
        Alert.objects.filter(pk=found.pk).update(raw=json.dumps(body | {"timenow": sent.isoformat()}))
    about = {fact.name: fact.value for fact in root.get(f"/signals/{found.pk}").context["page"].about}
    assert about["age on arrival"].replace("\u202f", " ") == age


def test_a_refusal_leads_to_why(root: Client, day: rows.Desk) -> None:
    text = root.get(f"/signals/{alert('XRP').pk}").content.decode()
    assert "/signals/why?account=" in text
    assert "POOL_FULL, it ends here" in text


def test_who_repeats_whom(day: rows.Desk, trader: Client) -> None:
    first = alert()
    trader.post(f"/alerts/{first.pk}/replay")
    again = Alert.objects.latest("pk")
    assert f"alert {again.pk}</a> repeats it" in trader.get(f"/signals/{first.pk}").content.decode()
    text = trader.get(f"/signals/{again.pk}").content.decode()
    assert f"alert {first.pk}</a> is the first of this" in text
    assert "sent again by mira" in text


def test_a_sender_who_calls_himself_a_repeat_is_none(day: rows.Desk, root: Client) -> None:
    first, forged = Alert.objects.order_by("pk")[:2]
    Alert.objects.filter(pk=forged.pk).update(client_id=f"replay:{first.pk}")
    pages = [root.get(f"/signals/{row.pk}").context["page"] for row in (first, forged)]
    assert [page.pointers for page in pages] == [(), ()]


def test_a_row_that_is_not_there(root: Client) -> None:
    assert root.get("/signals/999999").status_code == 404


def test_few_questions_for_one(entered: Alert, root: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(QUERIES):
        root.get(f"/signals/{entered.pk}")


def test_under_the_seal_its_orders_are_hidden(entered: Alert, root: Client) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")
    page = root.get(f"/signals/{entered.pk}")
    assert (page.status_code, page.context["page"].orders, page.context["page"].checks) == (200, (), ())
    assert JournalEntry.objects.filter(subject=f"alert:{entered.pk}").exists()
    assert page.context["page"].journal == ()
    assert "Hidden by the seal" in page.content.decode()
    assert [root.get(address).status_code for address in ("/signals/why", "/ticket", "/api/v1/why")] == [403] * 3


# texts of strangers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", ['{{"symbol": "{0}", "action": "buy", "message": "{0}"}}', "{0}", '{{"a": {{"b": "{0}"}}}}']
)
@pytest.mark.parametrize("text", [EVIL, "W" * 10_000])
def test_whatever_was_sent_is_shown_as_text(day: rows.Desk, root: Client, body: str, text: str) -> None:
    raw = body.format(text)
    Alert.objects.update(
        raw=raw, reason=text, client_id=text[:128], details={"symbol": text, text[:20]: [text]}, peer=text[:50]
    )
    pages = [
        root.get(address).content.decode() for address in ("/signals", f"/signals/{Alert.objects.latest('pk').pk}")
    ]
    assert [said for page in pages for said in ("<script>alert", "\u202e", "\u2066") if said in page] == []
    assert max(map(len, pages)) < 120_000
    assert "W" * 10_001 not in "".join(pages)


@pytest.mark.parametrize(
    "raw",
    [
        f'{{"symbol": "BTCUSDT", "action": "buy", "secret": "{SECRET}"}}',
        f'{{"symbol": "BTCUSDT", "nested": {{"api_key": "{SECRET}", "passphrase": "{SECRET}"}}}}',
        f"symbol=BTCUSDT; secret={SECRET}",
        f'{{"symbol": "BTCUSDT", "s\\u0065cret": "{SECRET}"}}',
        f'not json: "token": "{SECRET}"',
    ],
)
def test_a_secret_that_was_kept_is_not_shown(day: rows.Desk, root: Client, raw: str) -> None:
    Alert.objects.update(raw=raw, details={})
    last = Alert.objects.latest("pk").pk
    pages = [root.get(f"/signals{rest}").content.decode() for rest in ("", f"/{last}")]
    sheet = text_of(root.get("/signals.csv"))
    assert [SECRET in page for page in (*pages, sheet)] == [False] * 3


# the way -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "states", "words"),
    [
        ("", ("done", "now", "ahead", "ahead", "ahead"), "being decided"),
        ("QUEUED", ("done", "done", "now", "ahead", "ahead"), "waits in the queue"),
        ("POOL_FULL", ("done", "stopped"), "it ends here"),
        ("NOTICE", ("done", "done"), "NOTICE"),
        ("EXITED", ("done", "done", "now", "ahead", "ahead"), "none yet"),
    ],
)
def test_where_an_alert_stands(day: rows.Desk, outcome: str, states: tuple[str, ...], words: str) -> None:
    way = Way(day.now, day.now if outcome else None, outcome, signals.is_refusal(outcome))
    found = signals_path.steps(way)
    assert tuple(step.state for step in found) == states
    assert words in " ".join(step.words for step in found)


@pytest.mark.parametrize(
    ("states", "sent", "said"),
    [
        (("NEW", "NEW"), 0, ("now", "ahead", "waiting to be sent")),
        (("DROPPED", "DROPPED"), 0, ("stopped", "ahead", "none was sent")),
        (("OPEN", "NEW"), 1, ("now", "ahead", "1 of 2, the first")),
        (("FILLED", "OPEN"), 2, ("done", "now", "2 of 2, the first")),
        (("FILLED", "FILLED"), 2, ("done", "done", "2 of 2, the first")),
        (("CANCELED", "CANCELED"), 2, ("done", "stopped", "2 of 2, the first")),
        (("FILLED", "CANCELED"), 2, ("done", "done", "2 of 2, the first")),
    ],
)
def test_how_far_its_orders_are(day: rows.Desk, states: tuple[str, ...], sent: int, said: tuple[str, ...]) -> None:
    placed = tuple(
        Sent("ENTRY", state, day.now, day.now if place < sent else None, rows.D(int(state == "FILLED")))
        for place, state in enumerate(states)
    )
    *_, went, filled = signals_path.steps(Way(day.now, day.now, "ENTERED", False, placed))
    assert ("the rest ended unfilled" in filled.words) == ("CANCELED" in states)
    assert (went.state, filled.state, went.words) == (said[0], said[1], next(w for w in [went.words] if said[2] in w))
