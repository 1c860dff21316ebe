"""Changed settings: where one may hold, what a wish would change there, and whether it may; nothing is written here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from project.accounts.models import ExchangeAccount
from signals.market import instruments
from signals.symbols import UnknownSymbol
from signals.symbols import resolve as resolve_symbol
from trading.domain import settings as registry
from trading.domain.refusal import Refusal
from trading.domain.sealing import SEALED, tightens
from trading.domain.settings import Scope, SettingError
from trading.models import SettingOverride
from trading.services.setting_agreement import disagreements

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

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Place":
        """The other way round."""
        return cls(told.get("user"), told.get("account"), told.get("symbol") or "")


@dataclass(frozen=True, slots=True)
class Wish:
    """One setting at one place; raw None: back to what the wider scope says."""

    name: str
    place: Place
    raw: object | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One setting before and after, as text; before and after are None where the wider scope holds."""

    name: str
    place: Place
    before: str | None
    after: str | None
    holds_before: str
    holds_after: str

    @property
    def wish(self) -> Wish:
        """What was asked for."""
        return Wish(self.name, self.place, self.after)

    @property
    def told(self) -> dict[str, Any]:
        """As versions and the journal have it."""
        return {"name": self.name, "scope": self.place.told, "before": self.before, "after": self.after}

    @property
    def protects(self) -> bool:
        """Whether it can only protect more than what holds there now; what is broken proves nothing."""
        before, after = (registry.parse(self.name, text) for text in (self.holds_before, self.holds_after))
        broken = isinstance(before, Refusal) or isinstance(after, Refusal)
        return not broken and tightens(self.name, before, after)


class CannotChange(SettingError):
    """Wishes that are refused: `wrong` has the refusals by the place of the wish, -1 where several contradict."""

    def __init__(self, wrong: Mapping[int, Refusal]) -> None:
        self.wrong = dict(wrong)
        super().__init__(next(iter(self.wrong.values())))


def place(*, user_id: int | None, account: ExchangeAccount | None, symbol: str) -> Place:
    """A place whose pair goes by the name the engine looks it up by. Raises SettingError."""
    if account is None:
        if symbol:
            said = "A pair's setting needs its account."
            raise _refused(
                "PAIR_NEEDS_ACCOUNT", "symbol", symbol, "a pair of an account", "Name the account too.", said
            )
        return Place(user_id=user_id)
    return Place(account_id=account.pk, symbol=_listed(symbol, account) if symbol else "")


def _listed(text: str, account: ExchangeAccount) -> str:
    """The name that the engine looks a pair's setting up by; under any other it would be kept and never read."""
    found = resolve_symbol(text, account.venue, instruments.listed(account.venue, account.environment).names)
    if isinstance(found, UnknownSymbol):
        near = " or ".join(found.suggestions)
        advice = f"Write the pair as {account.name} lists it."
        raise _refused(
            found.code, "symbol", text, near or "a pair of the account", advice, _no_pair(found, account, near)
        )
    return found


def _no_pair(found: UnknownSymbol, account: ExchangeAccount, near: str) -> str:
    """Why no pair of the account goes by a name, with the ones that come near."""
    if found.code == "AMBIGUOUS_SYMBOL":
        return f"{found.text} is more than one pair of {account.name}: write {near}."
    return f"{found.text} is not a pair of {account.name}" + (f"; did you mean {near}?" if near else ".")


def seals(name: str, raw: object) -> bool:
    """Whether a change would seal the installation, at whatever place: that is an admin's to decide."""
    return registry.find(name) == registry.REGISTRY["profile"] and registry.parse("profile", raw) == SEALED


# what would change -------------------------------------------------------------------------------


def plan(wishes: Sequence[Wish]) -> tuple[Change, ...]:
    """What the wishes change together, in their order; what is so already is left out. Raises CannotChange."""
    texts = _texts(wishes)
    rows = list(SettingOverride.objects.all())
    wanted = {(_plain(wish.name), wish.place): text for wish, text in zip(wishes, texts, strict=True)}
    after = _after(rows, wanted)
    if wrong := disagreements(rows, after, names={name for name, _ in wanted}):
        raise CannotChange({-1: wrong[0]})
    users = dict(ExchangeAccount.objects.values_list("id", "user_id"))
    found = (_change(name, at, rows, after, users) for name, at in wanted)
    return tuple(change for change in found if change.before != change.after)


def stands_alone(changes: Iterable[Change]) -> bool:
    """Whether these changes contradict nothing without those beside them."""
    try:
        plan([change.wish for change in changes])
    except CannotChange:
        return False
    return True


def as_it_is(wish: Wish) -> Change:
    """A wish that changes nothing, as a change. Raises SettingError."""
    found = _checked(wish)
    if isinstance(found, Refusal):
        raise SettingError(found)
    name, rows = _plain(wish.name), holding(wish.place)
    own = next((str(row.value) for row in rows if row.name == name and place_of(row) == wish.place), None)
    held = values(rows)[name]
    return Change(name, wish.place, own, own, held, held)


def _plain(name: str) -> str:
    return name.rpartition(".")[2]


def _texts(wishes: Sequence[Wish]) -> list[str | None]:
    """Each value as the registry writes it; all that is wrong is found at once. Raises CannotChange."""
    found = [_checked(wish) for wish in wishes]
    if wrong := {number: one for number, one in enumerate(found) if isinstance(one, Refusal)}:
        raise CannotChange(wrong)
    return [None if isinstance(one, Refusal) else one for one in found]


def _checked(wish: Wish) -> str | Refusal | None:
    """The value as the registry writes it, or why not; a value to take back needs only a name."""
    setting = registry.find(wish.name)
    if setting is None:
        unknown: Refusal = registry.parse(wish.name, "")
        return unknown
    if wish.raw is None:
        return None
    value = registry.parse(wish.name, wish.raw)
    if isinstance(value, Refusal):
        return value
    if SCOPES.index(wish.place.scope) > SCOPES.index(setting.narrowest):
        scope, limit = wish.place.scope.lower(), setting.narrowest.lower()
        said = f"{setting.name} has no {scope} scope; the narrowest is {limit}."
        return Refusal("SCOPE_TOO_NARROW", setting.name, scope, limit, "Set it there or wider.", said=said)
    return registry.as_text(wish.name, value)


def _after(rows: Iterable[SettingOverride], wanted: Mapping[tuple[str, Place], str | None]) -> list[SettingOverride]:
    """The rows as they would be."""
    kept = [row for row in rows if (row.name, place_of(row)) not in wanted]
    new = (
        SettingOverride(**at.columns, name=name, value=text) for (name, at), text in wanted.items() if text is not None
    )
    return [*kept, *new]


def changed(rows: Iterable[SettingOverride], changes: Iterable[Change]) -> list[SettingOverride]:
    """Rows as they would be after changes, widest scope first."""
    return sorted(_after(rows, {(one.name, one.place): one.after for one in changes}), key=_width)


def place_of(row: SettingOverride) -> Place:
    """Where a row stands."""
    return Place(row.user_id, row.account_id, row.symbol)


def _change(
    name: str, at: Place, rows: list[SettingOverride], after: list[SettingOverride], users: Mapping[int, int]
) -> Change:
    """Before and after at the place, with what holds there either way."""
    own = [next((r.value for r in some if r.name == name and place_of(r) == at), None) for some in (rows, after)]
    texts = [None if value is None else str(value) for value in own]
    held = [values(counting(some, at, users))[name] for some in (rows, after)]
    return Change(name, at, texts[0], texts[1], held[0], held[1])


# what holds --------------------------------------------------------------------------------------


def values(rows: Iterable[SettingOverride]) -> dict[str, str]:
    """Every setting by name as text, as rows (widest first) say it; a stored value that is broken is shown as it is."""
    rows = list(rows)
    broken = {row.name: str(row.value) for row in rows if isinstance(registry.parse(row.name, row.value), Refusal)}
    whole = [{row.name: row.value} for row in rows if row.name not in broken]
    known = {name: text for name, text in broken.items() if name in registry.REGISTRY}
    return registry.dump(registry.resolve(whole)) | known


def holding(at: Place) -> list[SettingOverride]:
    """Every changed setting that can hold at a place, widest scope first."""
    users = {}
    if at.account_id:
        users = dict(ExchangeAccount.objects.filter(pk=at.account_id).values_list("id", "user_id"))
    user_id = users.get(at.account_id or 0, at.user_id)
    mine = Q(user=None, account=None, symbol="") | Q(account_id=at.account_id or 0, symbol__in=("", at.symbol))
    if user_id:
        mine |= Q(user_id=user_id, account=None, symbol="")
    return counting(SettingOverride.objects.filter(mine).select_related("user", "account"), at, users)


def counting(rows: Iterable[SettingOverride], at: Place, users: Mapping[int, int]) -> list[SettingOverride]:
    """Those rows that count at a place, widest scope first; users: whose an account is."""
    user_id = users.get(at.account_id, at.user_id) if at.account_id else at.user_id
    places = (Place(), Place(user_id), Place(account_id=at.account_id), at)
    return sorted((row for row in rows if place_of(row) in places), key=_width)


def _width(row: SettingOverride) -> tuple[bool, bool, bool]:
    """Widest scope first."""
    return (bool(row.symbol), bool(row.account_id), bool(row.user_id))


def origin(name: str, rows: Sequence[SettingOverride]) -> Mapping[str, Any] | None:
    """The scope that decides a setting among what can hold; None: the default."""
    found = [row for row in rows if row.name == name]
    return place_of(found[-1]).told if found else None


def _refused(code: str, field: str, value: object, limit: object, advice: str, said: str) -> SettingError:
    return SettingError(Refusal(code, field, value, limit, advice, said=said))
