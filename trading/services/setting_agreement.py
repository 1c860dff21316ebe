"""Does a changed setting agree with the others, wherever it would hold? Asked before it is kept."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from project.accounts.models import ExchangeAccount
from trading.domain import exit_rules
from trading.domain import settings as registry
from trading.domain.refusal import Refusal
from trading.domain.settings import SettingError
from trading.models import SettingOverride

ASKED_OF = frozenset({"exits", "grid"})
# Groups of settings that can contradict each other.


@dataclass(frozen=True, slots=True)
class Place:
    """Where settings hold: nothing said is everywhere; a pair has its account, an account its user."""

    user_id: int | None = None
    account_id: int | None = None
    symbol: str = ""

    def holds(self, row: SettingOverride) -> bool:
        """Whether a row counts here."""
        wider = row.account_id is None and row.user_id in (None, self.user_id)
        mine = row.account_id is not None and row.account_id == self.account_id
        return (wider or mine) and row.symbol in ("", self.symbol)


def disagreement(changed: SettingOverride) -> str:
    """Why one setting cannot be kept as it is, in words; empty when nothing contradicts it."""
    before = list(SettingOverride.objects.all())
    after = [*(row for row in before if not _same(row, changed)), changed]
    found = disagreements(before, after, names={changed.name})
    return f"{found[0].code}: {found[0].sentence()}" if found else ""


def disagreements(
    before: Collection[SettingOverride], after: Collection[SettingOverride], *, names: Collection[str]
) -> tuple[Refusal, ...]:
    """What contradicts itself after a change of the named settings, at the first place where anything does.

    What was contradictory before and stays so is no reason: otherwise nobody could mend one thing after the other.
    """
    if not any(row.group in ASKED_OF for name in names if (row := registry.find(name)) is not None):
        return ()
    for place in _places([*before, *after]):
        known = _contradictions(place, before)
        fresh = [found for found in _contradictions(place, after) if found not in known]
        if fresh:
            where = _where(place)
            return tuple(replace(found, said=f"{where}{_fact(found)}") if where else found for found in fresh)
    return ()


def _fact(found: Refusal) -> str:
    """The sentence without its advice."""
    return found.sentence().removesuffix(found.advice).rstrip()


def _same(row: SettingOverride, changed: SettingOverride) -> bool:
    scope = (row.name, row.user_id, row.account_id, row.symbol)
    return row.pk == changed.pk or scope == (changed.name, changed.user_id, changed.account_id, changed.symbol)


def _places(rows: Iterable[SettingOverride]) -> Iterator[Place]:
    """Everywhere that somebody has set something of his own, widest first."""
    users: dict[int | None, int] = dict(ExchangeAccount.objects.values_list("id", "user_id"))
    said = {(users.get(row.account_id) or row.user_id, row.account_id, row.symbol) for row in rows}
    whole = said | {(user, account, "") for user, account, _ in said} | {(user, None, "") for user, _, _ in said}
    yield from (Place(*scope) for scope in sorted({*whole, (None, None, "")}, key=_narrowness))


def _narrowness(scope: tuple[int | None, int | None, str]) -> tuple[object, ...]:
    user, account, symbol = scope
    return bool(symbol), account is not None, user is not None, account or 0, user or 0, symbol


def _contradictions(place: Place, rows: Iterable[SettingOverride]) -> tuple[Refusal, ...]:
    """What contradicts itself there; a value that fails its own check is refused by name elsewhere."""
    holding = sorted((row for row in rows if place.holds(row)), key=lambda row: _narrowness(_scope(row)))
    try:
        return exit_rules.contradictions(registry.resolve([{row.name: row.value} for row in holding]))
    except SettingError:
        return ()


def _scope(row: SettingOverride) -> tuple[int | None, int | None, str]:
    return row.user_id, row.account_id, row.symbol


def _where(place: Place) -> str:
    """The place in words, where it is not simply everywhere."""
    rows = ExchangeAccount.objects.filter(pk=place.account_id or 0)
    account = rows.values_list("name", flat=True).first()
    named = " ".join(part for part in (account, place.symbol) if part)
    return f"on {named}: " if named else ""
