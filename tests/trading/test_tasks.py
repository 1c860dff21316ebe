"""The tasks as a worker runs them: each hears its bell, does its work, and turns a silent venue into a state."""

import socket
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from redis import Redis

from project.accounts.models import Balance, ExchangeAccount
from project.accounts.vault import seal_credentials
from project.journal import leases
from project.journal.models import JournalEntry
from risk.domain.breaker import POLICY
from risk.models import Breaker
from signals.models import Ticker
from tests.support.factories import Desk
from tests.support.levers import one_leg
from tests.support.paper import free_port
from tests.support.plugin import SERVERS
from tests.support.races import elsewhere, injected
from trading import bells, locks, tasks
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.models import Canary, Order, PositionGroup
from trading.services import cancel
from trading.services.alone import LEASE_SPAN

BUY = {"symbol": "BTCUSDT", "action": "buy", "price": "59900", "interval": "60"}


def test_the_whole_path_by_tasks(desk: Desk) -> None:
    desk.alert(**BUY)
    tasks.process_inbox(desk.account.pk)
    tasks.submit_entries(desk.account.pk)
    assert {order.state for order in Order.objects.all()} == {"OPEN"}
    desk.paper.price("BTCUSDT", "59800")
    tasks.poll_fills(desk.account.pk)
    tasks.submit_exits(desk.account.pk)
    assert [order.state for order in Order.objects.filter(purpose="TARGET")] == ["OPEN"]
    desk.alert(**{**BUY, "action": "sell"})
    tasks.process_inbox(desk.account.pk)
    for _ in range(3):
        tasks.submit_exits(desk.account.pk)
        tasks.poll_fills(desk.account.pk)
        tasks.sweep_exits(desk.account.pk)
    assert PositionGroup.objects.get().status == "CLOSED"


def leaves(desk: Desk, symbol: str) -> None:
    desk.alert(symbol=symbol, action="exit", interval="60")
    desk.decide()


def test_an_exit_does_not_wait_for_the_cancels_of_other_groups(desk: Desk) -> None:
    one_leg(desk).buy(price="59900")
    desk.price("BTCUSDT", "59800")
    desk.settle()
    desk.buy("ETHUSDT", price="2990")
    leaves(desk, "BTCUSDT")
    cancel.cancel(cancel.claim_cancels(desk.account.pk), gateway=desk.gateway, clock=timezone.now)
    leaves(desk, "ETHUSDT")
    exits = Order.objects.filter(purpose="EXIT").values_list("state", flat=True)
    seen = [*exits]
    with injected(CcxtGateway, "cancel", before=lambda: seen.extend(exits.all())):
        tasks.submit_exits(desk.account.pk)
    assert seen == ["NEW", "FILLED"]
    assert set(Order.objects.filter(instrument__base="ETH").values_list("state", flat=True)) == {"CANCELED"}


@pytest.mark.parametrize(
    "task",
    [
        tasks.process_inbox,
        tasks.submit_entries,
        tasks.submit_exits,
        tasks.poll_fills,
        tasks.look_up,
        tasks.feed_chart,
        tasks.poll_prices,
        tasks.poll_balances,
        tasks.refit_volatility,
        tasks.refresh_instruments,
        tasks.sweep_candles,
        tasks.sweep_exits,
        tasks.sweep_queue,
        tasks.reconcile_books,
    ],
)
def test_every_task_is_safe_to_run_with_nothing_to_do_and_clears_its_bell(desk: Desk, task: Any) -> None:
    name = task.name.removeprefix("trading.")
    bells.ring(name, desk.account.pk)
    task(desk.account.pk)
    task(desk.account.pk)
    with Redis.from_url(SERVERS.redis_url) as broker:
        assert not broker.exists(bells.key(name, desk.account.pk))
    assert not Order.objects.exists()
    assert ExchangeAccount.objects.get().health == ""


def test_prices_and_balances_are_refreshed(desk: Desk) -> None:
    desk.alert(**BUY)
    tasks.process_inbox(desk.account.pk)
    before = timezone.now()
    Ticker.objects.update(at=before - tasks.RECENT.prices)
    tasks.poll_prices(desk.account.pk)
    tasks.poll_balances(desk.account.pk)
    assert Ticker.objects.get(instrument__symbol="BTC/USDT").at > before
    assert {balance.at > before for balance in Balance.objects.all()} == {True}


def moved(desk: Desk, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(desk.account, name, value)
    desk.account.save()


def silent(desk: Desk) -> None:
    moved(desk, base_url=f"http://127.0.0.1:{free_port()}")


def keyless(desk: Desk) -> None:
    seal_credentials(desk.account, {"apiKey": desk.key.removeprefix("account-"), "secret": "wrong"})
    desk.account.save()


@pytest.mark.parametrize(
    ("spoil", "health"),
    [
        (silent, "VENUE_NOT_REACHED"),
        (keyless, "KEYS_REFUSED"),
        (lambda desk: moved(desk, environment="live"), "UNSAFE_ENDPOINT"),
        (lambda desk: moved(desk, venue="mtgox"), "UNSUPPORTED_VENUE"),
        (lambda desk: moved(desk, sealed_credentials=b"\x01torn"), "VAULT_CLOSED"),
    ],
)
def test_an_account_that_cannot_trade_says_why_and_takes_no_entry(desk: Desk, spoil: Any, health: str) -> None:
    spoil(desk)
    tasks.reconcile_books(desk.account.pk)
    account = ExchangeAccount.objects.get()
    assert account.health == health
    assert len(account.health_detail) > 20
    assert "wrong" not in account.health_detail
    tasks.reconcile_books(desk.account.pk)
    assert JournalEntry.objects.filter(kind="account.unhealthy").count() == 1
    alert = desk.alert(**BUY)
    tasks.process_inbox(desk.account.pk)
    alert.refresh_from_db()
    assert alert.outcome in ("ACCOUNT_UNHEALTHY", "DATA_MISSING", "UNKNOWN_SYMBOL")  # live has no instruments yet
    assert not Order.objects.exists()


def test_an_account_recovers_with_its_next_reconcile(desk: Desk) -> None:
    url = desk.account.base_url
    silent(desk)
    tasks.poll_balances(desk.account.pk)
    assert ExchangeAccount.objects.get().health == "VENUE_NOT_REACHED"
    moved(desk, base_url=url)
    tasks.reconcile_books(desk.account.pk)
    assert ExchangeAccount.objects.get().health == ""
    assert JournalEntry.objects.filter(kind="account.healthy").exists()


def test_a_venue_that_is_away_opens_its_breaker_and_closes_it_when_it_is_back(desk: Desk) -> None:
    url = desk.account.base_url
    silent(desk)
    for _ in range(POLICY.errors_in_a_row):
        tasks.poll_balances(desk.account.pk)
    assert Breaker.objects.get().state == "OPEN"
    moved(desk, base_url=url)
    Breaker.objects.update(opened_at=timezone.now() - POLICY.wait)
    for _ in range(POLICY.trials):
        tasks.poll_balances(desk.account.pk)
    assert Breaker.objects.get().state == "CLOSED"


def test_refused_keys_are_not_the_venues_trouble(desk: Desk) -> None:
    keyless(desk)
    tasks.poll_balances(desk.account.pk)
    assert not Breaker.objects.exists()


def test_a_sweep_that_somebody_else_does_is_left_to_him(desk: Desk) -> None:
    leases.claim(f"reconcile:{desk.account.pk}", holder="another", now=timezone.now(), span=LEASE_SPAN)
    ExchangeAccount.objects.update(reconciled_at=None)
    tasks.reconcile_books(desk.account.pk)
    assert ExchangeAccount.objects.get().reconciled_at is None


@pytest.mark.parametrize(
    ("holder", "swept"),
    [
        ("{host}:{dead}", True),
        ("{host}:1", False),
        ("elsewhere:{dead}", False),  # of another machine's processes nobody knows
        ("{host}", False),
    ],
)
def test_what_a_dead_process_held_is_free_at_once(desk: Desk, holder: str, swept: bool) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    name = holder.format(host=socket.gethostname(), dead=ended.pid)
    leases.claim(f"reconcile:{desk.account.pk}", holder=name, now=timezone.now(), span=LEASE_SPAN)
    ExchangeAccount.objects.update(reconciled_at=None)
    tasks.reconcile_books(desk.account.pk)
    assert (ExchangeAccount.objects.get().reconciled_at is not None) is swept


def test_a_sweeps_lease_is_given_back(desk: Desk) -> None:
    tasks.reconcile_books(desk.account.pk)
    name = f"reconcile:{desk.account.pk}"
    assert leases.claim(name, holder="another", now=timezone.now(), span=LEASE_SPAN)


def test_an_account_that_is_held_too_long_is_left_to_the_next_bell(desk: Desk) -> None:
    alert = desk.alert(**BUY)

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        tasks.process_inbox(desk.account.pk)

    with transaction.atomic():
        locks.account(desk.account.pk)
        elsewhere(run)
    alert.refresh_from_db()
    assert alert.outcome == ""
    tasks.process_inbox(desk.account.pk)
    alert.refresh_from_db()
    assert alert.outcome == "ENTERED"


@pytest.mark.parametrize(("others", "state", "bells_left"), [(0, "OPEN", 0), (1, "NEW", 2)])
def test_entries_are_sent_at_once_where_nobody_else_waits(desk: Desk, others: int, state: str, bells_left: int) -> None:
    with Redis.from_url(SERVERS.redis_url) as broker:
        broker.flushdb()
        desk.alert(**BUY)
        for account in range(others):
            bells.ring("process_inbox", 1000 + account)
        tasks.process_inbox(desk.account.pk)
        assert set(Order.objects.values_list("state", flat=True)) == {state}
        assert broker.llen("entries") == bells_left
        broker.flushdb()


def test_beats_tick_rings_for_every_account(desk: Desk) -> None:
    ExchangeAccount.objects.create(user=desk.account.user, name="second")
    with Redis.from_url(SERVERS.redis_url) as broker:
        broker.flushdb()
        tasks.ring_accounts("poll_prices")
        assert broker.llen("market") == 2
        broker.flushdb()


def test_the_canary_answers(desk: Desk) -> None:
    Canary.objects.create(pk=1)
    tasks.answer_canary()
    assert Canary.objects.get().answered_at is not None


@pytest.mark.parametrize("task", [tasks.sweep_exits, tasks.sweep_lost, tasks.sweep_queue, tasks.refit_volatility])
def test_a_sweep_of_our_own_books_needs_no_keys(desk: Desk, task: Any) -> None:
    """Keys that do not open keep us from the venue, not from our exits, alarms and queue."""
    ExchangeAccount.objects.update(sealed_credentials=b"\x01torn", updated_at=timezone.now())
    task(desk.account.pk)
    assert ExchangeAccount.objects.get().health == ""
