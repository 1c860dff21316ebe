"""The overview, gathered from real rows."""

from datetime import datetime, timedelta
from decimal import Decimal as Dec

import pytest
from django.db import transaction
from django.test import Client

from dashboard import live
from dashboard.snapshot import GroupRow, Overview, Pulse
from project.accounts.models import ExchangeAccount
from project.journal.models import JournalEntry
from project.journal.record import record
from project.journal.sealer import seal_batch
from signals.models import Alert, Instrument, Ticker
from tests.dashboard import rows
from trading.models import Canary, FundingPayment, PositionGroup, SettingOverride


@pytest.fixture
def seen(day: rows.Desk, now: datetime) -> Overview:
    return live.gather(None, now=now)


def pulse(seen: Overview, name: str) -> Pulse:
    return next(pulse for pulse in seen.health.pulses if pulse.name == name)


def test_equity_is_balances_at_last_prices(seen: Overview) -> None:
    # 10,266.20 + 0.00655 × 61,688.40 + 0.0380 × 2,634.12 + 0.360 × 148.90 = 10,823.95958
    assert seen.cards.equity.total == Dec("10823.959580")


def test_the_record_counts_closed_groups(day: rows.Desk, seen: Overview) -> None:
    # 12.40 + 4.10 − 1.92 + 6.66 + 9.05 = 30.29; the 1.58 that an open one has taken count when it closes
    record = seen.cards.record
    assert (record.all_time, record.won, record.closed) == (Dec("30.29"), 4, 5)


def test_today_is_what_closed_since_midnight(db: None) -> None:
    noon = datetime.fromisoformat("2026-03-01T12:00:00+00:00")
    rows.desk(rows.admin(), now=noon)  # closed 5, 12 and 21 minutes ago, and days ago: 12.40 + 4.10 − 1.92
    record = live.gather(None, now=noon).cards.record
    assert (record.today, record.closed_today) == (Dec("14.58"), 3)


def test_groups_newest_first_with_their_figures(seen: Overview) -> None:
    btc = seen.groups[0]
    assert [group.market.symbol for group in seen.groups] == ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
    # 0.00455 × 61,688.40 − 278.27 = 2.41222, and 2.41222 ÷ 278.27 = 0.867 %
    assert btc.unrealised == Dec("2.41222")
    assert round(btc.unrealised_pct, 3) == Dec("0.867")
    assert (btc.filled_legs, len(btc.legs), btc.max_pyramids) == (3, 5, 5)


def test_the_percentage_of_a_result_is_of_the_same_result(seen: Overview) -> None:
    """What a target has realised is in both: they never differ in sign."""
    btc = seen.groups[0]
    assert btc.realised > 0
    assert btc.result == btc.realised + btc.unrealised
    assert btc.result_pct == 100 * btc.result / btc.entered


def test_the_next_target_is_the_one_the_price_reaches_first(seen: Overview) -> None:
    assert [group.next_target for group in seen.groups] == [Dec("61508.50"), Dec("2668.21"), Dec("149.80")]


def test_a_taken_target_shows_its_result_net_of_fees(seen: Overview) -> None:
    # bought 0.00325 at 61,510 less 0.1 % base = 0.00324675; sold 0.00324 at 62,125.10 = 201.285324, fee 0.201285324;
    # cost of the sold part: 199.9075 × 0.00324 ÷ 0.00324675; 201.285324 − 199.4919… − 0.2012… = 1.5921…
    first, second, *_ = seen.groups[0].legs
    assert round(first.result, 4) == Dec("1.5921")
    assert (first.words, second.words, second.result) == ("target taken", "filled, target resting", None)


def test_orders_and_fills_are_in_the_detail(seen: Overview) -> None:
    btc = seen.groups[0]
    assert [order.words for order in btc.orders][-2:] == ["resting", "unknown, being looked up"]
    assert sorted(fill.purpose for fill in btc.fills) == ["ENTRY", "ENTRY", "ENTRY", "TARGET"]


def test_closed_groups_say_why_and_how_much(seen: Overview) -> None:
    first = seen.closed[0]
    assert (first.symbol, first.reason, first.result) == ("BTC/USDT", "targets taken", Dec("12.40"))
    assert first.result_pct == Dec("3.1")  # 12.40 ÷ (100 × 4)


def test_slots_are_the_pool_with_who_holds_them(seen: Overview) -> None:
    assert (seen.cards.pool_size, seen.cards.taken, len(seen.cards.slots)) == (10, 3, 10)
    assert seen.cards.slots[2].label == "BTC/USDT LONG"


@pytest.mark.parametrize(
    ("scopes", "size"),
    [
        ([], 10),
        ([("", "7")], 7),
        ([("", "7"), ("user", "5")], 5),
        ([("", "7"), ("account", "4"), ("user", "5")], 4),
    ],
)
def test_the_pool_size_is_the_narrowest_override(
    day: rows.Desk, now: datetime, scopes: list[tuple[str, str]], size: int
) -> None:
    owners = {"": {}, "user": {"user": day.account.user}, "account": {"account": day.account}}
    for scope, value in scopes:
        SettingOverride.objects.create(name="max_open_groups", value=value, **owners[scope])
    assert live.gather(None, now=now).cards.pool_size == size


def test_a_lowered_pool_still_shows_the_slots_that_drain(day: rows.Desk, now: datetime) -> None:
    SettingOverride.objects.create(name="max_open_groups", value="2", account=day.account)
    cards = live.gather(None, now=now).cards
    assert (cards.pool_size, len(cards.slots), cards.taken) == (2, 3, 3)


def test_what_is_late_says_by_how_much(day: rows.Desk, now: datetime) -> None:
    Canary.objects.update(answered_at=now - timedelta(seconds=25))
    assert pulse(live.gather(None, now=now), "Workers").late_secs == 15  # 25 − 10


def test_workers_that_never_answered_are_named(day: rows.Desk, now: datetime) -> None:
    Canary.objects.all().delete()
    assert pulse(live.gather(None, now=now), "Workers").trouble == "have not answered yet"


def test_the_venue_is_as_fresh_as_its_last_reading(day: rows.Desk, now: datetime) -> None:
    Ticker.objects.update(at=now - timedelta(seconds=90))
    assert pulse(live.gather(None, now=now), "Binance").late_secs is None  # the balances are fresh
    day.account.balances.update(at=now - timedelta(seconds=40))
    assert pulse(live.gather(None, now=now), "Binance").late_secs == 30


def test_an_ailing_account_says_what_ails_it(day: rows.Desk, now: datetime) -> None:
    ExchangeAccount.objects.update(health="KEYS_REFUSED", health_detail="binance refused the keys (-2015).")
    assert pulse(live.gather(None, now=now), "Binance").trouble == "binance refused the keys (-2015)."


def test_the_last_alert_is_never_late(day: rows.Desk, now: datetime) -> None:
    Alert.objects.update(received_at=now - timedelta(days=9))
    assert not pulse(live.gather(None, now=now), "Last alert").ailing


def test_the_journal_says_what_waits_for_its_seal(day: rows.Desk, now: datetime) -> None:
    with transaction.atomic():
        record("test.happened", subject="test:1", payload={})
    JournalEntry.objects.update(at=now - timedelta(seconds=7))
    assert pulse(live.gather(None, now=now), "Journal").late_secs == 5  # 7 − 2


@pytest.mark.django_db(transaction=True)
def test_the_number_is_that_of_the_last_sealed_event(now: datetime) -> None:
    with transaction.atomic():
        record("test.happened", subject="test:1", payload={})
        record("test.happened", subject="test:2", payload={})
    seal_batch(holder="test", now=now)
    assert live.last_number() == 2


def test_alerts_have_one_outcome_and_a_code_where_they_were_refused(seen: Overview) -> None:
    said = [(row.subject, row.action, row.words, row.code) for row in seen.alerts]
    assert said == [
        ("BTC/USDT", "buy", "entry", ""),
        ("XRP/USDT", "buy", "refused", "POOL_FULL"),
        ("SOL/USDT", "buy", "refused", "SYMBOL_EXPOSURE"),
        ("ETH/USDT", "sell", "none", "NOTHING_TO_EXIT"),
    ]


def test_an_exit_names_the_pair_of_the_group_it_closes(day: rows.Desk, now: datetime) -> None:
    sender, group = day.account.sources.get(), day.account.groups.get(instrument__symbol="ETH/USDT", closed_at=None)
    body = '{"symbol": "ETHUSDT", "action": "exit"}'
    rows.alert(sender, 98, body, "EXITED", "Closing.", at=now, details={"groups": [group.pk]})
    newest = live.gather(None, now=now).alerts[0]
    assert (newest.subject, newest.action, newest.words) == ("ETH/USDT", "exit", "exit")


def test_a_body_that_cannot_be_read_stands_for_itself(day: rows.Desk, now: datetime) -> None:
    sender = day.account.sources.get()
    rows.alert(sender, 99, "<b>not json at all", "UNREADABLE", "No alert format fits this body.", at=now, format="")
    newest = live.gather(None, now=now).alerts[0]
    assert (newest.subject, newest.action) == ("<b>not json at all", "")


def test_refusals_of_today_are_counted(seen: Overview) -> None:
    assert (seen.refused_total, {row.reason: row.count for row in seen.refused}) == (
        44,
        {"WRONG_SECRET": 3, "UNKNOWN_TOKEN": 41},
    )


def test_each_account_has_its_own_page(day: rows.Desk, now: datetime) -> None:
    other = rows.account(day.account.user, "second", environment="testnet")
    seen = live.gather(other.pk, now=now)
    assert (seen.account.name, seen.health.environment, seen.groups, seen.alerts) == ("second", "testnet", (), ())
    assert [tab.name for tab in seen.accounts] == ["paper-1", "second"]


def test_without_an_account_there_is_still_a_page(db: None, now: datetime) -> None:
    seen = live.gather(None, now=now)
    assert (seen.account, seen.cards, [pulse.name for pulse in seen.health.pulses]) == (
        None,
        None,
        ["Workers", "Journal"],
    )


def test_gathering_takes_a_fixed_number_of_queries(
    day: rows.Desk, now: datetime, django_assert_max_num_queries
) -> None:
    for base in ("BTC", "ETH", "SOL"):
        market = day.account.groups.filter(instrument__base=base).first().instrument
        day.pyramid(day.group(market, minutes=3, timeframe_secs=60), [("100", "1", "101")])
    with django_assert_max_num_queries(33):
        live.gather(None, now=now)


# exits, futures, funding -------------------------------------------------------------------------


@pytest.fixture
def watched(day: rows.Desk, now: datetime) -> GroupRow:
    """The ETH group with two stops, a hybrid target at 2,650, a stop at the venue, leverage 3 and two fundings."""
    row = PositionGroup.objects.get(instrument__base="ETH", closed_at=None)
    row.tp_mode, row.leverage, row.reduce_qty = "HYBRID", 3, Dec("0.01")
    row.watch = [
        {"kind": "STOP_FIXED", "trigger_price": "2500", "note": ""},
        {"kind": "STOP_TRAILING", "trigger_price": None, "note": "armed at 2680"},
        {"kind": "AGGREGATE_TARGET", "trigger_price": "2650", "note": ""},
    ]
    row.save()
    day.order(row, None, "STOP", "OPEN", qty=Dec("0.0379"), trigger_price=Dec("2490"))
    for number, amount in enumerate(("-0.05", "0.02")):
        FundingPayment.objects.create(
            account=day.account, instrument=row.instrument, group=row, venue_id=str(number), amount=amount, at=now
        )
    return next(group for group in live.gather(None, now=now).groups if group.id == row.pk)


def test_watched_exits_stand_with_their_trigger_prices(watched: GroupRow) -> None:
    assert [(exit_.words, exit_.trigger_price, exit_.note) for exit_ in watched.watch] == [
        ("stop at the venue", Dec(2490), "resting"),
        ("fixed stop", Dec(2500), ""),
        ("trailing stop", None, "armed at 2680"),
        ("aggregate target", Dec(2650), ""),
    ]


def test_a_watched_target_counts_as_the_next_one(watched: GroupRow) -> None:
    assert watched.next_target == Dec(2650)  # before the resting 2,668.21


def test_funding_is_summed(watched: GroupRow) -> None:
    assert watched.funding == Dec("-0.03")


def test_the_page_shows_it_all(watched: GroupRow, root: Client) -> None:
    page = root.get("/").content.decode()
    for said in ("fixed stop <b>2,500.00</b>", "armed at 2680", "3×", "reducing by 0.0100", "funding"):
        assert said in page


def test_on_futures_what_is_open_counts_in_the_equity(day: rows.Desk, now: datetime) -> None:
    """A futures wallet changes when a position is closed; on spot the coins themselves stand in the balance."""
    spot = live.gather(None, now=now).cards
    ExchangeAccount.objects.update(venue="binanceusdm")
    Instrument.objects.update(venue="binanceusdm")
    futures = live.gather(None, now=now).cards
    assert futures.unrealised == spot.unrealised
    assert futures.unrealised
    assert futures.equity.total == spot.equity.total + spot.unrealised


@pytest.mark.parametrize(
    ("side", "last", "result"),
    [("LONG", "2700", "2.1090"), ("SHORT", "2700", "-2.1090"), ("SHORT", "2600", "1.6872")],
)
def test_a_short_wins_when_the_price_falls(day: rows.Desk, now: datetime, side: str, last: str, result: str) -> None:
    # 0.037962 × 2,700 − 100.3884 = 2.1090; × 2,600: −1.6872
    PositionGroup.objects.filter(instrument__base="ETH", closed_at=None).update(side=side)
    Ticker.objects.filter(instrument__base="ETH").update(last=last)
    eth = next(group for group in live.gather(None, now=now).groups if group.market.base == "ETH")
    assert round(eth.unrealised, 4) == Dec(result)
