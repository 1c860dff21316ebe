"""One engine an account: the lease tells engines on one database apart, marks in client order ids those on others."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import transaction

from project import failpoints
from project.accounts.models import ExchangeAccount, Installation, Rival
from project.journal import leases
from project.journal.models import JournalEntry, Lease
from project.journal.record import record
from project.reads import Read
from project.settings.environment import secret_file
from trading import locks
from trading.domain import instance
from trading.domain.client_id import mark
from trading.domain.instance import SeenOrder, Standing

log = logging.getLogger(__name__)

SECOND_ENGINE = "SECOND_ENGINE"
PHRASE = "this engine trades it"
SPAN = timedelta(seconds=60)
# An engine that has not renewed its lease for so long is gone; another may take over.
RENEW_AFTER = timedelta(seconds=5)
# A process asks the row at most so often: twelve times within the lease.
MACHINE = Path("/etc/machine-id")
BOOT = Path("/proc/sys/kernel/random/boot_id")
# Elsewhere than on Linux there are none; the token and the folder's place must do.

_held: dict[int, tuple[datetime, bool]] = {}


@dataclass(frozen=True, slots=True)
class Another:
    """The engine that holds an account's lease."""

    holder: str
    until: datetime


class NotSettled(Exception):
    """Why the words of a person change nothing."""


# one database ------------------------------------------------------------------------------------


@cache
def engine_name() -> str:
    """This engine: a token in its data folder, the folder's place and the machine, so that a copied folder is another."""
    home = settings.WINDLASS.home
    told = f"{secret_file(home / 'engine-token')}:{home}:{_first_line(MACHINE)}"
    return sha256(told.encode()).hexdigest()[:16]


@cache
def sender() -> str:
    """Who makes a client order id: this engine since the machine's start, for a cloned disk has the same machine id."""
    return f"{engine_name()}:{_first_line(BOOT)}"


def _first_line(path: Path) -> str:
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def forget() -> None:
    """Begin anew: between tests, and after a fork."""
    _held.clear()


def holds(account_id: int, *, now: datetime) -> bool:
    """Whether this engine may enter on the account: it has the lease, or gets it. Asked of the row every 5 s.

    Who takes over from another engine must reconcile first.
    """
    kept = _held.get(account_id)
    if kept is None or not timedelta() <= now - kept[0] < RENEW_AFTER:
        kept = _held[account_id] = (now, _claim(account_id, now, news=kept is None or kept[1]))
    return kept[1]


def _claim(account_id: int, now: datetime, *, news: bool) -> bool:
    """Take or renew the lease. A takeover and what it undoes are one commit: dying between them would leave the other
    engine's reconcile standing for ours.
    """
    name, me = lease_name(account_id), engine_name()
    with failpoints.span("engine.lease"), transaction.atomic():
        locks.account(account_id)
        before = Lease.objects.filter(name=name).values_list("holder", flat=True).first()
        fence = leases.claim(name, holder=me, now=now, span=SPAN)
        if fence is None:
            if news:
                _turned_away(account_id, holder=before or "", now=now)
            return False
        if before in (None, me):  # where it has ever changed hands, the books are looked at first
            return fence == 1 or not ExchangeAccount.objects.filter(pk=account_id, reconciled_at=None).exists()
        _take_over(account_id, before=before or "")
    return False  # from the next reconcile on


def _take_over(account_id: int, *, before: str) -> None:
    ExchangeAccount.objects.filter(pk=account_id).update(reconciled_at=None)
    payload = {"from": before, "to": engine_name()}
    record("engine.took_over", subject=f"account:{account_id}", payload=payload, account_id=account_id)


def _turned_away(account_id: int, *, holder: str, now: datetime) -> None:
    """Another engine of this database has the lease: written down once, whichever process is the first to notice."""
    log.warning("account %s is traded by another engine: no entries from here", account_id)
    told = {"kind": "engine.turned_away", "subject": f"account:{account_id}"}
    lately = JournalEntry.objects.filter(**told, at__gt=now - instance.ABSENT_AFTER)
    if not lately.filter(payload__engine=engine_name()).exists():
        payload = {"engine": engine_name(), "holder": holder}
        record(told["kind"], subject=told["subject"], payload=payload, account_id=account_id)


def lease_name(account_id: int) -> str:
    """Under which an account's engine is written down."""
    return f"engine:{account_id}"


LEASED = Read(lambda name: Lease.objects.filter(name=name))


def another(account_id: int, *, now: datetime) -> Another | None:
    """The other engine of this database that trades the account; None where it is us, or nobody."""
    row = next((row for row in LEASED(name=lease_name(account_id)) if row.expires_at > now), None)
    return None if row is None or row.holder == engine_name() else Another(row.holder, row.expires_at)


def turned_away(account_id: int, *, now: datetime) -> tuple[str, str]:
    """The account's health as only this engine sees it, with its words: the row is the database's, so both share it."""
    other = another(account_id, now=now)
    return ("", "") if other is None else (SECOND_ENGINE, lease_words(other))


def lease_words(other: Another) -> str:
    """Who has the account's lease, and until when."""
    return f"Engine {other.holder} of this database has the lease until {other.until:%H:%M:%S} UTC"


def release(account_id: int, *, now: datetime) -> None:
    """Give the account up, so that another engine need not wait."""
    leases.release(lease_name(account_id), holder=engine_name(), now=now)
    _held.pop(account_id, None)


# other databases ---------------------------------------------------------------------------------


def look(account: ExchangeAccount, orders: Sequence[SeenOrder], *, now: datetime) -> None:
    """Write down whose orders rest on the account. Who was first is decided once: orders come and go."""
    found, own_mark = instance.seen(orders), _own_mark()
    ours = sum(order.ours for order in orders)
    for name, (count, first) in found.by_mark.items():
        stands = instance.standing(own_mark=own_mark, mark=name, ours=ours, ours_first=found.ours_first, theirs=first)
        _see(account, name, count, first, stands, now)


def _see(
    account: ExchangeAccount, name: str, count: int, first: datetime | None, stands: Standing, now: datetime
) -> None:
    with transaction.atomic():
        locks.account(account.pk)
        row = Rival.objects.filter(account=account, mark=name).first()
        if row is not None and now - row.last_seen_at < instance.ABSENT_AFTER:
            Rival.objects.filter(pk=row.pk).update(last_seen_at=now, orders=count)
            return
        found = {"standing": stands, "orders": count, "first_order_at": first, "seen_at": now, "last_seen_at": now}
        found |= {"settled_at": None, "settled_by": ""}  # it was gone: what a person said was of another time
        Rival.objects.update_or_create(account=account, mark=name, defaults=found)
        words = _words(name, count, stands)
        payload = {"mark": name, "standing": stands, "orders": count, "first_order_at": first, "words": words}
        record("engine.rival", subject=f"account:{account.pk}", payload=payload, account_id=account.pk)
    log.error("account %s: %s", account.pk, words)


def obstacle(account_id: int, *, now: datetime) -> str:
    """Why another engine keeps our entries away, in words; empty where none does."""
    return "; ".join(_words(r.mark, r.orders, Standing(r.standing)) for r in _standing_in_the_way(account_id, now))


def settle(account_id: int, *, phrase: str, operator: str, now: datetime) -> int:
    """A person decides that this engine trades the account: how many others that outweighs. Raises NotSettled."""
    if phrase.strip() != PHRASE:
        raise NotSettled(f"Stop the other engine first, then type exactly: {PHRASE}")
    with transaction.atomic():
        locks.account(account_id)
        rows = _standing_in_the_way(account_id, now)
        if not rows:
            raise NotSettled("No other engine stands in the way of this account.")
        Rival.objects.filter(pk__in=[row.pk for row in rows]).update(settled_at=now, settled_by=operator[:60])
        payload = {"operator": operator, "marks": [row.mark for row in rows], "typed": PHRASE}
        record("engine.settled", subject=f"account:{account_id}", payload=payload, account_id=account_id)
    return len(rows)


def _standing_in_the_way(account_id: int, now: datetime) -> list[Rival]:
    rows = Rival.objects.filter(account_id=account_id)
    return [row for row in rows if _stops(row, now)]


def _stops(row: Rival, now: datetime) -> bool:
    settled = row.settled_at is not None
    return instance.stops(Standing(row.standing), settled=settled, last_seen=row.last_seen_at, now=now)


def _words(name: str, count: int, stands: Standing) -> str:
    return instance.words(mark=name, own=name == _own_mark(), orders=count, standing=stands)


def _own_mark() -> str:
    return mark(Installation.objects.values_list("name", flat=True).get(id=1))
