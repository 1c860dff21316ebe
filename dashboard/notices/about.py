"""What journal entries are about: accounts and markets by name, for a whole batch in three questions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from dashboard import given
from dashboard.notices.domain.tell import About
from project.accounts.models import ExchangeAccount
from trading.models import Order, PositionGroup

NOTHING = About()


class Subject(Protocol):
    """What is needed of an entry."""

    @property
    def account_id(self) -> int | None: ...

    @property
    def subject(self) -> str: ...

    @property
    def payload(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Names:
    """Accounts by id; groups as (symbol, quote); the group of each order."""

    accounts: Mapping[int, About]
    owners: Mapping[int, int]
    groups: Mapping[int, tuple[str, str]]
    group_of: Mapping[int, int | None]

    def about(self, entry: Subject) -> About:
        """An entry's account and market, as far as they are known."""
        account = self.accounts.get(entry.account_id or 0, NOTHING)
        symbol, quote = self.groups.get(self._group(entry) or 0, ("", ""))
        return About(account.account, account.environment, symbol, quote)

    def _group(self, entry: Subject) -> int | None:
        order = numbered("order", entry.subject)
        return self.group_of.get(order) if order is not None else numbered("group", entry.subject)


def numbered(name: str, subject: str) -> int | None:
    """The 7 of `group:7`; None for another subject."""
    kind, _, number = subject.partition(":")
    return given.number(number) if kind == name else None


def names_of(entries: Iterable[Subject]) -> Names:
    """The names that these entries need."""
    entries = list(entries)
    orders = {n for e in entries if (n := numbered("order", e.subject)) is not None}
    group_of = dict(Order.objects.filter(pk__in=orders).values_list("pk", "group_id")) if orders else {}
    groups = {n for e in entries if (n := numbered("group", e.subject)) is not None} | set(group_of.values())
    accounts = list(ExchangeAccount.objects.filter(pk__in={e.account_id for e in entries if e.account_id}))
    return Names(
        accounts={row.pk: About(row.name, row.environment) for row in accounts},
        owners={row.pk: row.user_id for row in accounts},
        groups=_markets({group for group in groups if group is not None}),
        group_of=group_of,
    )


def _markets(groups: set[int]) -> dict[int, tuple[str, str]]:
    rows = PositionGroup.objects.filter(pk__in=groups).values_list("pk", "instrument__symbol", "instrument__quote")
    return {pk: (symbol, quote) for pk, symbol, quote in rows} if groups else {}
