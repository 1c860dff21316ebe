"""Changing settings: one value at one scope, checked by the registry as the engine reads it, journalled as a version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from project.accounts.models import ExchangeAccount
from project.journal.models import JournalEntry
from project.journal.record import record
from signals.market import instruments
from signals.symbols import UnknownSymbol
from signals.symbols import resolve as resolve_symbol
from trading import locks
from trading.domain import settings as registry
from trading.domain.refusal import Refusal
from trading.domain.sealing import SEALED
from trading.domain.settings import Scope, SettingError
from trading.models import SettingOverride

KIND = "setting.changed"
SCOPES = tuple(Scope)  # widest first
SEALS_ALL = (
    "Set at any scope, this profile seals the whole installation for everybody: that takes the role and scope admin."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a setting holds: nothing named = everywhere; a user; an account; a pair of an account."""

    user_id: int | None = None
    account_id: int | None = None
    symbol: str = ""

    @property
    def scope(self) -> Scope:
        """The narrowest that is named."""
        named = ((self.symbol, Scope.PAIR), (self.account_id, Scope.ACCOUNT), (self.user_id, Scope.USER))
        return next((scope for value, scope in named if value), Scope.GLOBAL)

    @property
    def columns(self) -> dict[str, Any]:
        """As a row has it."""
        return {"user_id": self.user_id, "account_id": self.account_id, "symbol": self.symbol}

    @property
    def told(self) -> dict[str, Any]:
        """As the journal has it."""
        return {"user": self.user_id, "account": self.account_id, "symbol": self.symbol}


@dataclass(frozen=True, slots=True)
class Change:
    """One setting before and after, as text; before is None where the wider scope held."""

    name: str
    place: Place
    before: str | None
    after: str | None
    holds_before: str
    holds_after: str


def place(*, user_id: int | None, account: ExchangeAccount | None, symbol: str) -> Place:
    """A place whose pair goes by the name the engine looks it up by. Raises SettingError."""
    if account is None:
        if symbol:
            raise _refused("PAIR_NEEDS_ACCOUNT", "symbol", symbol, "a pair of an account", "Name the account too.")
        return Place(user_id=user_id)
    return Place(account_id=account.pk, symbol=_listed(symbol, account) if symbol else "")


def _listed(text: str, account: ExchangeAccount) -> str:
    found = resolve_symbol(text, account.venue, instruments.listed(account.venue, account.environment).names)
    if isinstance(found, UnknownSymbol):
        near = " or ".join(found.suggestions) or "a pair of the account"
        raise _refused(found.code, "symbol", text, near, f"Write the pair as {account.name} lists it.")
    return found


def seals(name: str, raw: object) -> bool:
    """Whether a change would seal the installation, at whatever place: that is an admin's to decide."""
    return registry.find(name) == registry.REGISTRY["profile"] and registry.parse("profile", raw) == SEALED


def preview(name: str, raw: object, at: Place) -> Change:
    """What a change would come to; nothing is written. Raises SettingError."""
    return _change(name, _checked(name, raw, at), at)


def change(name: str, raw: object, at: Place, *, operator: str) -> Change:
    """Write one value at one place. Raises SettingError; a value that is so already makes no version."""
    text = _checked(name, raw, at)
    with transaction.atomic():
        _lock(at)
        found = _change(name, text, at)
        if found.before != text:
            said = {"value": text, "changed_by": operator}
            SettingOverride.objects.update_or_create(**at.columns, name=found.name, defaults=said)
            _journal(found, operator)
        return found


def withdraw(name: str, at: Place, *, operator: str) -> Change | None:
    """Back to what the wider scope says; None where nothing was set. Raises SettingError."""
    with transaction.atomic():
        _lock(at)
        found = _change(name, None, at)
        if found.before is None:
            return None
        SettingOverride.objects.filter(**at.columns, name=found.name).delete()
        _journal(found, operator)
        return found


def _lock(at: Place) -> None:
    if at.account_id:
        locks.account(at.account_id)


def _journal(found: Change, operator: str) -> None:
    changed = {"name": found.name, "scope": found.place.told, "before": found.before, "after": found.after}
    payload = {"operator": operator, **changed}
    record(KIND, subject=f"setting:{found.name}", payload=payload, account_id=found.place.account_id)


def _checked(name: str, raw: object, at: Place) -> str:
    """The value as the registry writes it. Raises SettingError."""
    value = registry.parse(name, raw)
    if isinstance(value, Refusal):
        raise SettingError(value)
    setting = registry.find(name)
    if setting is not None and SCOPES.index(at.scope) > SCOPES.index(setting.narrowest):
        limit = setting.narrowest.lower()
        raise _refused("SCOPE_TOO_NARROW", name, at.scope.lower(), limit, "Set it there or wider.")
    return registry.as_text(name, value)


def _change(name: str, text: str | None, at: Place) -> Change:
    """Before and after, with what holds at the place either way. Raises SettingError."""
    setting = registry.find(name)
    if setting is None:
        raise SettingError(registry.parse(name, ""))
    rows = holding(at)
    mine = next((row for row in rows if _is_at(row, at) and row.name == setting.name), None)
    others = [row for row in rows if row is not mine]
    new = [*others, SettingOverride(**at.columns, name=setting.name, value=text)] if text is not None else others
    before = None if mine is None else str(mine.value)
    return Change(setting.name, at, before, text, _holds(setting.name, rows), _holds(setting.name, new))


def _is_at(row: SettingOverride, at: Place) -> bool:
    return (row.user_id, row.account_id, row.symbol) == (at.user_id, at.account_id, at.symbol)


def _holds(name: str, rows: list[SettingOverride]) -> str:
    """What a setting comes to; resolved with all others, so that a contradiction is refused here."""
    return registry.dump(registry.resolve([{row.name: row.value} for row in sorted(rows, key=_width)]))[name]


def _width(row: SettingOverride) -> tuple[bool, bool, bool]:
    """Widest scope first."""
    return (bool(row.symbol), bool(row.account_id), bool(row.user_id))


def holding(at: Place) -> list[SettingOverride]:
    """Every changed setting that can hold at a place, widest scope first."""
    mine = Q(user=None, account=None, symbol="")
    user_id = at.user_id
    if at.account_id:
        user_id = ExchangeAccount.objects.values_list("user_id", flat=True).get(pk=at.account_id)
        mine |= Q(account_id=at.account_id, symbol__in=("", at.symbol))
    if user_id:
        mine |= Q(user_id=user_id, account=None, symbol="")
    return sorted(SettingOverride.objects.filter(mine), key=_width)


def versions() -> "QuerySet[JournalEntry]":
    """Every change of every setting."""
    return JournalEntry.objects.filter(kind=KIND)


def origin(name: str, rows: list[SettingOverride]) -> Mapping[str, Any] | None:
    """The scope that decides a setting among what can hold; None: the default."""
    found = [row for row in rows if row.name == name]
    if not found:
        return None
    last = found[-1]
    return Place(last.user_id, last.account_id, last.symbol).told


def _refused(code: str, field: str, value: object, limit: object, advice: str) -> SettingError:
    return SettingError(Refusal(code, field, value, limit, advice))
