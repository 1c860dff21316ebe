"""Rows of the exchange by the account that they belong to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar


class Owned(Protocol):
    """What belongs to an account."""

    @property
    def account(self) -> str:
        """Its name."""


T = TypeVar("T", bound=Owned)


def by_account(rows: Iterable[T]) -> Mapping[str, Sequence[T]]:
    """Rows by whose they are."""
    found: dict[str, list[T]] = {}
    for row in rows:
        found.setdefault(row.account, []).append(row)
    return found
