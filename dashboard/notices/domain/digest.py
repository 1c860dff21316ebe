"""What a channel says next: one message, a digest of many, or nothing yet. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from dashboard import formats
from dashboard.notices.domain.classes import CLASSES, Klass

SINGLY_FOR = timedelta(hours=1)
# What is older is told in a digest only: a fill of an hour ago wants no bell of its own.
KEPT_FOR = timedelta(hours=24)
# What could not be told for a day is not told any more; it stands on the pages all the same.
LINES = 8
# Sentences of a digest, the most telling classes first; the rest is counted.
NEVER_LINED = frozenset({Klass.FILLS, Klass.GROUPS})
# In a digest these are counted and summed: their sentences would be the whole message.


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that has not been told; `title` says of which account and class it is, result is of `quote`."""

    id: int
    klass: Klass
    at: datetime
    title: str
    text: str
    silent: bool = False
    result: Decimal | None = None
    quote: str = ""
    code: str = ""

    @property
    def urgent(self) -> bool:
        return self.klass in CLASSES and CLASSES[self.klass].urgent


@dataclass(frozen=True, slots=True)
class Rules:
    """A channel's manners: at most `most` messages per `window`; `can_be_silent`: its service knows such messages."""

    most: int
    window: timedelta
    quiet: bool
    break_through: bool
    can_be_silent: bool


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent; `ids` are the notices it tells, in their order."""

    ids: tuple[int, ...]
    title: str
    body: str
    silent: bool = False


def expired(waiting: Iterable[Waiting], *, now: datetime) -> list[int]:
    """The notices that nobody will be told any more."""
    return [notice.id for notice in waiting if now - notice.at > KEPT_FOR]


def next_message(
    waiting: Sequence[Waiting], *, rules: Rules, sent: Sequence[datetime], now: datetime
) -> Message | None:
    """The next message of a channel, oldest first; None while there is nothing to say, or it has to wait.

    Tests and urgent ones go singly and at once. All others share the limit; when there are more of them than may
    still be sent, or they are old, they become one digest. `sent` are the times of its last messages.
    """
    fresh = [notice for notice in waiting if now - notice.at <= KEPT_FOR]
    if first := next((n for n in fresh if _at_once(n, rules, now)), None):
        return alone(first, rules=rules, now=now)
    held = [] if rules.quiet else [notice for notice in fresh if not notice.urgent or _old(notice, now)]
    room = rules.most - sum(1 for at in sent if now - at < rules.window)
    if not held or room <= 0:
        return None
    singly = [notice for notice in held if rules.can_be_silent or not notice.silent]
    if any(_old(notice, now) for notice in held) or len(singly) > room:
        return _together(held, rules, now)
    return alone(singly[0], rules=rules, now=now) if singly else _silent_ones(held, rules, now)


def _at_once(notice: Waiting, rules: Rules, now: datetime) -> bool:
    if notice.klass is Klass.TEST:
        return True
    return notice.urgent and not _old(notice, now) and (not rules.quiet or rules.break_through)


def _old(notice: Waiting, now: datetime) -> bool:
    return now - notice.at > SINGLY_FOR


def _silent_ones(held: Sequence[Waiting], rules: Rules, now: datetime) -> Message | None:
    """A service without silent messages is told of them together, a window after the first: one sound, not many."""
    due = any(now - notice.at >= rules.window for notice in held)
    return _together(held, rules, now) if due else None


def _together(held: Sequence[Waiting], rules: Rules, now: datetime) -> Message:
    return alone(held[0], rules=rules, now=now) if len(held) == 1 else digest(held, rules=rules)


# words -------------------------------------------------------------------------------------------


def alone(notice: Waiting, *, rules: Rules, now: datetime) -> Message:
    """One notice as a message; an old one says when it was."""
    when = f"{notice.at.astimezone(UTC):%d %b %H:%M} UTC: " if _old(notice, now) else ""
    return Message((notice.id,), notice.title, when + notice.text, notice.silent and rules.can_be_silent)


def digest(waiting: Sequence[Waiting], *, rules: Rules) -> Message:
    """Many notices as one message: what there was of each class, then the sentences that matter most."""
    spoken = [n for n in sorted(waiting, key=_order) if n.klass not in NEVER_LINED][:LINES]
    lines = [f"{n.at.astimezone(UTC):%H:%M} {n.title}: {n.text}" for n in spoken]
    span = f"{waiting[0].at.astimezone(UTC):%d %b %H:%M} to {waiting[-1].at.astimezone(UTC):%H:%M} UTC"
    silent = rules.can_be_silent and all(notice.silent for notice in waiting)
    ids = tuple(notice.id for notice in waiting)
    return Message(ids, f"Windlass: {summary(waiting)}", "\n".join([span, *lines]), silent)


def _order(notice: Waiting) -> int:
    """Classes as the page lists them; within one as they came."""
    return list(CLASSES).index(notice.klass) if notice.klass in CLASSES else -1


def summary(waiting: Sequence[Waiting]) -> str:
    """As in: `12 fills, 3 groups closed +41.20 USDT, 2 refusals (STALE 2)`."""
    counts = Counter(notice.klass for notice in waiting)
    parts = [_counted(klass, counts[klass], waiting) for klass in CLASSES if counts[klass]]
    return ", ".join(parts)


def _counted(klass: Klass, count: int, waiting: Sequence[Waiting]) -> str:
    row, mine = CLASSES[klass], [notice for notice in waiting if notice.klass is klass]
    codes = Counter(notice.code for notice in mine if notice.code) if klass is Klass.REFUSALS else Counter[str]()
    named = ", ".join(f"{code} {n}" for code, n in codes.most_common(3))
    said = f"{count} {row.one if count == 1 else row.many}"
    return " ".join(filter(None, (said, results(mine), f"({named})" if named else "")))


def results(waiting: Iterable[Waiting]) -> str:
    """What they earned together, per currency."""
    sums: dict[str, Decimal] = {}
    for notice in waiting:
        if notice.result is not None:
            sums[notice.quote] = sums.get(notice.quote, Decimal(0)) + notice.result
    said = (f"{formats.amount(total, quote, signed=True)} {quote}".rstrip() for quote, total in sorted(sums.items()))
    return " ".join(said).replace(formats.THIN, "")
