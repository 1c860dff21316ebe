"""The one way to change settings: what protects holds at once; under the seal the rest waits a day, and where it loosens
a live account while approvals are on it waits for a second person: under the seal for the day first, then for the person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from trading.models import PendingChange, SettingRequest, SettingVersion
from trading.services import approvals, overrides, sealing, setting_versions
from trading.services.overrides import Change, Wish
from trading.services.setting_versions import ChangedSince, Key, Said


class Way(StrEnum):
    """What becomes of a change."""

    NOW = "NOW"
    SEAL = "SEAL"  # a day later
    APPROVAL = "APPROVAL"  # when another admin says yes
    BOTH = "BOTH"  # when another admin says yes, who is asked a day later


NOTHING = "Nothing was changed: all of it is so already."
SEALED_SO = "The profile is sealed: {names} holds from {due:%Y-%m-%d %H:%M} UTC on, unless it is withdrawn before."
ASKED = (
    "It loosens a live account, and approvals are on: {names} holds when another admin says yes, until "
    "{until:%Y-%m-%d %H:%M} UTC; then the request ends."
)
THEN = "Of these, {names} loosens a live account, and approvals are on: then another admin has to say yes."
WAY = {(False, False): Way.NOW, (True, False): Way.SEAL, (False, True): Way.APPROVAL, (True, True): Way.BOTH}
# By whether the seal holds it back, and whether it takes a second person.


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of wishes: those that hold now, as one version, and those that wait; `both`: first so, then for a person."""

    changes: tuple[Change, ...] = ()
    version: SettingVersion | None = None
    waits: tuple[PendingChange, ...] = ()
    request: SettingRequest | None = None
    both: tuple[Change, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether everything was so already."""
        return not (self.changes or self.waiting)

    @property
    def waiting(self) -> bool:
        """Whether a part of it does not hold yet."""
        return bool(self.waits or self.request)

    @property
    def words(self) -> str:
        """All of it in sentences."""
        if self.nothing:
            return NOTHING
        done = f"Version {self.version.pk}: {_names(self.changes)}. It holds at once." if self.version else ""
        later = SEALED_SO.format(names=_names(self.waits), due=self.waits[0].due_at) if self.waits else ""
        then = THEN.format(names=_names(self.both)) if self.both else ""
        asked = self.request and ASKED.format(names=_told(self.request), until=self.request.expires_at)
        return " ".join(part for part in (done, later, then, asked) if part)


def ways(changes: Sequence[Change]) -> tuple[Way, ...]:
    """What would become of each change now."""
    sealed, asks = sealing.in_force(), approvals.second_person(changes)
    return tuple(WAY[sealed and not one.protects, second] for one, second in zip(changes, asks, strict=True))


def submit(
    wishes: Sequence[Wish], said: Said, *, now: datetime, seen: Mapping[Key, str | None] | None = None
) -> Submitted:
    """Do what may be done at once, ask for the rest. Raises CannotChange, and ChangedSince against what was `seen`."""
    with transaction.atomic():
        setting_versions.lock(wish.place for wish in wishes)
        changes = overrides.plan(wishes)
        _as_seen(changes, seen)
        by_way = _divided(changes)
        done, version = _at_once(by_way[Way.NOW], said)
        waits = [_sealed(change, said, now) for change in (*by_way[Way.SEAL], *by_way[Way.BOTH])]
        asked = by_way[Way.APPROVAL]
        request = approvals.ask(asked, said, now=now) if asked else None
        return Submitted(done, version, tuple(waits), request, tuple(by_way[Way.BOTH]))


def _as_seen(changes: Iterable[Change], seen: Mapping[Key, str | None] | None) -> None:
    """What was there when the person looked must still be there."""
    if seen is None:
        return
    changes = tuple(changes)
    moved = tuple((c.name, c.place) for c in changes if seen.get((c.name, c.place)) != c.before)
    if moved:
        raise ChangedSince(changes, moved)


def _divided(changes: Sequence[Change]) -> dict[Way, list[Change]]:
    """The changes by what becomes of them; where those that hold at once contradict without the others, all wait."""
    found: dict[Way, list[Change]] = {way: [] for way in Way}
    for change, way in zip(changes, ways(changes), strict=True):
        found[way].append(change)
    waiting = next((way for way in (Way.SEAL, Way.BOTH, Way.APPROVAL) if found[way]), Way.NOW)
    if waiting is not Way.NOW and found[Way.NOW] and not overrides.stands_alone(found[Way.NOW]):
        found[waiting], found[Way.NOW] = [*found[waiting], *found[Way.NOW]], []
    return found


def _at_once(changes: Sequence[Change], said: Said) -> tuple[tuple[Change, ...], SettingVersion | None]:
    return setting_versions.write([change.wish for change in changes], said) if changes else ((), None)


def _sealed(change: Change, said: Said, now: datetime) -> PendingChange:
    return sealing.ask(change.place, change.name, change.after, operator=said.operator, reason=said.reason, now=now)


def _names(rows: Iterable[Change | PendingChange]) -> str:
    """Names with what they become."""
    told = ((row.name, row.value if isinstance(row, PendingChange) else row.after) for row in rows)
    return ", ".join(f"{name} = {'as the wider scope says' if value is None else value}" for name, value in told)


def _told(request: SettingRequest) -> str:
    return ", ".join(one.name for one in approvals.changes_of(request))
