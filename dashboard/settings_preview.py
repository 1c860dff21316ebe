"""A change before it is made: what differs, what it means for what is open, what it has to wait for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard import settings_words as words
from dashboard.settings_plan import Plans, plans
from dashboard.settings_rows import where
from project.accounts.models import ExchangeAccount, User
from risk.domain.contradictions import contradictions
from trading.domain import settings as registry
from trading.domain.refusal import Refusal
from trading.domain.sealing import SEALED
from trading.domain.settings import Scope, SettingError
from trading.models import PositionGroup, SettingVersion, Slot
from trading.services import overrides, setting_versions
from trading.services.overrides import Change, Place
from trading.services.overrides_submit import Way, ways
from trading.services.setting_versions import Key

LATER: Mapping[Way, str] = {
    Way.NOW: "at once",
    Way.SEAL: "in 24 hours: the profile is sealed",
    Way.APPROVAL: "when another admin says yes: it loosens a live account",
    Way.BOTH: "in 24 hours, the profile is sealed, another admin is asked: it loosens a live account",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One setting of the diff."""

    change: Change
    label: str
    where: str
    unit: str
    default: str
    before: str
    after: str
    meaning: str
    when: str
    waits: bool
    note: str


@dataclass(frozen=True, slots=True)
class Look:
    """Everything the page of a preview shows."""

    lines: tuple[Line, ...]
    felt: tuple[str, ...]
    warnings: tuple[str, ...]
    plans: Plans | None

    @property
    def changes(self) -> tuple[Change, ...]:
        """What would be changed."""
        return tuple(line.change for line in self.lines)


def look(
    changes: Sequence[Change],
    *,
    account: ExchangeAccount | None,
    moved: Iterable[Key] = (),
    now: datetime,
) -> Look:
    """The preview of changes; `moved` are those that somebody else has changed since they were looked at."""
    changes, places = tuple(changes), Places.of(changes)
    notes = _notes(tuple(moved))
    lines = [_line(one, way, places, notes) for one, way in zip(changes, ways(changes), strict=True)]
    return Look(tuple(lines), tuple(_felt(changes)), tuple(_warnings(changes)), plans(changes, account, now=now))


@dataclass(frozen=True, slots=True)
class Places:
    """Accounts and people by number, to be told by name."""

    accounts: Mapping[int, ExchangeAccount]
    people: Mapping[int, User]

    @classmethod
    def of(cls, rows: Iterable[Change | setting_versions.Kept]) -> "Places":
        """Those that some changes are about."""
        places = {row.place for row in rows}
        return cls(
            ExchangeAccount.objects.in_bulk({place.account_id for place in places if place.account_id}),
            User.objects.in_bulk({place.user_id for place in places if place.user_id}),
        )

    def words(self, at: Place) -> str:
        """A place by its names."""
        return where(at, account=self.accounts.get(at.account_id or 0), user=self.people.get(at.user_id or 0))


@dataclass(frozen=True, slots=True)
class Told:
    """One setting of a version or a request, in words."""

    name: str
    where: str
    before: str
    after: str


def told(changes: Iterable[setting_versions.Kept], places: Places) -> list[Told]:
    """Changes as a list shows them."""
    return [
        Told(one.name, places.words(one.place), _or_wider(one.before, one), _or_wider(one.after, one))
        for one in changes
    ]


def _or_wider(text: str | None, one: setting_versions.Kept) -> str:
    """Nothing written at a place means what the next wider one says; a setting that is gone has no default any more."""
    if text is not None:
        return text
    known = registry.find(one.name)
    if one.place.scope is not Scope.GLOBAL or known is None:
        return "wider scope"
    return f"{registry.as_text(known.name, known.default)} (default)"


def _notes(moved: Sequence[Key]) -> dict[Key, str]:
    """Who changed what meanwhile."""
    last = setting_versions.last_of(moved)
    return {key: _by(last[key]) if key in last else "changed meanwhile" for key in moved}


def _by(version: SettingVersion) -> str:
    return f"changed meanwhile by {version.operator}, {version.at:%Y-%m-%d %H:%M:%S} UTC (version {version.pk})"


def _line(change: Change, way: Way, places: Places, notes: Mapping[Key, str]) -> Line:
    row = registry.REGISTRY[change.name]
    return Line(
        change=change,
        label=words.label(change.name),
        where=places.words(change.place),
        unit=row.unit,
        default=registry.as_text(row.name, row.default),
        before=change.holds_before,
        after=change.holds_after,
        meaning=_meaning(change),
        when="nothing reads it" if way is Way.NOW and row.name in words.UNREAD else LATER[way],
        waits=way is not Way.NOW,
        note=notes.get((change.name, change.place), ""),
    )


def _meaning(change: Change) -> str:
    """Whether it protects more or less, where that can be said; what is given back says so."""
    if change.holds_before == change.holds_after:
        return "the same value, now the wider scope's" if change.after is None else "the same value, now fixed here"
    if change.protects:
        return "protects more"
    return "protects less" if _reversed(change).protects else ""


def _reversed(change: Change) -> Change:
    return Change(change.name, change.place, change.after, change.before, change.holds_after, change.holds_before)


# consequence -------------------------------------------------------------------------------------


def _felt(changes: Sequence[Change]) -> Iterator[str]:
    """When the changes are felt, and by how many groups that are open."""
    by_sentence: dict[str, list[str]] = {}
    for change in changes:
        by_sentence.setdefault(words.felt(registry.REGISTRY[change.name]), []).append(change.name)
    for sentence, names in by_sentence.items():
        yield f"{', '.join(dict.fromkeys(names))}: {sentence}"
    places = {change.place for change in changes if words.reaches_groups(registry.REGISTRY[change.name])}
    if places:
        count = _open_groups(places)
        said = f"{count} group{'s are' if count != 1 else ' is'}" if count else "No group is"
        yield f"{said} open there now."
    yield from _drains(changes)


def _open_groups(places: Iterable[Place]) -> int:
    rows = PositionGroup.objects.filter(closed_at=None).values_list(
        "account_id", "account__user_id", "instrument__symbol"
    )
    places = tuple(places)
    return sum(any(_covers(at, *row) for at in places) for row in rows)


def _covers(at: Place, account_id: int, user_id: int, symbol: str) -> bool:
    if at.account_id is not None:
        return at.account_id == account_id and at.symbol in ("", symbol)
    return at.user_id in (None, user_id)


def _drains(changes: Sequence[Change]) -> Iterator[str]:
    """Pools that become smaller than what is in them."""
    wanted = [change for change in changes if change.name == "max_open_groups"]
    rows = Slot.objects.filter(released_at=None).values_list("account_id", "account__user_id", "account__name")
    for (account_id, user_id, name), count in Counter(rows if wanted else ()).items():
        holding = (change for change in wanted if _covers(change.place, account_id, user_id, ""))
        narrowest = max(holding, key=_narrowness, default=None)
        if narrowest is not None and count > int(narrowest.holds_after):
            yield f"{name} has {count} slots taken: nothing is thrown out, it drains to {narrowest.holds_after}."


def _narrowness(change: Change) -> tuple[bool, bool]:
    """Of two changes that reach an account the narrower one holds."""
    return change.place.account_id is not None, change.place.user_id is not None


def _warnings(changes: Sequence[Change]) -> Iterator[str]:
    """Limits that this makes pointless, and what sealing means."""
    if any(change.name == "profile" and change.after == SEALED for change in changes):
        yield words.LOCKS
    for at in dict.fromkeys(change.place for change in changes):
        rows = overrides.holding(at)
        here = [change for change in changes if change.place == at]
        known = _contradictions(overrides.values(rows))
        yield from (one for one in _contradictions(overrides.values(overrides.changed(rows, here))) if one not in known)


def _contradictions(values: Mapping[str, str]) -> tuple[str, ...]:
    if any(isinstance(registry.parse(name, text), Refusal) for name, text in values.items()):
        return ()
    try:
        chosen = registry.resolve([values])
    except SettingError:
        return ()
    return contradictions(chosen.risk, max_open_groups=chosen.pool.max_open_groups)
