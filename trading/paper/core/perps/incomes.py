"""What was booked to a futures wallet: every change of it is a row here."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from trading.paper.core.shelves import EVERYTHING, Archive, Kind, Shelf, Window


@dataclass(frozen=True, slots=True)
class Income:
    """One change of a wallet, quote atoms."""

    id: int
    at_ms: int
    kind: str
    symbol: str
    amount: int
    trade_id: int = 0


SHARE = 50
# Every account has such a table: two hundred rows of each stay in memory.

_packed = attrgetter("id", "at_ms", "kind", "symbol", "amount", "trade_id")


def _unpacked(content: Sequence[Any]) -> Income:
    return Income(*content)


class Incomes:
    """The rows of one account, and their sums by contract and kind."""

    def __init__(self, account: str, *, label: str = "", archive: Archive | None = None) -> None:
        self._desk = (account,)
        self._rows: Shelf[Income] = Shelf(f"{label}.incomes.{account}", self._kind(), archive, share=SHARE)
        self._sums: Counter[tuple[str, str]] = Counter()

    def _kind(self) -> Kind[Income]:
        return Kind(
            desk=lambda _: self._desk,
            owner=lambda _: self._desk,
            name=lambda _: "",
            at_ms=lambda one: one.at_ms,
            pack=_packed,
            unpack=_unpacked,
        )

    def book(self, at_ms: int, kind: str, symbol: str, amount: int, trade_id: int) -> None:
        """Add a row; it never changes."""
        one = Income(len(self._rows) + 1, at_ms, kind, symbol, amount, trade_id)
        self._sums[(symbol, kind)] += amount
        self._rows.add(one)
        self._rows.end(one)

    def total(self, symbol: str, kind: str = "") -> int:
        """The sum of a contract's rows, of one kind or of all, quote atoms."""
        return sum(amount for (of, what), amount in self._sums.items() if of == symbol and kind in ("", what))

    def search(self, window: Window, wanted: Callable[[Income], bool]) -> list[Income]:
        """The wanted rows of a window, oldest first."""
        return self._rows.search(self._desk, window, wanted)

    def __iter__(self) -> Iterator[Income]:
        return iter(self._rows.page(self._desk, EVERYTHING))

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Incomes) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]
