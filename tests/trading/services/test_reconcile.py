"""Reconcile: what the venue says wins; what nobody can explain is written down by name, once it is certain."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from project.accounts.models import Balance, BalanceMovement, ExchangeAccount
from project.journal.models import JournalEntry
from signals.models import Instrument, Ticker
from tests.support.factories import Desk
from tests.support.levers import ORDER, UNANSWERED, one_leg
from tests.support.races import elsewhere, injected, own_gateway
from tests.trading.services.levers import at_venue, entered, found, states
from trading.errors import NotReached
from trading.models import Order
from trading.services import booked, connect, lookups, market, reconcile

Kind = BalanceMovement.Kind


def reconciled(desk: Desk) -> None:
    reconcile.reconcile(desk.account.pk, gateway=desk.gateway, clock=timezone.now, timing=connect.timing())


def movements() -> list[tuple[str, str, Decimal]]:
    rows = BalanceMovement.objects.exclude(amount=0).order_by("id")
    return [(row.kind, row.currency, row.amount) for row in rows]


def test_the_first_look_is_the_baseline(desk: Desk) -> None:
    assert movements() == [(Kind.BASELINE, "USDT", Decimal(10000))]
    reconciled(desk)
    assert len(movements()) == 1
    held = {currency: amount for currency, amount in booked.expected(desk.account.pk).items() if amount}
    assert held == {"USDT": Decimal(10000)}


def test_no_baseline_is_taken_once_an_order_exists(desk: Desk) -> None:
    entered(one_leg(desk))
    BalanceMovement.objects.all().delete()
    reconcile._set_baseline(desk.account.pk, gateway=desk.gateway, clock=timezone.now)
    assert movements() == []


def test_a_deposit_is_written_down_as_somebody_elses(desk: Desk) -> None:
    desk.paper.deposit({"USDT": "250", "BTC": "0.5"}, account=desk.key)
    reconciled(desk)
    assert movements()[1:] == [(Kind.FOREIGN, "BTC", Decimal("0.5")), (Kind.FOREIGN, "USDT", Decimal(250))]
    assert reconcile.unexplained(desk.account.pk, gateway=desk.gateway) == {}
    noted = JournalEntry.objects.filter(kind="balance.moved", payload__kind="foreign")
    assert {row.payload["currency"]: row.payload["amount"] for row in noted} == {"BTC": "0.5", "USDT": "250"}
    reconciled(desk)
    assert len(movements()) == 3


def test_our_own_fills_are_nobody_elses(desk: Desk) -> None:
    one_leg(desk).buy(price="59900")
    desk.paper.price("BTCUSDT", "59800")  # filled, and nobody has asked yet
    reconciled(desk)
    assert states() == ["FILLED"]
    assert [kind for kind, _, _ in movements()] == [Kind.BASELINE]


def test_while_an_order_is_undecided_nothing_is_called_foreign(desk: Desk) -> None:
    entered(one_leg(desk), price="60100")
    desk.paper.fault(UNANSWERED, **ORDER)
    desk.submit()
    assert states() == ["UNKNOWN"]
    Order.objects.update(next_poll_at=timezone.now() + 10 * lookups.CALL_TIMEOUT)
    reconciled(desk)
    assert [kind for kind, _, _ in movements()] == [Kind.BASELINE]
    Order.objects.update(next_poll_at=timezone.now())
    reconciled(desk)
    assert states() == ["FILLED"]
    assert [kind for kind, _, _ in movements()] == [Kind.BASELINE]


def test_a_fill_between_two_looks_is_not_called_foreign(desk: Desk) -> None:
    one_leg(desk).buy(price="59900")
    fill = lambda: desk.paper.price("BTCUSDT", "59800")  # noqa: E731
    with injected(reconcile, "unexplained", before=fill):
        reconciled(desk)
    assert [kind for kind, _, _ in movements()] == [Kind.BASELINE]
    assert states() == ["FILLED"]


def test_an_account_is_healthy_after_its_reconcile(desk: Desk) -> None:
    reconcile.mark_unhealthy(desk.account.pk, code="VENUE_NOT_REACHED", detail="silence")
    reconcile.mark_unhealthy(desk.account.pk, code="VENUE_NOT_REACHED", detail="a proxy answers")
    account = ExchangeAccount.objects.get()
    assert (account.health, account.health_detail) == ("VENUE_NOT_REACHED", "a proxy answers")
    assert JournalEntry.objects.filter(kind="account.unhealthy").count() == 1
    reconciled(desk)
    account = ExchangeAccount.objects.get()
    assert (account.health, account.health_detail) == ("", "")
    assert JournalEntry.objects.filter(kind="account.healthy").count() == 2  # the first look counts too


def test_a_venue_that_cannot_be_asked_leaves_everything_as_it_was(desk: Desk) -> None:
    before = ExchangeAccount.objects.get().reconciled_at
    desk.paper.faults([{"match": {"method": "GET", "path": ""}, "times": 99, "action": "http_503_before_accept"}])
    with pytest.raises(NotReached):
        reconciled(desk)
    assert ExchangeAccount.objects.get().reconciled_at == before


def test_two_reconciles_at_once_write_a_movement_once(desk: Desk) -> None:
    """The sweep's lease keeps them apart; without it the second still finds nothing left to explain."""
    desk.paper.deposit({"USDT": "250"}, account=desk.key)

    def again() -> None:
        reconcile.reconcile(desk.account.pk, gateway=own_gateway(desk), clock=timezone.now, timing=connect.timing())

    elsewhere(again)
    reconciled(desk)
    assert movements()[1:] == [(Kind.FOREIGN, "USDT", Decimal(250))]


def test_what_somebody_else_wrote_down_since_the_look_is_not_written_again(desk: Desk) -> None:
    desk.paper.deposit({"USDT": "250"}, account=desk.key)
    own = own_gateway(desk)
    again = lambda: reconcile._explain_balances(desk.account, gateway=own, clock=timezone.now)  # noqa: E731
    with injected(reconcile.audit, "of_currencies", after=again):
        reconciled(desk)
    assert movements()[1:] == [(Kind.FOREIGN, "USDT", Decimal(250))]


# an order that only shows by its traces ----------------------------------------------------------


@pytest.mark.parametrize("price", ["59900", "60100"])
def test_an_order_is_traced_when_its_id_is_not_found(desk: Desk, monkeypatch: pytest.MonkeyPatch, price: str) -> None:
    """A venue that forgets client ids of filled or open orders: it is among the open ones, or behind an execution."""
    entered(one_leg(desk), price=price)
    desk.paper.fault(UNANSWERED, **ORDER)
    desk.submit()
    gateway = own_gateway(desk)
    ask = gateway.find_order

    def forgetful(**named: Any) -> object:
        return ask(**{**named, "client_order_id": ""}) if named.get("venue_order_id") else None

    monkeypatch.setattr(gateway, "find_order", forgetful)
    lookups.look_up(desk.account.pk, gateway=gateway, clock=timezone.now, timing=connect.timing())
    assert found()[0].venue_order_id == str(at_venue(desk)[0]["orderId"])
    assert states() in (["OPEN"], ["FILLED"])


# prices, balances, instruments -------------------------------------------------------------------


def test_a_currency_that_is_gone_is_kept_as_nothing(desk: Desk) -> None:
    Balance.objects.create(account=desk.account, currency="GONE", total=5, free=5, at=timezone.now())
    market.refresh_balances(desk.account, gateway=desk.gateway, clock=timezone.now)
    assert Balance.objects.get(currency="GONE").total == 0
    assert Balance.objects.get(currency="USDT").total == 10000


@pytest.mark.parametrize(("ahead_secs", "last"), [(4, 1), (60, 60000)])
def test_an_older_price_replaces_a_newer_one_only_when_that_is_from_the_future(
    desk: Desk, ahead_secs: int, last: int
) -> None:
    """A minute ahead it was written before the clock was set back: nothing newer would come in for a minute."""
    market.ensure_prices(desk.account, ["BTC/USDT"], gateway=lambda: desk.gateway, clock=timezone.now)
    Ticker.objects.update(at=timezone.now() + timedelta(seconds=ahead_secs), last=1)
    market.refresh_prices(desk.account, gateway=desk.gateway, clock=timezone.now)
    assert round(Ticker.objects.get().last) == last


@pytest.mark.parametrize(("ago_secs", "asked"), [(0.9, False), (1.1, True), (-60, True)])
def test_what_another_account_just_asked_for_is_not_asked_for_again(desk: Desk, ago_secs: float, asked: bool) -> None:
    market.ensure_prices(desk.account, ["BTC/USDT"], gateway=lambda: desk.gateway, clock=timezone.now)
    now = timezone.now()
    Ticker.objects.update(at=now - timedelta(seconds=ago_secs))
    moment = timedelta(seconds=1)
    assert market.refresh_prices(desk.account, gateway=desk.gateway, clock=lambda: now, recent=moment) == asked


def test_a_price_from_the_future_is_asked_for_again(desk: Desk) -> None:
    for _ in range(2):
        market.ensure_prices(desk.account, ["BTC/USDT"], gateway=lambda: desk.gateway, clock=timezone.now)
        assert Ticker.objects.get().at <= timezone.now()
        Ticker.objects.update(at=timezone.now() + timedelta(hours=1))


def test_a_market_that_is_listed_no_more_becomes_inactive(desk: Desk) -> None:
    gone = Instrument.objects.get(symbol="ETH/USDT")
    Instrument.objects.create(
        **{f.name: getattr(gone, f.name) for f in Instrument._meta.concrete_fields if f.name not in ("id", "symbol")},
        symbol="GONE/USDT",
    )
    market.refresh_instruments(desk.account, gateway=desk.gateway, clock=timezone.now)
    assert Instrument.objects.get(symbol="GONE/USDT").active is False
    assert Instrument.objects.get(symbol="ETH/USDT").active is True


def test_only_what_differs_is_written_anew(desk: Desk) -> None:
    before = timezone.now()
    assert market.refresh_instruments(desk.account, gateway=desk.gateway, clock=timezone.now) == 0
    assert Instrument.objects.filter(refreshed_at__lt=before).count() == 0
    Instrument.objects.filter(symbol="ETH/USDT").update(tick_size="0.5", active=False, status="GONE")
    assert market.refresh_instruments(desk.account, gateway=desk.gateway, clock=timezone.now) == 1
    eth = Instrument.objects.get(symbol="ETH/USDT")
    assert (eth.tick_size, eth.active) == (Decimal("0.01"), True)


@pytest.mark.parametrize(("ago_secs", "asked"), [(49, False), (51, True), (-60, True)])
def test_a_list_that_another_account_just_asked_for_is_not_asked_for_again(
    desk: Desk, ago_secs: int, asked: bool
) -> None:
    now = timezone.now()
    Instrument.objects.update(refreshed_at=now - timedelta(seconds=ago_secs))
    Instrument.objects.filter(symbol="ETH/USDT").update(tick_size="0.5")
    recent = timedelta(seconds=50)
    assert market.refresh_instruments(desk.account, gateway=desk.gateway, clock=lambda: now, recent=recent) == asked


def test_nothing_watched_asks_nothing(desk: Desk) -> None:
    assert market.refresh_prices(desk.account, gateway=desk.gateway, clock=timezone.now) == 0
