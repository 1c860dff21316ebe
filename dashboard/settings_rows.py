"""The page Settings in rows: what each setting is, what holds at a place and why, and the field to change it with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard import settings_words as words
from project.accounts.models import ExchangeAccount
from trading.domain import settings as registry
from trading.domain.settings import Kind, Scope, Setting
from trading.models import SettingOverride
from trading.services import overrides
from trading.services.overrides import SCOPES, Place

FIELDS: Mapping[Kind, str] = {
    Kind.BOOL: "select",
    Kind.CHOICE: "select",
    Kind.CHOICES: "ticks",
    Kind.LEGS: "legs",
    Kind.LEGS_BY_PYRAMID: "area",
    Kind.RUNGS: "rungs",
    Kind.SIZES_BY_PYRAMID: "area",
}
# Any other kind is a line of text; a plain number gets the browser's own field.
NUMBERS = frozenset({Kind.INT, Kind.DECIMAL})
ORDERED = frozenset({"rules"})
# Choices whose order counts are written, not ticked.


@dataclass(frozen=True, slots=True)
class Row:
    """One setting at the place that is looked at. value is what holds, own what is written right here."""

    setting: Setting
    label: str
    default: str
    value: str
    origin: str
    own: str | None
    field: str
    limits: str
    felt: str
    closed: str  # why it cannot be set at this place
    typed: str
    problem: str = ""
    unread: str = ""  # why it changes nothing in this version

    @property
    def name(self) -> str:
        """As the registry has it."""
        return self.setting.name

    @property
    def choices(self) -> tuple[str, ...]:
        """What a list or ticks offer."""
        return ("on", "off") if self.setting.kind is Kind.BOOL else tuple(map(str, self.setting.choices))

    @property
    def ticked(self) -> frozenset[str]:
        """Those that are on."""
        return frozenset(part.strip() for part in self.typed.split(",") if part.strip())

    @property
    def step(self) -> str:
        """Of the browser's own field for numbers."""
        return "1" if self.setting.kind is Kind.INT else "any"

    @property
    def differs(self) -> bool:
        """Whether what holds is not the default."""
        return self.value != self.default


@dataclass(frozen=True, slots=True)
class Section:
    """A group of settings; `own` counts those written at this place."""

    name: str
    title: str
    lead: str
    rows: tuple[Row, ...]

    @property
    def own(self) -> int:
        """How many are written at the place that is looked at."""
        return sum(row.own is not None for row in self.rows)

    @property
    def wrong(self) -> bool:
        """Whether something that was typed in it cannot be taken."""
        return any(row.problem for row in self.rows)


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed and what is wrong with it, by name; empty where the page is only looked at."""

    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


def gather(at: Place, *, search: str = "", typed: Typed | None = None) -> tuple[Section, ...]:
    """All sections at a place, or what of them fits the search."""
    rows, typed = overrides.holding(at), typed or Typed()
    values = overrides.values(rows)
    made = [_row(setting, at, rows, values, typed) for setting in registry.REGISTRY.values()]
    fitting = [row for row in made if _fits(row, search)]
    names = sorted({row.setting.group for row in fitting}, key=words.place_in_page)
    return tuple(_section(name, fitting) for name in names)


def _section(name: str, rows: Sequence[Row]) -> Section:
    return Section(name, words.title(name), words.lead(name), tuple(row for row in rows if row.setting.group == name))


def _fits(row: Row, search: str) -> bool:
    text = f"{row.setting.group} {row.name} {row.label} {row.setting.help} {row.value}".lower()
    return all(word in text for word in search.lower().split())


def _row(setting: Setting, at: Place, rows: Sequence[SettingOverride], values: Mapping[str, str], typed: Typed) -> Row:
    name, value = setting.name, values[setting.name]
    own = next((str(row.value) for row in rows if row.name == name and overrides.place_of(row) == at), None)
    return Row(
        setting=setting,
        label=words.label(name),
        default=registry.as_text(name, setting.default),
        value=value,
        origin=_origin(setting, rows, values),
        own=own,
        field=field_of(setting),
        limits=words.limits(setting),
        felt=words.felt(setting),
        closed=_closed(setting, at.scope),
        unread=words.unread(setting),
        typed=typed.values.get(name, value),
        problem=typed.problems.get(name, ""),
    )


def field_of(setting: Setting) -> str:
    """Which field a setting is typed into."""
    if setting.name in ORDERED:
        return "text"
    plain_number = setting.kind in NUMBERS and not setting.off_word
    return "number" if plain_number else FIELDS.get(setting.kind, "text")


def _closed(setting: Setting, scope: Scope) -> str:
    if SCOPES.index(scope) <= SCOPES.index(setting.narrowest):
        return ""
    return f"for {words.scope_words(setting.narrowest)} or wider only"


def _origin(setting: Setting, rows: Sequence[SettingOverride], values: Mapping[str, str]) -> str:
    """Which scope decides it, in words."""
    found = [row for row in rows if row.name == setting.name]
    if found:
        return f"set for {where(overrides.place_of(found[-1]), account=found[-1].account, user=found[-1].user)}"
    by_profile = values.get("profile") == "strict" and setting.strict is not None
    return "by the profile strict" if by_profile else "the default"


def where(at: Place, *, account: ExchangeAccount | None = None, user: Any = None) -> str:
    """A place in words."""
    if at.account_id is not None:
        name = account.name if account else f"account {at.account_id}"
        return f"{name} {at.symbol}".rstrip()
    if at.user_id is not None:
        return f"all of {user.get_username() if user else f'user {at.user_id}'}"
    return "everybody"
