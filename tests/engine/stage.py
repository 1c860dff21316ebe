"""The stage of the engine's heavy tests: fresh desks without a fixture, restarts, settling, and the final reckoning."""

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta

from django.apps import apps
from django.db import connection
from django.utils import timezone

from project.accounts import mode
from project.accounts.models import ExchangeAccount
from project.journal import sealer
from project.journal.models import JournalEntry
from signals.market import instruments
from tests.support import oracle, oracle_futures
from tests.support.factories import Desk, make_desk
from tests.support.levers import clear_books, time_passes
from tests.support.paper import PaperExchange
from trading.services import connect, exits_sweep, queue, reconcile
from trading.services.invariants import CHECKS, check_all

ROUNDS = int(os.environ.get("WINDLASS_ROUNDS", "3"))
# Of every race, and (in part) examples of the model: a campaign asks for 300.
OURS = ("accounts", "journal", "risk", "signals", "trading")
ANY_TIME = ("I4", "I5", "I9")
# I2, I8 and I11 hold at any time too: the oracle asks the ledger, so that a planned fault waits for the engine.
LATER = timedelta(minutes=11)
# After every wait that follows a failure.
ACCOUNTS_KEPT = 30
# On one exchange.
ENOUGH = 30
# Passes after which the dust must have settled.
LEDGERS = {"binance": oracle.differences, "binanceusdm": oracle_futures.differences}


def fresh_desk(paper: PaperExchange, *, venue: str = "binance") -> Desk:
    """Empty tables, empty books, a new process, one new account."""
    truncate()
    renew(paper) if len(paper._keys) > ACCOUNTS_KEPT else clear_books(paper)
    return make_desk(paper, venue=venue)


def desks(paper: PaperExchange, rounds: int = ROUNDS) -> Iterator[Desk]:
    """A fresh desk for every round."""
    return (fresh_desk(paper) for _ in range(rounds))


def truncate() -> None:
    """Forget every row of ours; ids begin at 1 again."""
    tables = [model._meta.db_table for label in OURS for model in apps.get_app_config(label).get_models()]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")


def renew(paper: PaperExchange) -> None:
    """An exchange that has never seen anybody: its ledger is read whole, so it must not grow for ever."""
    paper.stop()
    shutil.rmtree(paper.data)
    paper._keys.clear()
    paper.start()


def change_mode(to: str) -> None:
    """Change the mode, and let every process notice at once."""
    if mode.current().mode == mode.Mode.EMERGENCY != to:  # left in two steps
        mode.request_leave(operator="test", reason="a test", now=timezone.now())
        mode.leave(operator="test", phrase=mode.LEAVE_PHRASE, two_people=False, now=timezone.now())
    mode.change(to, operator="test", reason="a test")
    connect.forget()


# time and restarts -------------------------------------------------------------------------------


def restart(desk: Desk) -> None:
    """Everything in memory is gone and every owner dead; the start asks for a reconcile, as `make up` does."""
    connect.forget()
    instruments.forget()
    ExchangeAccount.objects.update(reconciled_at=None)
    desk.account.refresh_from_db()
    time_passes()


def reconciled(desk: Desk) -> None:
    reconcile.reconcile(desk.account.pk, gateway=desk.gateway, clock=timezone.now, timing=connect.timing())


def pass_over(desk: Desk) -> None:
    """Everything that bells, pump and beat would do, once."""
    time_passes()
    desk.decide()
    desk.submit()
    reconciled(desk)
    exits_sweep.sweep(desk.account.pk, now=timezone.now() + LATER)
    desk.settle()
    queue.sweep(desk.account.pk, now=timezone.now())


def settle(desk: Desk) -> None:
    """Let the dust settle: until a whole pass writes nothing into the journal."""
    for _ in range(ENOUGH):
        before = JournalEntry.objects.count()
        pass_over(desk)
        if JournalEntry.objects.count() == before:
            return
    last = list(JournalEntry.objects.order_by("-id").values_list("kind", "subject", "payload")[:12])
    raise AssertionError(f"the dust does not settle: {last}")


# the reckoning -----------------------------------------------------------------------------------


def wrong_now(desk: Desk) -> list[str]:
    """What must hold at any moment and does not."""
    found = [f"{name}: {words}" for name in ANY_TIME for words in CHECKS[name](timezone.now()).violations]
    return found + oracle.contradictions(desk)


def wrong_in_the_end(desk: Desk) -> list[str]:
    """Every invariant, and the ledger's own word, once the dust has settled."""
    while sealer.seal_batch(holder="test", now=timezone.now()):
        pass
    results = check_all(clock=timezone.now, settle_secs=0)
    found = [f"{name}: {words}" for name, result in results.items() for words in result.violations]
    return found + LEDGERS[desk.account.venue](desk)


def reckoned(desk: Desk) -> None:
    """Settle, and all must hold."""
    settle(desk)
    assert wrong_in_the_end(desk) == []
