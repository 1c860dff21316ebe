"""Pre-flights and test orders as rows: asked for on a page, made by a process of their own, kept line by line as they go.

A row is the mail, the bell only says that it is there; what a worker left half-done is ended by the next one.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from project.accounts import mode
from project.accounts.models import Checkup, ExchangeAccount
from project.accounts.vault import VaultError
from project.journal import leases
from project.journal.record import record
from signals.market import venues
from trading import bells, locks
from trading.domain import preflight
from trading.domain.preflight import Finding, Level
from trading.errors import KeysRefused, WindlassError
from trading.services import connect, reconcile, test_order
from trading.services.preflight_checks import CHECKS, Check, Patient

if TYPE_CHECKING:
    from django.db.models import QuerySet

log = logging.getLogger(__name__)

Kind = Checkup.Kind
Clock = Callable[[], datetime]
BELL = "make_checkups"
GIVEN_UP = timedelta(minutes=3)
# The slowest venue answers a dozen questions in less; what takes longer has lost its worker.
READING = timedelta(seconds=20)
# As long as the sweep's own lease.
KEPT = 20
# Check-ups per account and kind; older ones go.
CUT_SHORT = Finding("cut short", "All of it", "the worker ended before it was done", "", Level.UNKNOWN, "Run it again.")
BROKEN = Finding(
    "broken off", "All of it", "it failed on our side", "", Level.BAD, "Look at the page Logs, then run it again."
)
RINGS = {Kind.PREFLIGHT: "account.preflight", Kind.TEST_ORDER: "account.test_order"}


# asking ------------------------------------------------------------------------------------------


def ask(account_id: int, kind: str, *, operator: str, now: datetime) -> Checkup:
    """Ask for a check-up, and ring for it; one that waits or runs already is the answer. Raises ValueError for another kind."""
    kind = Kind(kind)
    with transaction.atomic():
        account = locks.account(account_id)
        _give_up(account, now=now)
        found = Checkup.objects.filter(account=account, kind=kind, finished_at=None).first()
        found = found or _new(account, kind, operator, now)
        transaction.on_commit(lambda: bells.ring(BELL, account_id))
        return found


def _new(account: ExchangeAccount, kind: str, operator: str, now: datetime) -> Checkup:
    old = Checkup.objects.filter(account=account, kind=kind).order_by("-id").values_list("pk", flat=True)[KEPT - 1 :]
    Checkup.objects.filter(pk__in=list(old)).delete()
    return Checkup.objects.create(
        account=account,
        kind=kind,
        identity=account.identity,
        asked_by=operator,
        asked_at=now,
        planned=_planned(account),
    )


def _planned(account: ExchangeAccount) -> int:
    """At least so many lines there will be."""
    return len(checks_for(account))


def checks_for(account: ExchangeAccount) -> Sequence[Check]:
    """The checks that make sense at the account's venue."""
    venue = venues.capability(account.venue)
    return [check for check in CHECKS if not check.futures or (venue is not None and venue.derivative)]


def latest(account: ExchangeAccount) -> dict[str, Checkup]:
    """The last check-up of each kind, running or ended, in one question."""
    rows = Checkup.objects.filter(account=account).order_by("kind", "-id").distinct("kind")
    return {row.kind: row for row in rows}


# making ------------------------------------------------------------------------------------------


def make_all(*, clock: Clock = timezone.now) -> int:
    """Make every check-up that waits, account after account; how many."""
    done = 0
    while account := ExchangeAccount.objects.filter(checkups__in=_due(clock())).order_by("checkups__id").first():
        done += make(account, clock=clock)
    return done


def waits(*, now: datetime) -> bool:
    """Whether there is a check-up to make, or to give up."""
    return _due(now).exists()


def _due(now: datetime) -> "QuerySet[Checkup]":
    return Checkup.objects.filter(Q(started_at=None) | Q(started_at__lt=now - GIVEN_UP), finished_at=None)


def make(account: ExchangeAccount, *, clock: Clock = timezone.now) -> int:
    """Make every check-up that waits for this account; how many. Never inside a transaction: it takes seconds."""
    done = 0
    while row := _claim(account.pk, now=clock()):
        _work(row, account, clock)
        done += 1
    return done


def _read_first(account: ExchangeAccount, clock: Clock) -> None:
    """A new account, or one with new keys, is read before it is judged; what keeps that from working, the lines say.

    Not in an emergency: what the kill switch sold is booked first, by the sweep.
    """
    if account.reconciled_at is not None or mode.current().mode == mode.Mode.EMERGENCY:
        return
    lease, holder = f"reconcile:{account.pk}", bells.process_name()
    if leases.claim(lease, holder=holder, now=clock(), span=READING) is None:
        return
    try:
        reconcile.reconcile(account.pk, gateway=connect.gateway(account), clock=clock, timing=connect.timing())
    except (VaultError, WindlassError) as error:
        log.info("account %s could not be read before its pre-flight: %s", account.pk, error)
    finally:
        leases.release(lease, holder=holder, now=clock())


def _claim(account_id: int, *, now: datetime) -> Checkup | None:
    """The oldest that nobody works on, as ours."""
    with transaction.atomic():
        account = locks.account(account_id)
        _give_up(account, now=now)
        row = Checkup.objects.filter(account=account, started_at=None, finished_at=None).order_by("id").first()
        if row is not None:
            row.started_at = now
            row.save(update_fields=["started_at"])
        return row


def _give_up(account: ExchangeAccount, *, now: datetime) -> None:
    """End what was begun long ago and never ended."""
    for row in Checkup.objects.filter(account=account, finished_at=None, started_at__lt=now - GIVEN_UP):
        _end(row, [*row.lines, CUT_SHORT.told()], green=False, now=now)


def _work(row: Checkup, account: ExchangeAccount, clock: Clock) -> None:
    """Line by line, each kept as it comes; whatever happens, the row is ended."""
    findings: list[Finding] = []
    last = [BROKEN]
    try:
        _read_first(account, clock)
        for finding in STEPS[row.kind](ExchangeAccount.objects.get(pk=account.pk), clock):
            findings.append(finding)
            row.lines = [one.told() for one in findings]
            row.save(update_fields=["lines"])
        last = []
    finally:
        _judge(row, findings + last, now=clock())


def _judge(row: Checkup, findings: Sequence[Finding], *, now: datetime) -> None:
    """Ended, and green if every line is and the account is what it was."""
    same = row.identity == ExchangeAccount.objects.get(pk=row.account_id).identity
    planned = row.planned if row.kind == Kind.PREFLIGHT else 1
    with transaction.atomic():
        lines = [one.told() for one in findings]
        _end(row, lines, green=same and preflight.all_green(findings, planned=planned), now=now)


def _end(row: Checkup, lines: list[dict[str, str]], *, green: bool, now: datetime) -> None:
    row.lines, row.green, row.finished_at = lines, green, now
    row.save(update_fields=["lines", "green", "finished_at"])
    wrong = [line["name"] for line in lines if line["level"] not in (Level.OK, Level.NOTE)]
    payload = {"operator": row.asked_by, "green": green, "wrong": wrong}
    record(RINGS[Kind(row.kind)], subject=f"account:{row.account_id}", payload=payload, account_id=row.account_id)


# the pre-flight ----------------------------------------------------------------------------------


def examined(account: ExchangeAccount, clock: Clock) -> Iterator[Finding]:
    """Every check's findings in their order; where the venue cannot be asked at all, the one that says why."""
    try:
        patient = Patient(account, connect.examiner(account), clock)
    except (VaultError, WindlassError) as error:
        yield Finding("connection", "The venue", error.code, "answers", Level.BAD, f"{error}.")
        return
    if not account.sealed_credentials:
        yield Finding("keys", "The keys", "none are set", "set", Level.BAD, "Enter API key and secret.")
        return
    for check in checks_for(account):
        yield from _asked(check, patient)


def _asked(check: Check, patient: Patient) -> Sequence[Finding]:
    """A check's findings; a question that failed is unknown, refused keys are bad."""
    try:
        return check.ask(patient)
    except KeysRefused as error:
        return [Finding(check.name, "The venue", "refused the keys", "accepted", Level.BAD, f"{error}.")]
    except WindlassError as error:
        return [Finding(check.name, "The venue", error.code, "an answer", Level.UNKNOWN, f"{error}.")]


STEPS: Mapping[str, Callable[[ExchangeAccount, Clock], Iterator[Finding]]] = {
    Kind.PREFLIGHT: examined,
    Kind.TEST_ORDER: test_order.steps,
}
# Another kind is one line here and one in RINGS; what is in neither is refused as it is asked for.
