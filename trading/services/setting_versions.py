"""Versions of settings: the one place that writes them, what differs between two, and the way back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from project.accounts.models import ExchangeAccount
from project.journal.record import Event, record_all
from trading import locks
from trading.domain import settings as registry
from trading.domain.refusal import Refusal
from trading.models import SettingOverride, SettingVersion
from trading.models.setting_version import How
from trading.services import overrides
from trading.services.overrides import Change, Place, Wish

KIND = "setting.changed"
Key = tuple[str, Place]


@dataclass(frozen=True, slots=True)
class Said:
    """Who changes something, why, and which way; of: the version that is taken back."""

    operator: str
    reason: str = ""
    how: How = How.PAGE
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """One setting of a version, before and after as text; None where the wider scope held."""

    name: str
    place: Place
    before: str | None
    after: str | None

    @property
    def key(self) -> Key:
        """Which setting, where."""
        return self.name, self.place


class ChangedSince(Exception):
    """Somebody changed a setting between the preview and the confirmation; `changes` is what it would come to now."""

    def __init__(self, changes: tuple[Change, ...], moved: tuple[Key, ...]) -> None:
        self.changes, self.moved = changes, moved
        super().__init__("changed meanwhile: " + ", ".join(name for name, _ in moved))


# writing -----------------------------------------------------------------------------------------


def lock(places: Iterable[Place]) -> None:
    """Everything that a change of settings at these places needs, in the order of all locks; inside a transaction."""
    places = set(places)
    for account_id in sorted({place.account_id for place in places if place.account_id}):
        locks.account(account_id)
    locks.settings()


def write(wishes: Sequence[Wish], said: Said) -> tuple[tuple[Change, ...], SettingVersion | None]:
    """Make the wishes hold, all or none, as one version; what is so already makes none. Raises CannotChange."""
    with transaction.atomic():
        lock(wish.place for wish in wishes)
        changes = overrides.plan(wishes)
        return changes, _written(changes, said) if changes else None


def _written(changes: Sequence[Change], said: Said) -> SettingVersion:
    for change in changes:
        _put(change, said.operator)
    told = [change.told for change in changes]
    version = SettingVersion.objects.create(
        at=timezone.now(), operator=said.operator, reason=said.reason, how=said.how, of=said.of, changes=told
    )
    record_all(_event(change, said, version) for change in changes)
    return version


def _put(change: Change, operator: str) -> None:
    rows, values = SettingOverride.objects, {"value": change.after, "changed_by": operator}
    if change.after is None:
        rows.filter(name=change.name, **change.place.columns).delete()
    else:
        rows.update_or_create(name=change.name, **change.place.columns, defaults=values)


def _event(change: Change, said: Said, version: SettingVersion) -> Event:
    """One line of the journal for each setting, with the version that they share."""
    about = {"operator": said.operator, "reason": said.reason, "how": str(said.how), "version": version.pk}
    return Event(KIND, f"setting:{change.name}", about | change.told, change.place.account_id)


# reading -----------------------------------------------------------------------------------------


def kept(version: SettingVersion) -> tuple[Kept, ...]:
    """What a version changed."""
    return read(version.changes)


def read(told: Iterable[Mapping[str, object]]) -> tuple[Kept, ...]:
    """Changes as they are stored."""
    return tuple(_kept(change) for change in told)


def _kept(told: Mapping[str, object]) -> Kept:
    scope = told.get("scope")
    before, after = (None if told.get(end) is None else str(told[end]) for end in ("before", "after"))
    return Kept(str(told["name"]), Place.of(scope if isinstance(scope, Mapping) else {}), before, after)


def between(first: int, last: int) -> tuple[Kept, ...]:
    """How the settings just after one version differ from those just after another; the order of the two counts."""
    low, high = sorted((first, last))
    rows = SettingVersion.objects.filter(pk__gt=low, pk__lte=high).order_by("pk")
    found = folded(one for row in rows for one in kept(row))
    return found if first <= last else tuple(Kept(one.name, one.place, one.after, one.before) for one in found)


def folded(steps: Iterable[Kept]) -> tuple[Kept, ...]:
    """Many changes, oldest first, as one of each setting; what came back to where it was is left out. Pure."""
    found: dict[Key, Kept] = {}
    for step in steps:
        first = found.get(step.key, step)
        found[step.key] = Kept(step.name, step.place, first.before, step.after)
    return tuple(one for one in found.values() if one.before != one.after)


# the way back ------------------------------------------------------------------------------------


def undoing(version: SettingVersion) -> tuple[Wish, ...]:
    """What it takes to take one version back, whatever came after it."""
    return back(folded(kept(version)))


def restoring(version: SettingVersion) -> tuple[Wish, ...]:
    """What it takes to have all settings as they were just after a version."""
    rows = SettingVersion.objects.filter(pk__gt=version.pk).order_by("pk")
    return back(folded(one for row in rows for one in kept(row)))


def back(steps: Iterable[Kept]) -> tuple[Wish, ...]:
    """The wishes that lead to where the steps began; an account or a setting that is gone needs none."""
    known = {None, *ExchangeAccount.objects.values_list("id", flat=True)}
    return tuple(
        Wish(one.name, one.place, one.before)
        for one in steps
        if one.place.account_id in known and registry.find(one.name) is not None
    )


def last_of(keys: Iterable[Key]) -> dict[Key, SettingVersion]:
    """The version that changed each setting last, where there is one."""
    found: dict[Key, SettingVersion] = {}
    for name, place in keys:
        rows = SettingVersion.objects.filter(changes__contains=[{"name": name, "scope": place.told}])
        if (row := rows.first()) is not None:
            found[name, place] = row
    return found


def not_found(number: object) -> Refusal:
    """What is said of a version that does not exist."""
    return Refusal("VERSION_UNKNOWN", "version", number, "a version of the list", "Choose one of the list.")
