"""Tables that grow for ever in a memory that does not: what has ended goes to an archive, and is still found."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

Desk = tuple[str, ...]
# Whose row it is: (account, symbol) or (account,).

KEEP = 10_000
# Ended rows of a table that stay in memory, about a kilobyte each: what clients ask for again.

PAGE = 1_000
# Rows read at once where not all of them are wanted.

BATCH = 64
# Rows that leave at once: a third of a millisecond, so no reply waits for it noticeably.

ALL_TIMES = range(10**15)
ALL_ROWS = 10**12


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows are wanted: numbers from `first` up to `before`, within times (Unix ms), at most so many of one end."""

    first: int = 0
    before: int = ALL_ROWS
    times: range = ALL_TIMES
    most: int = ALL_ROWS
    last: bool = False

    def cut(self, rows: list[Any]) -> list[Any]:
        """The rows of the right end, as many as wanted."""
        if len(rows) <= self.most:
            return rows
        return rows[-self.most :] if self.last else rows[: self.most]


EVERYTHING = Window()


class Row(NamedTuple):
    """What the archive gets: where a row is found, and its content as JSON. A mark is the number and time of a trade."""

    number: int
    desk: Desk
    owner: Desk
    name: str
    at_ms: int
    content: Sequence[Any]
    marks: Sequence[tuple[int, int]] = ()


class Archive(Protocol):
    """Keeps rows outside of memory, by shelf; what it hands back is the content of rows."""

    def put(self, shelf: str, rows: Iterable[Row]) -> None:
        """Keep these."""

    def get(self, shelf: str, number: int) -> Sequence[Any] | None:
        """The row of a number."""

    def named(self, shelf: str, owner: Desk, name: str) -> Sequence[Any] | None:
        """The latest row of a name."""

    def page(self, shelf: str, desk: Desk, window: Window) -> list[Sequence[Any]]:
        """Rows of a desk, oldest first."""

    def marked(self, shelf: str, desk: Desk, window: Window) -> list[Sequence[Any]]:
        """Rows of a desk with a mark in the window, oldest first."""

    def everything(self, shelf: str) -> Iterator[Sequence[Any]]:
        """Every row of a shelf, oldest first."""

    def close(self) -> None:
        """The end: what it has kept is in the ledger too."""


class Numbered(Protocol):
    """Anything with an id."""

    id: int


T = TypeVar("T", bound=Any)


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """How a table reads its rows: whose they are, what they are called, when they began, and as JSON and back."""

    desk: Callable[[T], Desk]
    owner: Callable[[T], Desk]
    name: Callable[[T], str]
    at_ms: Callable[[T], int]
    pack: Callable[[T], Sequence[Any]]
    unpack: Callable[[Sequence[Any]], T]
    marks: Callable[[T], Sequence[tuple[int, int]]] = lambda _: ()
    release: Callable[[T], None] = lambda _: None
    # Undoes what would keep a row in memory after it has left the table.

    def row(self, one: T) -> Row:
        """The row as the archive keeps it."""
        desk, owner, name, at_ms = self.desk(one), self.owner(one), self.name(one), self.at_ms(one)
        return Row(one.id, desk, owner, name, at_ms, self.pack(one), self.marks(one))


class Shelf(Mapping[int, T]):
    """Rows by number, names and desks. Open and lately ended ones are in memory; without an archive all of them.

    A row from the archive is made anew each time it is asked for; such a row has ended and never changes.
    """

    __slots__ = ("_archive", "_by_desk", "_count", "_ended", "_hot", "_kind", "_label", "_names", "_share")

    def __init__(self, label: str, kind: Kind[T], archive: Archive | None = None, *, share: int = 1) -> None:
        """share: this table is one of many of its sort, and keeps only so small a part of KEEP in memory."""
        self._label = label
        self._kind = kind
        self._archive = archive
        self._share = share
        self._count = 0
        self._hot: dict[int, T] = {}
        self._names: dict[tuple[Desk, str], T] = {}
        self._by_desk: dict[Desk, dict[int, T]] = defaultdict(dict)
        self._ended: deque[T] = deque()

    def add(self, one: T) -> None:
        """A new row; its number is above all earlier ones of its desk."""
        kind = self._kind
        desk = kind.desk(one)
        self._count += 1
        self._hot[one.id] = self._by_desk[desk][one.id] = one
        self._names[(desk if kind.owner is kind.desk else kind.owner(one), kind.name(one))] = one

    def end(self, one: T) -> None:
        """The row will not change any more, and may leave memory one day."""
        if self._archive is None:
            return
        self._ended.append(one)
        if len(self._ended) >= KEEP // self._share + BATCH:
            self._put_away(self._archive)

    def _put_away(self, archive: Archive) -> None:
        gone = [self._ended.popleft() for _ in range(BATCH)]
        archive.put(self._label, [self._kind.row(one) for one in gone])
        for one in gone:
            self._forget(one)

    def _forget(self, one: T) -> None:
        kind = self._kind
        del self._hot[one.id], self._by_desk[kind.desk(one)][one.id]
        name = (kind.owner(one), kind.name(one))
        if self._names.get(name) is one:
            del self._names[name]
        kind.release(one)

    def __getitem__(self, number: int) -> T:
        found = self.get(number)
        if found is None:
            raise KeyError(number)
        return found

    def get(self, number: int, default: T | None = None) -> T | None:  # type: ignore[override]  # no other default
        """The row of a number, wherever it is."""
        found = self._hot.get(number)
        if found is not None or self._archive is None:
            return found or default
        content = self._archive.get(self._label, number)
        return default if content is None else self._kind.unpack(content)

    def live(self, owner: Desk, name: str) -> T | None:
        """The latest row of a name if it is in memory: all open ones are."""
        return self._names.get((owner, name))

    def named(self, owner: Desk, name: str) -> T | None:
        """The latest row of a name, wherever it is."""
        found = self._names.get((owner, name))
        if found is not None or self._archive is None:
            return found
        content = self._archive.named(self._label, owner, name)
        return None if content is None else self._kind.unpack(content)

    def page(self, desk: Desk, window: Window = EVERYTHING) -> list[T]:
        """Rows of a desk in the order of their numbers."""
        kind, times = self._kind, window.times
        here = self._by_desk.get(desk, {}).values()
        found = [one for one in here if window.first <= one.id < window.before and kind.at_ms(one) in times]
        if self._archive is not None:
            found += map(kind.unpack, self._archive.page(self._label, desk, window))
            found.sort(key=_number)
        return window.cut(found)

    def search(self, desk: Desk, window: Window, wanted: Callable[[T], bool]) -> list[T]:
        """Like `page`, of those rows alone that are wanted."""
        found: list[T] = []
        part = replace(window, most=PAGE)
        while True:
            rows = self.page(desk, part)
            more = [one for one in rows if wanted(one)]
            found = more + found if window.last else found + more
            if len(rows) < PAGE or len(found) >= window.most:
                return window.cut(found)
            part = replace(part, before=rows[0].id) if window.last else replace(part, first=rows[-1].id + 1)

    def with_marks(self, desk: Desk, window: Window) -> list[T]:
        """Rows of a desk that may have a mark in the window: all in memory, and of the archive those that have one."""
        here = list(self._by_desk.get(desk, {}).values())
        if self._archive is None:
            return here
        return here + [self._kind.unpack(one) for one in self._archive.marked(self._label, desk, window)]

    def values(self) -> Any:
        """Every row, in the order of the numbers."""
        if self._archive is None:
            return self._hot.values()
        away = [self._kind.unpack(one) for one in self._archive.everything(self._label)]
        return sorted([*away, *self._hot.values()], key=_number)

    def __iter__(self) -> Iterator[int]:
        return (one.id for one in self.values())

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.get(number) is not None


def _number(one: Numbered) -> int:
    return one.id
