"""What becomes of an alert: one outcome each, for every reason there is, in the order of arrival."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import pytest
from django.utils import timezone

from project.accounts import mode
from project.accounts.models import Balance, ExchangeAccount
from project.journal.models import JournalEntry
from risk.models import RiskDecision
from signals.market import instruments
from signals.models import Alert, IndicatorValue, Instrument, Signal, Source, Ticker
from tests.support.factories import Desk, store
from tests.support.levers import chosen, one_leg
from tests.trading.services.levers import at_venue, found, states
from trading.gateways.base import Gateway
from trading.models import Leg, Order, PositionGroup, Pyramid, Slot
from trading.services import decide, market, outcomes
from trading.services.outcomes import OutcomeTwice
from trading.services.sheet import Sheet

BUY = {"symbol": "BTCUSDT", "action": "buy", "price": "60000", "interval": "60"}
SELL = {"symbol": "BTCUSDT", "action": "sell", "price": "60000", "interval": "60"}
Prepare = Callable[[Desk], object]


def decided(desk: Desk, *, age_secs: float = 0, **fields: Any) -> Alert:
    sent = timezone.now() - timedelta(seconds=age_secs)
    alert = desk.alert(timestamp=sent.isoformat(), **fields)
    desk.decide()
    alert.refresh_from_db()
    return alert


def nothing(desk: Desk) -> None:
    """As it is."""


def limited(desk: Desk) -> None:
    Source.objects.update(pair_whitelist=["ETH/USDT"])


def shadowed(desk: Desk) -> None:
    Source.objects.update(live=False)


def delisted(desk: Desk) -> None:
    Instrument.objects.filter(symbol="BTC/USDT").update(active=False)
    instruments.forget()


def in_mode(name: str) -> Prepare:
    return lambda desk: mode.change(name, operator="mira", reason="test")


def disarmed(desk: Desk) -> None:
    ExchangeAccount.objects.update(armed=False)


def silent(desk: Desk) -> None:
    """The venue cannot be asked now."""
    desk.paper.faults([{"match": {"method": "GET", "path": ""}, "times": 99, "action": "http_503_before_accept"}])


def old_prices(desk: Desk) -> None:
    """The price was known 11 s ago, 10 s are allowed, and the venue does not tell a newer one."""
    market.ensure_prices(desk.account, ["BTC/USDT"], gateway=lambda: desk.gateway, clock=timezone.now)
    Ticker.objects.update(at=timezone.now() - timedelta(seconds=11))
    silent(desk)


def no_balances(desk: Desk) -> None:
    Balance.objects.all().delete()


def no_price(desk: Desk) -> None:
    """Nobody watched the pair."""
    Ticker.objects.all().delete()
    silent(desk)


def setting(**values: Any) -> Prepare:
    return lambda desk: chosen(desk, **values)


def poor(desk: Desk) -> None:
    """The most of a symbol is no limit, but the money is: 10 000 are held, 9 000 of them promised to an order."""
    unlimited = dict.fromkeys(("per_symbol_pct", "per_strategy_pct", "per_sector_pct", "cluster_pct"), "1000")
    chosen(desk, **unlimited, max_heat="100", var_limit_pct="100", legs=[["0", "100", "1"]])
    desk.buy(price="59900", size="9000", size_type="quote")


def open_group(desk: Desk) -> None:
    """A group on the same pair and timeframe, entered two bars ago."""
    one_leg(desk).buy(price="59900")
    Pyramid.objects.update(created_at=timezone.now() - timedelta(hours=2))


def open_group_now(desk: Desk) -> None:
    one_leg(desk).buy(price="59900")
    Pyramid.objects.update(created_at=timezone.now() + timedelta(seconds=60))  # safely in this bar or later


def full_group(desk: Desk) -> None:
    chosen(desk, max_pyramids=1)
    open_group(desk)


def near_group(desk: Desk) -> None:
    chosen(desk, pyramid_min_gap_pct="1")
    open_group(desk)


def blocked_group(desk: Desk) -> None:
    open_group(desk)
    PositionGroup.objects.update(blocked=True)


def closing_group(desk: Desk) -> None:
    open_group(desk)
    PositionGroup.objects.update(closing_at=timezone.now(), close_reason="BY_HAND mira")


OUTCOMES: list[tuple[Prepare, dict[str, Any], str]] = [
    # read, dated, listed
    (nothing, BUY, "ENTERED"),
    (nothing, {**BUY, "age_secs": 61}, "STALE"),
    (nothing, {**BUY, "age_secs": -60}, "FROM_THE_FUTURE"),
    (nothing, {**BUY, "symbol": "NOPEUSDT"}, "UNKNOWN_SYMBOL"),
    (limited, BUY, "NOT_WHITELISTED"),
    (shadowed, BUY, "SHADOW"),
    (delisted, BUY, "NOT_TRADABLE"),
    # the price guard is one-sided
    (nothing, {**BUY, "price": "59600"}, "PRICE_MOVED"),  # 60 000.01 is 0.67 % worse, 0.5 are allowed
    (nothing, {**BUY, "price": "59800"}, "ENTERED"),  # 0.33 %
    (nothing, {**BUY, "price": "66000"}, "ENTERED"),  # better by 10 %
    (nothing, {**BUY, "price": "59800", "max_slippage_pct": "0.1"}, "PRICE_MOVED"),
    (nothing, {**BUY, "price": "57000", "max_slippage_pct": "10"}, "ENTERED"),
    # what it means
    (nothing, SELL, "NOTHING_TO_EXIT"),
    (nothing, {**SELL, "action": "exit"}, "NOTHING_TO_EXIT"),
    (nothing, {**BUY, "market_position": "flat"}, "NOTHING_TO_EXIT"),
    (nothing, {**BUY, "side": "short"}, "NOTHING_TO_EXIT"),  # it closes a short, and there is none
    # a stop that can be no price, where the alert has none to compare it with
    (nothing, {**BUY, "price": None, "stop_loss": "2"}, "STOP_FAR_OFF"),
    (nothing, {**BUY, "price": None, "stop_loss": "59000"}, "ENTERED"),
    # the gate
    (in_mode("PAUSED"), BUY, "MODE"),
    (in_mode("REDUCED"), BUY, "MODE"),
    (in_mode("EMERGENCY"), BUY, "MODE"),
    (disarmed, BUY, "NOT_ARMED"),
    (old_prices, BUY, "STALE_PRICE"),
    (no_price, BUY, "DATA_MISSING"),
    (no_balances, BUY, "DATA_MISSING"),
    (nothing, {**BUY, "size": "2100", "size_type": "quote"}, "SYMBOL_EXPOSURE"),  # 10 % of 10 000 are allowed
    (poor, {**BUY, "symbol": "ETHUSDT", "price": "3000", "size": "100", "size_type": "percent_of_equity"}, "ENTERED"),
    (nothing, {**BUY, "size": "1", "size_type": "quote"}, "CAPITAL_TOO_SMALL"),
    # more of the same
    (open_group, {**BUY, "price": "59900"}, "PYRAMIDED"),
    (open_group_now, {**BUY, "price": "59900"}, "TOO_SOON"),
    (near_group, {**BUY, "price": "59900"}, "TOO_SOON"),
    (blocked_group, {**BUY, "price": "59900"}, "TOO_SOON"),
    (closing_group, {**BUY, "price": "59900"}, "TOO_SOON"),
    (full_group, {**BUY, "price": "59900"}, "MAX_PYRAMIDS"),
    (open_group, SELL, "EXITED"),
    (open_group, {**SELL, "interval": "240"}, "NOTHING_TO_EXIT"),  # another timeframe's
    # values
    (nothing, {"symbol": "BTCUSDT", "indicators": {"rsi": "55.5"}, "interval": "60"}, "INDICATORS_STORED"),
]


@pytest.mark.parametrize(("prepare", "fields", "outcome"), OUTCOMES)
def test_an_alert_gets_its_outcome_with_a_reason(
    desk: Desk, prepare: Prepare, fields: dict[str, Any], outcome: str
) -> None:
    prepare(desk)
    alert = decided(desk, **fields)
    assert (alert.outcome, alert.decided_at is not None) == (outcome, True)
    assert len(alert.reason) > 10
    settled = JournalEntry.objects.filter(kind="alert.settled", subject=f"alert:{alert.pk}")
    assert [entry.payload["outcome"] for entry in settled] == [outcome]


ENDPOINTS: list[tuple[str, dict[str, Any], str]] = [
    ("alerts", {"type": "price", "message": "BTC broke 60 000", "severity": "warning"}, "NOTICE"),
    ("indicators", {"symbol": "BTCUSDT", "timeframe": "60", "indicators": {"rsi": "55.5"}}, "INDICATORS_STORED"),
    ("signals", {"source": "model", "symbol": "BTCUSDT", "direction": "long", "confidence": "0.9"}, "ENTERED"),
    ("signals", {"source": "model", "symbol": "BTCUSDT", "direction": "exit"}, "NOTHING_TO_EXIT"),
]


@pytest.mark.parametrize(("format_name", "body", "outcome"), ENDPOINTS)
def test_other_endpoints_formats_have_their_outcomes(
    desk: Desk, format_name: str, body: dict[str, Any], outcome: str
) -> None:
    alert = store(desk.source, body)
    Alert.objects.filter(pk=alert.pk).update(format=format_name, endpoint=format_name)
    desk.decide()
    alert.refresh_from_db()
    assert alert.outcome == outcome


def test_an_alert_that_a_later_version_cannot_read_is_unreadable(desk: Desk) -> None:
    alert = store(desk.source, {"symbol": "BTCUSDT"})
    desk.decide()
    alert.refresh_from_db()
    assert alert.outcome == "UNREADABLE"


def test_values_are_kept_with_their_time(desk: Desk) -> None:
    decided(desk, symbol="BTCUSDT", indicators={"rsi": "55.5", "adx": "20"}, interval="60")
    rows = {(row.name, row.value, row.timeframe_secs) for row in IndicatorValue.objects.all()}
    assert rows == {("rsi", 55.5, 3600), ("adx", 20.0, 3600)}


@pytest.mark.parametrize(
    ("prepare", "fields"),
    [
        (in_mode("PAUSED"), BUY),
        (disarmed, BUY),
        (old_prices, BUY),
        (nothing, {**BUY, "size": "2100", "size_type": "quote"}),
    ],
)
def test_a_denial_leaves_its_numbers_and_nothing_else(desk: Desk, prepare: Prepare, fields: dict[str, Any]) -> None:
    prepare(desk)
    alert = decided(desk, **fields)
    decision = RiskDecision.objects.get()
    assert (decision.allowed, decision.code) == (False, alert.outcome)
    assert decision.sentence == alert.reason
    assert decision.signal == Signal.objects.get()
    assert [model.objects.count() for model in (PositionGroup, Pyramid, Leg, Slot, Order)] == [0] * 5


def test_a_denial_tells_value_limit_and_advice(desk: Desk) -> None:
    alert = decided(desk, **{**BUY, "size": "2100", "size_type": "quote"})
    assert {"value", "limit", "unit", "subject"} <= alert.details.keys()
    assert Decimal(alert.details["limit"]) == 1000
    assert "Lower the capital" in alert.reason


def test_an_entry_keeps_every_checks_numbers(desk: Desk) -> None:
    alert = decided(desk, **BUY)
    names = [line["name"] for line in alert.details["checks"]]
    assert {"mode", "armed", "stale_price", "minimums", "slots", "symbol_exposure", "reserved_funds"} <= set(names)
    assert RiskDecision.objects.get().allowed


def test_reserved_funds_deny_what_is_promised_already(desk: Desk) -> None:
    """The alert names an amount; the purse is counted with what resting purchases need."""
    poor(desk)
    alert = decided(desk, **{**BUY, "symbol": "ETHUSDT", "price": "3000", "size": "5000", "size_type": "quote"})
    # 10 000 − 9 000 × 1.001 = 991 are free: the size is capped to that, never beyond
    assert alert.outcome == "ENTERED"
    assert alert.details["bound_by"] == "free balance"
    assert Decimal(alert.details["cost"]) <= 991


# order of arrival --------------------------------------------------------------------------------


def test_an_entry_and_its_exit_in_one_batch(desk: Desk) -> None:
    entry, leave = desk.alert(**BUY), desk.alert(**SELL)
    desk.decide()
    for alert in (entry, leave):
        alert.refresh_from_db()
    assert (entry.outcome, leave.outcome) == ("ENTERED", "EXITED")
    assert set(states()) == {"DROPPED"}  # withdrawn before they left
    desk.submit()
    assert "orders" not in desk.paper.ledger(desk.key) or at_venue(desk) == []


def test_an_exit_before_its_entry_finds_nothing(desk: Desk) -> None:
    leave, entry = desk.alert(**SELL), desk.alert(**BUY)
    desk.decide()
    for alert in (entry, leave):
        alert.refresh_from_db()
    assert (leave.outcome, entry.outcome) == ("NOTHING_TO_EXIT", "ENTERED")
    assert states() == ["NEW"] * 5


def test_two_entries_of_a_pair_in_one_batch_are_one_group(desk: Desk) -> None:
    first, second = (desk.alert(**{**BUY, "interval": "W"}) for _ in range(2))  # one bar, whatever the time of day
    desk.decide()
    for alert in (first, second):
        alert.refresh_from_db()
    assert (first.outcome, second.outcome) == ("ENTERED", "TOO_SOON")
    assert PositionGroup.objects.count() == 1


def test_an_exit_without_a_timeframe_closes_them_all(desk: Desk) -> None:
    one_leg(desk)
    for interval in ("5", "15", "60"):
        desk.alert(**{**BUY, "interval": interval, "price": "59900"})
    desk.decide()
    desk.settle()
    leave = decided(desk, symbol="BTCUSDT", action="exit")
    assert leave.outcome == "EXITED"
    assert len(leave.details["groups"]) == 3
    desk.settle()
    assert {group.status for group in PositionGroup.objects.all()} == {"FAILED"}


def test_a_full_inbox_is_emptied_in_batches(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "BATCH", 3)
    alerts = [desk.alert(**SELL) for _ in range(8)]
    desk.decide()
    outcomes_found = Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).values_list("outcome", flat=True)
    assert list(outcomes_found) == ["NOTHING_TO_EXIT"] * 8


def test_no_transaction_acts_on_more_than_ten_alerts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's lock is given back in between, so that an exit's cancel need not wait for fifty entries."""
    monkeypatch.setattr(decide, "ACTED_AT_ONCE", 2)
    one_leg(desk)
    for interval in ("1", "3", "5", "15", "30"):
        desk.alert(**{**BUY, "interval": interval})
    desk.decide()
    settled = JournalEntry.objects.filter(kind="alert.settled").order_by("xid", "id").values_list("xid", flat=True)
    assert [len(list(same)) for _, same in groupby(settled)] == [2, 2, 1]
    assert PositionGroup.objects.count() == 5


def test_an_empty_inbox_is_no_work(desk: Desk) -> None:
    before = JournalEntry.objects.count()
    desk.decide()
    assert JournalEntry.objects.count() == before


# all or nothing ----------------------------------------------------------------------------------


class Defect(Exception):
    """Something nobody foresaw."""


def test_a_defect_in_a_batch_undoes_all_of_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise Defect

    entry, other = desk.alert(**BUY), desk.alert(**{**BUY, "symbol": "ETHUSDT", "price": "3000"})
    before = JournalEntry.objects.count()
    with monkeypatch.context() as patch:
        patch.setattr(decide.outcomes, "settle", broken)
        with pytest.raises(Defect):
            desk.decide()
    assert [model.objects.count() for model in (Signal, PositionGroup, Leg, Slot, Order, RiskDecision)] == [0] * 6
    assert JournalEntry.objects.count() == before
    desk.decide()
    for alert in (entry, other):
        alert.refresh_from_db()
    assert (entry.outcome, other.outcome) == ("ENTERED", "ENTERED")


def test_a_second_outcome_is_a_defect(desk: Desk) -> None:
    alert = decided(desk, **SELL)
    verdict = decide.Verdict("ENTERED")
    with pytest.raises(OutcomeTwice, match=str(alert.pk)):
        outcomes.settle(Sheet(), desk.account.pk, {alert.pk: verdict}, now=timezone.now())
    alert.refresh_from_db()
    assert alert.outcome == "NOTHING_TO_EXIT"


# money -------------------------------------------------------------------------------------------


def test_prices_of_a_pair_nobody_watched_are_fetched_first(desk: Desk) -> None:
    Ticker.objects.filter(instrument__symbol="SOL/USDT").delete()
    alert = decided(desk, symbol="SOLUSDT", action="buy", interval="60")
    assert alert.outcome == "ENTERED"
    assert Ticker.objects.get(instrument__symbol="SOL/USDT").last == 150


def test_a_pair_that_was_forgotten_is_asked_for_and_watched_again(desk: Desk) -> None:
    """Its last alert came two days ago: nobody polls its price any more, and what is known of it is old."""
    decided(desk, **{**SELL, "symbol": "SOLUSDT"})
    long_ago = timezone.now() - timedelta(days=2)
    Ticker.objects.update(at=long_ago, wanted_at=long_ago)
    assert decided(desk, symbol="SOLUSDT", action="buy", interval="60").outcome == "ENTERED"
    assert Ticker.objects.get(instrument__symbol="SOL/USDT").wanted_at > long_ago
    PositionGroup.objects.update(closed_at=timezone.now())
    assert market.refresh_prices(desk.account, gateway=desk.gateway, clock=timezone.now) == 1


def test_a_price_that_is_polled_is_not_asked_for_again(desk: Desk) -> None:
    decided(desk, **SELL)
    asked: list[Desk] = []

    def gateway() -> Gateway:
        asked.append(desk)
        return desk.gateway

    desk.alert(**SELL)
    decide.process_inbox(desk.account.pk, gateway=gateway, clock=timezone.now)
    assert asked == []


def test_the_grid_hangs_at_the_live_price_when_the_alert_names_none(desk: Desk) -> None:
    one_leg(desk)
    decided(desk, symbol="BTCUSDT", action="buy", interval="60")
    assert [order.price for order in found()] == [Decimal(60000)]


def test_how_old_an_alert_may_be_is_a_matter_of_the_pair(desk: Desk) -> None:
    desk.setting("max_age_secs", 3600, symbol="ETH/USDT")
    old = (timezone.now() - timedelta(minutes=10)).isoformat()
    alerts = [desk.alert(symbol=s, action="buy", timestamp=old) for s in ("ETHUSDT", "BTCUSDT")]
    desk.decide()
    for alert in alerts:
        alert.refresh_from_db()
    assert [alert.outcome for alert in alerts] == ["ENTERED", "STALE"]
