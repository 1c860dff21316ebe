"""From the journal to what waits to be told: sealed entries in their order, each once per channel."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from dashboard.notices import daily
from dashboard.notices.about import Names, names_of
from dashboard.notices.domain.classes import NOT_FOR_PEOPLE, Klass, Way, class_of, ways
from dashboard.notices.domain.tell import spoken
from dashboard.notices.models import Channel, Notice, Place
from dashboard.roles import Scope, scopes_of
from project.accounts.models import User
from trading.services import sealing

BATCH = 500  # entries
MOST_BATCHES = 20
# Of one look, so that a backlog does not keep the worker: the next look goes on.
KEPT_FOR = timedelta(days=14)
SWEPT_EVERY = timedelta(hours=1)

LAST_SEAL = "SELECT last_xid, last_entry_id FROM journal_seal ORDER BY first_number DESC LIMIT 1"
READ = """
SELECT xid, id, account_id, kind, subject, payload::text, at FROM journal_journalentry
WHERE (xid, id) > (%s, %s) AND (xid, id) <= (%s, %s) AND kind <> ALL(%s) ORDER BY xid, id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry that is of a class; id names it in the dedupe key."""

    id: int
    klass: Klass
    account_id: int | None
    kind: str
    subject: str
    payload: dict[str, Any]
    at: datetime


def listening() -> list[Channel]:
    """The channels that are on, of people who may still log in."""
    return list(Channel.objects.filter(enabled=True, user__is_active=True).select_related("user").order_by("id"))


def collect(*, now: datetime) -> None:
    """Read on from where the last look ended. One reader at a time; a second one leaves."""
    channels = listening()
    if not channels:
        return
    for _ in range(MOST_BATCHES):
        if not _collect_batch(channels, now=now):
            break
    daily.note(channels, now=now)


def skip_to_now() -> None:
    """Begin at the end of the journal: for the first channel after a time without any."""
    xid, entry_id = _last_seal()
    Place.objects.update_or_create(pk=1, defaults={"last_xid": xid, "last_entry_id": entry_id})


def _collect_batch(channels: Sequence[Channel], *, now: datetime) -> bool:
    """One batch; True while there may be more."""
    with transaction.atomic():
        Place.objects.get_or_create(pk=1)
        place = Place.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=1).first()
        if place is None:
            return False
        end = _last_seal()
        rows = _read((place.last_xid, place.last_entry_id), end)
        _write(channels, rows)
        full = len(rows) == BATCH
        place.last_xid, place.last_entry_id = (rows[-1][0], rows[-1][1]) if full else end
        _sweep(place, now)
        place.save()
    return full


def _last_seal() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(LAST_SEAL)
        return cursor.fetchone() or (-1, -1)


def _read(begin: tuple[int, int], end: tuple[int, int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(READ, [*begin, *end, list(NOT_FOR_PEOPLE), BATCH])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _sweep(place: Place, now: datetime) -> None:
    """Remove what is long told."""
    if place.swept_at is None or now - place.swept_at > SWEPT_EVERY:
        Notice.objects.filter(made_at__lt=now - KEPT_FOR).delete()
        place.swept_at = now


def _write(channels: Sequence[Channel], rows: Sequence[tuple[Any, ...]]) -> None:
    entries = list(_classed(rows))
    if not entries:
        return
    names, hidden = names_of(entries), sealing.hides()
    told = [entry for entry in entries if not (hidden and entry.klass is Klass.FILLS)]
    notices = [
        _notice(channel, entry, names) for channel in channels for entry in told if _hears(channel, entry, names)
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)


def _classed(rows: Sequence[tuple[Any, ...]]) -> Iterator[Entry]:
    for _, entry_id, account_id, kind, subject, text, at in rows:
        payload = json.loads(text)
        if (klass := class_of(kind, payload)) is not None:
            yield Entry(entry_id, klass, account_id, kind, subject, payload, at)


def _hears(channel: Channel, entry: Entry, names: Names) -> bool:
    """Whether a channel is told of an entry: its class is on, it is new to it, and its person's business."""
    if entry.at < channel.since or ways(channel.ways)[entry.klass] is Way.OFF:
        return False
    if channel.everyones and Scope.ADMIN in scopes_of(channel.user):
        return True
    if entry.account_id is not None:
        return names.owners.get(entry.account_id) == channel.user_id
    return entry.klass is not Klass.ACCESS or _names(entry.payload, channel.user)


def _names(payload: dict[str, Any], user: User) -> bool:
    """Whether an entry of nobody's account names this person."""
    return user.get_username() in (payload.get("operator"), payload.get("user"), payload.get("username"))


def _notice(channel: Channel, entry: Entry, names: Names) -> Notice:
    said = spoken(entry.kind, entry.payload, entry.klass, names.about(entry))
    return Notice(
        channel=channel,
        key=f"journal:{entry.id}",
        klass=entry.klass,
        account_id=entry.account_id,
        at=entry.at,
        title=said.title[:120],
        text=said.text,
        silent=ways(channel.ways)[entry.klass] is Way.SILENT,
        result="" if said.result is None else str(said.result),
        quote=said.quote,
        code=said.code[:60],
    )
