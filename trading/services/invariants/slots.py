"""The pool's invariant, in the journal's order: clocks are read before the account is locked, and tell another one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from project.accounts.models import ExchangeAccount
from project.journal.models import JournalEntry
from trading.models import SettingOverride, Slot
from trading.services.invariants.base import Finding
from trading.services.overrides import Place, place_of

TAKEN, CLOSED, CHANGED = "slot.taken", "group.closed", "setting.changed"
POOL = "max_open_groups"
AROUND = timedelta(minutes=1)
# A change for all accounts takes no account's lock: a decision of this time may have seen the one size or the other.

Event = tuple[str, str, int | None, Mapping[str, Any], datetime]
Sizes = Mapping[Place, int]
NOTHING_SET: Sizes = MappingProxyType({})
Key = tuple[int | None, str, int]
# A slot as the journal names it: account, group, number.


def slots_within_pool(now: datetime) -> Finding:
    """I4: no slot was taken at a moment when open slots ≥ the pool size then in force.

    The size is what the taker wrote down, or less where the journal tells who had set it to what; a size by default,
    and one set behind the journal's back, is the taker's word alone.
    """
    kinds = JournalEntry.objects.filter(kind__in=(TAKEN, CLOSED, CHANGED)).order_by("xid", "id")
    events: list[Event] = list(kinds.values_list("kind", "subject", "account_id", "payload", "at"))
    told = {_key(event): event[3]["pool_size"] for event in events if event[0] == TAKEN}
    rows = list(Slot.objects.order_by("id"))
    unlike = (words for row in rows for words in _unlike(row, told))
    return Finding(len(rows), (*unlike, *_over(events, Pools.of(events))))


def _key(event: Event) -> Key:
    return event[2], event[1], event[3]["number"]


def _unlike(row: Slot, told: Mapping[Key, int]) -> Iterator[str]:
    """What a row says otherwise than the journal."""
    size = told.get((row.account_id, f"group:{row.group_id}", row.number))
    if size is None:
        yield f"slot row {row.pk} was taken without a word in the journal"
    elif size != row.pool_size:
        yield f"slot row {row.pk} keeps a pool of {row.pool_size}, the journal says {size}"


def _over(events: Iterable[Event], pools: "Pools") -> Iterator[str]:
    """Follow every account's open slots, and look at each that was taken."""
    opened: dict[int | None, set[tuple[str, int]]] = defaultdict(set)
    changes = 0
    for kind, group, account_id, payload, at in events:
        changes += _sets_pool(kind, payload)
        if kind == CLOSED:
            opened[account_id] -= {(group, number) for number in payload["slots"]}
        elif kind == TAKEN:
            taken, size = len(opened[account_id]), payload["pool_size"]
            size = min(size, pools.most(account_id, at, changes) or size)
            if taken >= size:
                yield f"{group} took slot {payload['number']} with {taken} of {size} open"
            opened[account_id].add((group, payload["number"]))


# the pool that was in force ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pools:
    """The sizes that somebody has set, from each change on; none where the journal does not lead to what is set now."""

    steps: tuple[tuple[datetime, Sizes], ...] = ()
    users: Mapping[int | None, int] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Pools":
        """Fold the changes of settings."""
        steps: list[tuple[datetime, Sizes]] = []
        for kind, _, _, payload, at in events:
            if _sets_pool(kind, payload):
                steps.append((at, _changed(steps[-1][1] if steps else NOTHING_SET, payload)))
        rows = SettingOverride.objects.filter(name=POOL)
        leads_to = steps[-1][1] if steps else NOTHING_SET
        if {place_of(row): str(row.value) for row in rows} != {place: str(size) for place, size in leads_to.items()}:
            return cls()
        return cls(tuple(steps), dict(ExchangeAccount.objects.values_list("id", "user_id")))

    def most(self, account_id: int | None, at: datetime, changes: int) -> int | None:
        """The largest pool that an account may have had after so many changes, around a moment; None: nobody can tell."""
        first = last = min(changes, len(self.steps))
        while first > 0 and self.steps[first - 1][0] > at - AROUND:
            first -= 1
        while last < len(self.steps) and self.steps[last][0] <= at + AROUND:
            last += 1
        held = [sizes for _, sizes in self.steps[first - 1 : last]] if first else [NOTHING_SET]
        known = [self._in_force(account_id, sizes) for sizes in held]
        return max((size for size in known if size is not None), default=None) if None not in known else None

    def _in_force(self, account_id: int | None, sizes: Sizes) -> int | None:
        """The narrowest that was set; None: the default, which the next version may change."""
        scopes = (Place(account_id=account_id), Place(user_id=self.users.get(account_id)), Place())
        return next((sizes[place] for place in scopes if place in sizes), None)


def _sets_pool(kind: str, payload: Mapping[str, Any]) -> bool:
    return kind == CHANGED and payload.get("name") == POOL


def _changed(sizes: Sizes, told: Mapping[str, Any]) -> Sizes:
    scope, after = told.get("scope"), told.get("after")
    place = Place.of(scope if isinstance(scope, Mapping) else {})
    others = {where: size for where, size in sizes.items() if where != place}
    return others if after is None else others | {place: int(after)}
