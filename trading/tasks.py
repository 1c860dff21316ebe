"""The tasks: each hears a bell, reads the clock, calls one service. Each is safe to run twice and safe to lose.

What a bell is about is in the rows; a task that finds no work does nothing.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from logging import INFO, WARNING

from celery import Task, shared_task
from django.db import OperationalError
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from project.accounts.models import ExchangeAccount
from project.accounts.vault import VaultError
from trading import bells
from trading.errors import LiveNotAllowed, NotReached, Postponed, UnsafeEndpoint, UnsupportedVenue
from trading.gateways.base import Gateway
from trading.models import Canary
from trading.services import (
    aftermath,
    approvals,
    cancel,
    candles,
    chart_feed,
    connect,
    dead_man,
    decide,
    exits_sweep,
    fills,
    fits,
    kill_import,
    lookups,
    lost,
    maintenance,
    market,
    offset,
    pnl,
    preflight,
    queue,
    reconcile,
    sealing,
    shadow,
    submit,
    watch,
    work_down,
)
from trading.services.alone import alone
from trading.services.errand import Errand

log = logging.getLogger(__name__)

CANARY = "answer_canary"
ENTRIES = "entries"
# The queue of the workers that decide and send entries.
RECENT = market.Recent(prices=timedelta(seconds=1), markets=timedelta(seconds=50), books=timedelta(seconds=50))
# Prices are due every 2 s, markets and order books every minute, for each of a venue's accounts: one asks for all.
CHECKUPS, FITS = Errand(preflight.BELL), Errand(fits.BELL)

AccountTask = Callable[[ExchangeAccount], object]


def account_task(function: AccountTask) -> Callable[[int], None]:
    """A task about one account: clears its bell, and turns a venue that can't be asked into a state of the account.

    An account that somebody else holds for too long, and a database that is away, are left to the next bell.
    """

    @shared_task(name=f"trading.{function.__name__}", bind=True)
    @wraps(function)
    def run(self: "Task[..., None]", account_id: int) -> None:
        if not bells.heard(function.__name__, account_id, number=getattr(self.request, "rung", None)):
            return
        try:
            account = ExchangeAccount.objects.select_related("user").get(pk=account_id)
            function(account)
        except Postponed as error:
            log.info("%s: account %s: %s", function.__name__, account_id, error)
        except NotReached as error:
            found = maintenance.diagnosed(account, error)
            reconcile.mark_unhealthy(account_id, code=found.code, detail=str(found))
        except (LiveNotAllowed, UnsafeEndpoint, UnsupportedVenue, VaultError) as error:
            reconcile.mark_unhealthy(account_id, code=error.code, detail=str(error))
        except OperationalError as error:
            busy = isinstance(error.__cause__, LockNotAvailable)
            why = "is busy" if busy else f"cannot be read: {error}"
            log.log(INFO if busy else WARNING, "%s: account %s %s", function.__name__, account_id, why)

    return run


def _only_one(name: str, account: ExchangeAccount, work: Callable[[Gateway], object]) -> None:
    """Do a sweep's work at the venue under its lease; keys that do not open end it here."""
    _alone(name, account, lambda: work(connect.gateway(account)))


def _alone(name: str, account: ExchangeAccount, work: Callable[[], object]) -> None:
    """Do a sweep's work under its lease; a second sweeper finds it taken and leaves. It needs no keys."""
    alone(f"{name}:{account.pk}", work)


@shared_task(name="trading.ring_accounts")
def ring_accounts(task: str) -> None:
    """Beat's tick: ring `task` for every account; while the database is away there is nothing to ring for."""
    try:
        ids = list(ExchangeAccount.objects.order_by("id").values_list("id", flat=True))
    except OperationalError as error:
        log.warning("no bell for %s: the database cannot be read: %s", task, error)
        return
    for account_id in ids:
        bells.ring(task, account_id)


@account_task
def process_inbox(account: ExchangeAccount) -> None:
    """Decide the account's alerts; where nobody waits for us, what they enter is sent at once, without another bell."""
    bell = ("submit_entries", account.pk)
    with bells.held() as rung:
        decide.process_inbox(account.pk, gateway=lambda: connect.gateway(account), clock=timezone.now)
        at_once = bell in rung and bells.nobody_waits(ENTRIES, *bell)
        rung -= {bell} if at_once else set()
    if at_once:
        _submit(account, opening=True)


@account_task
def submit_entries(account: ExchangeAccount) -> None:
    """Send entries until none is NEW."""
    _submit(account, opening=True)


@account_task
def submit_exits(account: ExchangeAccount) -> None:
    """Send exits until none is NEW, cancel what is to go, then send what that made room for.

    What is NEW waits for no cancel, and a venue that hangs over cancels must not keep other groups' exits for minutes.
    """
    _submit(account, opening=False)
    cancel.cancel(cancel.claim_cancels(account.pk), gateway=connect.gateway(account), clock=timezone.now)
    _submit(account, opening=False)


def _submit(account: ExchangeAccount, *, opening: bool) -> None:
    gateway, timing = connect.gateway(account), connect.timing()
    submit.submit_all(account.pk, opening=opening, gateway=gateway, clock=timezone.now, timing=timing)


@account_task
def poll_fills(account: ExchangeAccount) -> None:
    """Ask what became of the orders on the book."""
    if fills.collect(account.pk, gateway=connect.gateway(account), clock=timezone.now):
        aftermath.look(account.pk, now=timezone.now())


@account_task
def look_up(account: ExchangeAccount) -> None:
    """Ask what became of orders whose outcome is unknown."""
    lookups.look_up(account.pk, gateway=connect.gateway(account), clock=timezone.now, timing=connect.timing())


@account_task
def poll_prices(account: ExchangeAccount) -> None:
    """Refresh the prices of watched pairs, then fire what they reach."""
    market.refresh_prices(account, gateway=connect.gateway(account), clock=timezone.now, recent=RECENT.prices)
    watch.look(account.pk, now=timezone.now())


@account_task
def poll_balances(account: ExchangeAccount) -> None:
    """Refresh balances."""
    market.refresh_balances(account, gateway=connect.gateway(account), clock=timezone.now)


@account_task
def note_pnl(account: ExchangeAccount) -> None:
    """Write the account's profit of this minute."""
    pnl.note_minute(account, now=timezone.now())


@account_task
def refresh_instruments(account: ExchangeAccount) -> None:
    """Refresh the venue's markets and their rules."""
    market.refresh_instruments(account, gateway=connect.gateway(account), clock=timezone.now, recent=RECENT.markets)


@account_task
def refit_volatility(account: ExchangeAccount) -> None:
    """See to it that volatility and correlations are fitted anew where they are due: by a process of its own."""
    if candles.fits_due(account, now=timezone.now()):
        FITS.start()


@account_task
def sweep_candles(account: ExchangeAccount) -> None:
    """Fetch the candles that are missing of traded pairs, and follow their volatility."""
    _only_one(
        "candles",
        account,
        lambda gateway: candles.sweep(account, gateway=gateway, clock=timezone.now, recent=RECENT.books),
    )


@account_task
def feed_chart(account: ExchangeAccount) -> None:
    """Ask the venue for what somebody's chart shows now."""
    chart_feed.answer(account, gateway=lambda: connect.gateway(account), clock=timezone.now)


@account_task
def make_checkups(account: ExchangeAccount) -> None:
    """See to it that the pre-flights and test orders are made that somebody asked for: by a process of their own."""
    if preflight.waits(now=timezone.now()):
        CHECKUPS.start()


@account_task
def sweep_exits(account: ExchangeAccount) -> None:
    """Look at every open group once more: what events missed is caught here."""
    _alone("exits", account, lambda: exits_sweep.sweep(account.pk, now=timezone.now()))


@account_task
def sweep_offset(account: ExchangeAccount) -> None:
    """Go on with the offset that is under way, or look for a losing group that winners can pay for."""
    _only_one("offset", account, lambda gateway: offset.sweep(account.pk, gateway=gateway, clock=timezone.now))


@account_task
def sweep_lost(account: ExchangeAccount) -> None:
    """Look for alerts that were promised and did not come."""
    _alone("lost", account, lambda: lost.sweep(account.pk, now=timezone.now()))


@account_task
def sweep_shadow(account: ExchangeAccount) -> None:
    """Decide alerts of shadowed sources on paper, and follow what is open there."""
    if shadow.busy(account.pk, now=timezone.now()):
        _only_one(
            "shadow", account, lambda gateway: shadow.sweep(account.pk, gateway=lambda: gateway, clock=timezone.now)
        )


@account_task
def sweep_queue(account: ExchangeAccount) -> None:
    """Expire what waited too long, then promote what can go in."""
    _alone("queue", account, lambda: queue.sweep(account.pk, now=timezone.now()))


@account_task
def reconcile_books(account: ExchangeAccount) -> None:
    """Make our books agree with the venue's; after an emergency, with what the kill switch sold first."""
    _only_one("reconcile", account, lambda gateway: _reconcile(account, gateway))


def _reconcile(account: ExchangeAccount, gateway: Gateway) -> None:
    kill_import.book_sales(account, gateway=gateway, clock=timezone.now)
    reconcile.reconcile(account.pk, gateway=gateway, clock=timezone.now, timing=connect.timing(), recent=RECENT)


@account_task
def renew_dead_man(account: ExchangeAccount) -> None:
    """Tell the venue that we live, where its own switch is set."""
    dead_man.renew(account, gateway=connect.gateway(account), now=timezone.now())


@account_task
def work_down_positions(account: ExchangeAccount) -> None:
    """In REDUCED, take the step that is due."""
    work_down.work_down(account.pk, now=timezone.now())


@shared_task(name="trading.apply_pending_changes")
def apply_pending_changes() -> None:
    """Make settings hold that were asked for a day ago under the seal; end requests nobody approved. Safe to run twice."""
    try:
        sealing.apply_due(now=timezone.now())
        approvals.expire(now=timezone.now())
    except OperationalError as error:
        log.warning("waiting changes wait on: the database cannot be read: %s", error)


@shared_task(name="trading.answer_canary")
def answer_canary() -> None:
    """Prove that a bell was heard: broker, worker and database all work."""
    bells.heard(CANARY)
    Canary.objects.filter(pk=1).update(answered_at=timezone.now())
