"""The pages "Groups" and of one group: what fits the filter, in order; few questions; time travel; deeds ask back."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from dashboard import positions
from project.journal.models import JournalEntry
from signals.models import Alert, Signal, Ticker
from tests.dashboard import rows
from trading.models import Fill, PositionGroup

QUERIES = 12


def pairs(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/groups{query}")
    assert page.status_code == 200
    return [row.market.symbol for row in page.context["rows"]]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["BTC/USDT", "ETH/USDT", "SOL/USDT"]),  # newest first
        ("?sort=opened", ["SOL/USDT", "ETH/USDT", "BTC/USDT"]),
        ("?sort=-result", ["BTC/USDT", "SOL/USDT", "ETH/USDT"]),
        ("?sort=nonsense", ["BTC/USDT", "ETH/USDT", "SOL/USDT"]),
        ("?q=eth", ["ETH/USDT"]),
        ("?timeframe=300", ["SOL/USDT"]),
        ("?side=SHORT", []),
        ("?status=ACTIVE", ["SOL/USDT"]),
        ("?status=closed&q=targets", ["BTC/USDT", "SOL/USDT", "BTC/USDT"]),
        ("?status=%00&timeframe=%00&q=%00&open=%00,x", ["BTC/USDT", "ETH/USDT", "SOL/USDT"]),
    ],
)
def test_what_fits_is_shown_in_order(root: Client, query: str, shown: list[str]) -> None:
    assert pairs(root, query) == shown


@pytest.mark.parametrize(("status", "shown"), [("LIVE", 3), ("all", 2), ("CLOSED", 2), ("open", 3)])
def test_of_open_groups_all_are_shown(
    day: rows.Desk, root: Client, monkeypatch: pytest.MonkeyPatch, status: str, shown: int
) -> None:
    monkeypatch.setattr(positions, "SHOWN", 2)
    PositionGroup.objects.filter(closed_at=None).update(status="LIVE")
    assert len(pairs(root, f"?status={status}")) == shown


def test_an_unfolded_group_shows_its_legs(root: Client) -> None:
    eth = PositionGroup.objects.get(instrument__base="ETH", closed_at=None)
    page = root.get(f"/groups?open={eth.pk}").content.decode()
    assert f'data-key="group-{eth.pk}-detail"' in page
    assert "P1 · 0" in page
    assert "1/3" in page
    assert "Add funds…" in page


def test_lists_ask_few_questions(root: Client, day: rows.Desk, django_assert_max_num_queries) -> None:
    for base in ("BTC", "ETH", "SOL"):
        market = day.account.groups.filter(instrument__base=base).first().instrument
        day.pyramid(day.group(market, minutes=3, timeframe_secs=60), [("100", "1", "101")])
    with django_assert_max_num_queries(QUERIES):
        root.get("/groups?status=all")


def test_one_group_asks_few_questions_and_tells_all(root: Client, django_assert_max_num_queries) -> None:
    btc = PositionGroup.objects.get(instrument__base="BTC", closed_at=None)
    with django_assert_max_num_queries(QUERIES):
        page = root.get(f"/groups/{btc.pk}").content.decode()
    for said in ("P1 · 4", "target taken", "Edit exits…", "break-even", "As it was"):
        assert said in page


def test_of_many_fills_the_last_are_shown_and_all_are_counted(day: rows.Desk, root: Client) -> None:
    group = PositionGroup.objects.filter(closed_at=None).earliest("pk")
    fill = Fill.objects.filter(order__group=group).earliest("pk")
    for number in range(50):
        fill.pk, fill.venue_trade_id = None, f"many-{number}"
        fill.save(force_insert=True)
    count = Fill.objects.filter(order__group=group).count()
    assert f"{count} fills, the last 40" in root.get(f"/groups/{group.pk}").content.decode()


@pytest.mark.parametrize("address", ["/groups/{}", "/groups?open={}"])
@pytest.mark.parametrize(
    ("paid", "worth", "said"),
    [
        ({"fee_currency": "BNB"}, None, "fees without a price: 0.00012\u202fBNB"),
        ({"fee_currency": ""}, None, "fees without a price: 0.00012\u202fan unnamed coin"),
        ({"fee_currency": "BNB"}, "600", ""),
        ({"fee_currency": "USDT"}, None, ""),
    ],
)
def test_a_fee_without_a_price_is_named(
    day: rows.Desk, root: Client, paid: dict[str, str], worth: str | None, said: str, address: str
) -> None:
    group = PositionGroup.objects.filter(closed_at=None).earliest("pk")
    fill = Fill.objects.filter(order__group=group).earliest("pk")
    Fill.objects.filter(pk=fill.pk).update(fee="0.00012", fee_price=worth, **paid)
    page = root.get(address.format(group.pk)).content.decode()
    assert (said in page, "fees without a price" in page) == (True, bool(said))


def test_a_closed_group_shows_its_result_and_no_deeds(root: Client) -> None:
    row = PositionGroup.objects.filter(closed_at__isnull=False, instrument__base="ETH").get()
    page = root.get(f"/groups/{row.pk}").content.decode()
    assert "4.10" in page  # 400 of cost: 1.025 %
    assert "1.03" in page
    assert "in the group's" in page  # no exit was its leg's own
    assert "Edit exits…" not in page


def test_what_was_left_and_when_have_their_units(root: Client) -> None:
    row = PositionGroup.objects.filter(closed_at__isnull=False, instrument__base="ETH").get()
    PositionGroup.objects.filter(pk=row.pk).update(qty="0.0098")
    page = root.get(f"/groups/{row.pk}").content.decode()
    assert "0.0098 ETH were too little to sell" in page
    assert f"opened {row.opened_at:%Y-%m-%d %H:%M:%S} UTC" in page
    assert ("Closed, UTC" in page, f"{row.closed_at:%Y-%m-%d} · " in page) == (True, True)


def test_a_legs_code_is_a_chip_that_says_what_it_means(root: Client) -> None:
    row = PositionGroup.objects.filter(closed_at__isnull=False, instrument__base="ETH").get()
    row.orders.filter(purpose="ENTRY").update(state="CANCELED", filled_qty=0, code="GROUP_CLOSING")
    page = root.get(f"/groups/{row.pk}").content.decode()
    chip = '<code title="Withdrawn because its group closes">GROUP_CLOSING</code>'
    assert page.count(f"cancelled {chip}") == 2  # of the leg and of its order


def test_of_closed_groups_the_exit_and_its_time_are_shown(root: Client, day: rows.Desk) -> None:
    row = PositionGroup.objects.filter(closed_at__isnull=False, instrument__base="ETH").get()
    day.order(row, None, "EXIT", "FILLED", qty=Decimal("0.5"), price=Decimal("2650.40"))
    for page in (root.get(f"/groups/{row.pk}"), root.get("/groups?status=closed")):
        assert "2,650.40" in page.content.decode()
    assert "Average exit" in root.get(f"/groups/{row.pk}").content.decode()
    assert "<div>closed " in root.get("/groups?status=closed").content.decode()


def test_a_group_without_a_timeframe_says_so(root: Client) -> None:
    PositionGroup.objects.update(timeframe_secs=0)
    assert "no timeframe · " in root.get("/groups").content.decode()


def test_who_asked_for_it_and_why_is_in_its_history(day: rows.Desk, root: Client) -> None:
    group = PositionGroup.objects.get(instrument__base="ETH", closed_at=None)
    signal = opened_by(day)
    group.pyramids.update(signal=signal)
    JournalEntry.objects.create(
        kind="alert.by_hand", subject=f"alert:{signal.alert_id}", payload={"operator": "mira", "note": "the news"}
    )
    for order in group.orders.all():  # asked at once, for one cause: one line
        JournalEntry.objects.create(
            kind="order.fields", subject=f"order:{order.pk}", payload={"cancel_requested": True, "code": "BY_HAND"}
        )
    page = root.get(f"/groups/{group.pk}").content.decode()
    assert "order by hand by mira: the news" in page
    assert f'UTC by <a href="/signals/{signal.alert_id}">' in page
    assert (page.count("asked to cancel the order"), f"<b>×{group.orders.count()}</b>" in page) == (1, True)


def test_a_pair_without_a_price_shows_no_result(root: Client) -> None:
    Ticker.objects.all().delete()
    assert root.get("/groups").status_code == 200


def test_nobody_there_is_404(root: Client) -> None:
    assert root.get("/groups/999999").status_code == 404


# the journal -------------------------------------------------------------------------------------


@pytest.fixture
def told(day: rows.Desk, now: datetime) -> PositionGroup:
    """A group whose journal says: entered at −30 min, filled at −20, closing at −10."""
    group = PositionGroup.objects.get(instrument__base="ETH", closed_at=None)
    said = [
        ("group.entered", {"symbol": "ETH/USDT", "side": "LONG", "pyramid": 0, "capital": "100", "status": "LIVE"}, 30),
        ("group.status", {"from": "LIVE", "to": "ACTIVE"}, 20),
        ("group.figures", {"qty": "0.038", "realised_pnl": "0", "average_entry": "2641.8"}, 20),
        ("group.status", {"from": "ACTIVE", "to": "CLOSING"}, 10),
    ]
    for kind, payload, minutes in said:
        entry = JournalEntry.objects.create(kind=kind, subject=f"group:{group.pk}", payload=payload)
        JournalEntry.objects.filter(pk=entry.pk).update(at=now - timedelta(minutes=minutes))
    return group


def test_history_is_told_in_words(told: PositionGroup, root: Client) -> None:
    page = root.get(f"/groups/{told.pk}").content.decode()
    assert "pyramid 1 of ETH/USDT LONG entered, capital 100" in page
    assert "group filled → closing" in page


@pytest.mark.parametrize(
    ("minutes", "words", "events"), [(40, "not opened yet", 0), (15, "filled", 3), (5, "closing", 4)]
)
def test_a_group_as_it_was(
    told: PositionGroup, root: Client, now: datetime, minutes: int, words: str, events: int
) -> None:
    at = (now - timedelta(minutes=minutes)).isoformat()
    then = root.get(f"/groups/{told.pk}", {"at": at}).context["then"]
    assert (then.words, then.events) == (words, events)


def test_a_time_that_is_none_says_so(told: PositionGroup, root: Client) -> None:
    assert "That is no time" in root.get(f"/groups/{told.pk}?at=yesterday").content.decode()


# deeds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deed", ["add", "exits"])
def test_looking_is_for_all_and_acting_is_not(day: rows.Desk, viewer: Client, deed: str) -> None:
    group = PositionGroup.objects.filter(closed_at=None).first()
    for answer in (viewer.get(f"/groups/{group.pk}/{deed}"), viewer.post(f"/groups/{group.pk}/{deed}")):
        assert (answer.status_code, "Your role may look" in answer.content.decode()) == (403, True)


def test_exits_are_shown_before_they_are_changed(day: rows.Desk, trader: Client) -> None:
    group = PositionGroup.objects.get(instrument__base="ETH", closed_at=None)
    address = f"/groups/{group.pk}/exits"
    assert "How it takes profit" in trader.get(address).content.decode()
    wanted = {"tp_mode": "AGGREGATE", "tp_aggregate_pct": "2", "stop": ["fixed"], "fixed_stop_pct": "3"}
    shown = trader.get(address, wanted | {"show": "1"}).content.decode()
    assert "tp_mode PER_LEG → AGGREGATE" in shown
    assert "fixed stop" in shown
    assert "Nothing fires at the price of now" in shown
    done = trader.post(address, wanted)
    assert (done.status_code, done.headers["Location"]) == (302, f"/groups/{group.pk}")
    group.refresh_from_db()
    assert (group.tp_mode, JournalEntry.objects.filter(kind="group.exits_edited").count()) == ("AGGREGATE", 1)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"fixed_stop_pct": "x", "show": "1"}, "fixed_stop_pct"),
        ({"tp_mode": "PER_LEG", "show": "1"}, "Nothing differs"),
    ],
)
def test_what_cannot_be_says_why(day: rows.Desk, trader: Client, wanted: dict[str, str], said: str) -> None:
    group = PositionGroup.objects.get(instrument__base="ETH", closed_at=None)
    assert said in trader.get(f"/groups/{group.pk}/exits", wanted).content.decode()


@pytest.mark.parametrize("size", ["nothing", "-5", "NaN", "1e99"])
def test_a_size_that_is_none_is_refused(day: rows.Desk, trader: Client, size: str) -> None:
    group = PositionGroup.objects.get(instrument__base="ETH", closed_at=None)
    answer = trader.get(f"/groups/{group.pk}/add", {"size": size, "show": "1"})
    assert "is no amount" in answer.content.decode()


def test_a_group_of_no_source_takes_no_funds_by_hand(day: rows.Desk, trader: Client) -> None:
    group = PositionGroup.objects.get(instrument__base="ETH", closed_at=None)
    for answer in (trader.get(f"/groups/{group.pk}/add?show=1"), trader.post(f"/groups/{group.pk}/add")):
        assert "No source opened this group" in answer.content.decode()


def test_the_gate_s_refusal_is_shown_and_nothing_is_added(standing: None, day: rows.Desk, trader: Client) -> None:
    group = PositionGroup.objects.get(instrument__base="ETH", closed_at=None)
    group.pyramids.update(signal=opened_by(day), created_at=day.now - timedelta(hours=3))
    address, size = f"/groups/{group.pk}/add", {"size": "400"}
    shown = trader.get(address, size | {"show": "1"}).content.decode()
    assert "ACCOUNT_UNHEALTHY" in shown  # this account was never compared with its venue
    assert "Add now" not in shown
    assert Alert.objects.filter(dedupe_key__startswith="by-hand:").count() == 0  # looking leaves nothing behind
    for _ in range(2):
        trader.post(address, size | {"key": "a" * 32})
    assert Alert.objects.filter(dedupe_key__startswith="by-hand:").count() == 1  # pressed twice, asked for once
    assert (Alert.objects.latest("id").outcome, group.pyramids.count()) == ("ACCOUNT_UNHEALTHY", 1)
    assert "one more pyramid asked for by mira" in trader.get(f"/groups/{group.pk}").content.decode()


def opened_by(day: rows.Desk) -> Signal:
    """The signal of an alert that opened a group."""
    alert = day.account.sources.get().alerts.first()
    return Signal.objects.create(
        alert=alert, account=day.account, meaning="ENTRY", symbol="ETH/USDT", position_side="LONG"
    )
