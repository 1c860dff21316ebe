"""What a person does with channels: make, change, try, remove. Journalled with who, and without any address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import uuid4

from django.db import transaction

from dashboard.notices import collect, sealing
from dashboard.notices.domain import addresses
from dashboard.notices.domain.addresses import BadAddress
from dashboard.notices.domain.classes import CLASSES, Klass, ways
from dashboard.notices.domain.hours import zone_of
from dashboard.notices.models import Channel, Notice
from dashboard.roles import Scope, scopes_of
from project.accounts.models import User
from project.journal.record import plain, record
from trading import bells

MOST_CHANNELS = 10
# Of one person; each is looked at every few seconds.
TEST_ASKED = "A test is on its way; its answer stands here in a moment."
TEST_WAITS = "A test is on its way already."
TEST_TEXT = "This is a test from Windlass: notifications arrive here."


class Refused(Exception):
    """Why a channel is not kept as asked, in words; `field` names what is wrong."""

    def __init__(self, field: str, words: str) -> None:
        self.field = field
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A channel's manners as a person chose them; `address` holds the kind's fields, empty = as it was."""

    name: str
    address: Mapping[str, str]
    ways: Mapping[Klass, str]
    zone: str
    quiet_from: time | None
    quiet_to: time | None
    break_through: bool
    most: int
    window_minutes: int
    daily_hour: int
    everyones: bool


MANNERS = (
    "name",
    "zone",
    "quiet_from",
    "quiet_to",
    "break_through",
    "most",
    "window_minutes",
    "daily_hour",
    "everyones",
)


def make(user: User, kind: str, wanted: Wanted, *, private: bool, now: datetime) -> Channel:
    """A new channel, on from now. Raises Refused."""
    _check(user, wanted)
    address = _address(kind, wanted, private=private)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        _room(user, wanted.name)
        if not Channel.objects.filter(enabled=True).exists():
            collect.skip_to_now()
        row = Channel.objects.create(
            user=user, kind=kind, since=now, summed_to=_yesterday(wanted, now), **_kept(wanted)
        )
        _put(row, address)
        record("notices.made", subject=f"channel:{row.pk}", payload=_said(row, user))
    return row


def change(row: Channel, wanted: Wanted, *, operator: User, private: bool) -> list[str]:
    """Other manners, or another address; the names of what changed. Raises Refused."""
    _check(row.user, wanted)
    address = _address(row.kind, wanted, private=private) if any(wanted.address.values()) else None
    with transaction.atomic():
        row = Channel.objects.select_for_update(no_key=True).get(pk=row.pk)
        if wanted.name != row.name:
            _room(row.user, wanted.name, without=row.pk)
        before = {name: getattr(row, name) for name in (*MANNERS, "ways")}
        for name, value in _kept(wanted).items():
            setattr(row, name, value)
        changed = [name for name, value in before.items() if getattr(row, name) != value] + ["address"] * bool(address)
        row.save(update_fields=list(_kept(wanted)))
        if address is not None:
            _put(row, address)
        if changed:
            said = {name: getattr(row, name) for name in changed if name != "address"}
            payload = {**_said(row, operator), "changed": changed, "to": plain({k: str(v) for k, v in said.items()})}
            record("notices.changed", subject=f"channel:{row.pk}", payload=payload)
    return changed


def switch(row: Channel, *, on: bool, operator: User, now: datetime) -> bool:
    """On from now, or off; False when it was so already. What waited meanwhile is not told."""
    with transaction.atomic():
        if on and not Channel.objects.filter(enabled=True).exists():
            collect.skip_to_now()
        changed = Channel.objects.filter(pk=row.pk, enabled=not on).update(
            enabled=on, since=now, retry_at=None, failures=0
        )
        if changed:
            Notice.objects.filter(channel=row, state=Notice.State.WAITING).update(state=Notice.State.EXPIRED)
            record("notices.switched", subject=f"channel:{row.pk}", payload={**_said(row, operator), "on": on})
    return bool(changed)


def remove(row: Channel, *, operator: User) -> None:
    """The channel with its address and everything that waits for it."""
    with transaction.atomic():
        record("notices.removed", subject=f"channel:{row.pk}", payload=_said(row, operator))
        row.delete()


def test(row: Channel, *, operator: User, now: datetime) -> bool:
    """Ask for a test message, at once, also where the channel rests; False while one is on its way."""
    with transaction.atomic():
        row = Channel.objects.select_for_update(no_key=True).get(pk=row.pk)
        if Notice.objects.filter(channel=row, klass=Klass.TEST, state=Notice.State.WAITING).exists():
            return False
        Notice.objects.create(
            channel=row, key=f"test:{uuid4().hex}", klass=Klass.TEST, at=now, title="Windlass: Test", text=TEST_TEXT
        )
        row.retry_at = None
        row.save(update_fields=["retry_at"])
        record("notices.test_asked", subject=f"channel:{row.pk}", payload=_said(row, operator))
        transaction.on_commit(lambda: bells.ring("send_notices"))
    return True


# what is asked of a channel ----------------------------------------------------------------------


def _check(user: User, wanted: Wanted) -> None:
    """Raises Refused."""
    limits = {"most": (1, 60), "window_minutes": (1, 60), "daily_hour": (0, 23)}
    if not 1 <= len(wanted.name) <= 40:
        raise Refused("name", "Give it a name of 1 to 40 characters.")
    if zone_of(wanted.zone) is None:
        raise Refused("zone", f"{wanted.zone[:40] or 'Nothing'} is no time zone: write it as Europe/Vienna or UTC.")
    for name, (least, most) in limits.items():
        if not least <= getattr(wanted, name) <= most:
            raise Refused(name, f"{getattr(wanted, name)} is outside {least} to {most}.")
    if (wanted.quiet_from is None) != (wanted.quiet_to is None):
        raise Refused("quiet_from", "Quiet hours need a beginning and an end; leave both empty for none.")
    if wanted.everyones and Scope.ADMIN not in scopes_of(user):
        raise Refused("everyones", "Other people's accounts are told to admins only.")


def _address(kind: str, wanted: Wanted, *, private: bool) -> addresses.Address:
    try:
        return addresses.made(kind, wanted.address, private=private)
    except BadAddress as error:
        raise Refused(error.field, str(error)) from None


def _room(user: User, name: str, *, without: int = 0) -> None:
    rows = Channel.objects.filter(user=user).exclude(pk=without)
    if rows.filter(name=name).exists():
        raise Refused("name", f"You have a channel called {name} already.")
    if not without and rows.count() >= MOST_CHANNELS:
        raise Refused("name", f"You have {MOST_CHANNELS} channels. Remove one that is not needed any more.")


def _kept(wanted: Wanted) -> dict[str, Any]:
    """Only what differs from a class's default is kept: a default that improves later reaches everybody."""
    chosen = {
        klass: way
        for klass, way in ways({str(k): v for k, v in wanted.ways.items()}).items()
        if way is not CLASSES[klass].way
    }
    return {name: getattr(wanted, name) for name in MANNERS} | {"ways": {str(k): str(v) for k, v in chosen.items()}}


def _yesterday(wanted: Wanted, now: datetime) -> Any:
    """A new channel's first summary is that of the day it was made."""
    zone = zone_of(wanted.zone)
    return now.astimezone(zone).date().fromordinal(now.astimezone(zone).date().toordinal() - 1)


def _put(row: Channel, address: addresses.Address) -> None:
    sealing.put(row, address.url)
    row.tail, row.retry_at, row.failures, row.last_error = address.tail[-60:], None, 0, ""
    row.save(update_fields=["sealed_address", "tail", "retry_at", "failures", "last_error"])


def _said(row: Channel, operator: User) -> dict[str, Any]:
    return {"operator": operator.get_username(), "channel": row.name, "kind": row.kind}
