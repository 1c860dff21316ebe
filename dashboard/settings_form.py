"""What the page's forms say, as wishes, and back: a form of fields, and the changes that a preview carries to its yes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.signing import Signer
from django.http import QueryDict
from django.utils.crypto import constant_time_compare

from dashboard.settings_rows import Typed, field_of
from trading.domain import settings as registry
from trading.domain.settings import Setting
from trading.services.overrides import CannotChange, Change, Place, Wish
from trading.services.setting_versions import Key

VALUE, SEEN, TICKS = "v.", "s.", "t."
# Before a setting's name: what is typed, what stood there, that its ticks were on the page at all.
LONGEST = 4000
MOST = 500  # changes in one step


class NotReadable(ValueError):
    """A form that is not ours, or was cut short; nothing was done."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks for, with what stood in each field when it was drawn."""

    wishes: tuple[Wish, ...]
    seen: Mapping[str, str]
    values: Mapping[str, str]


def read(form: QueryDict, at: Place, *, own: Iterable[str]) -> Asked:
    """The fields that differ from what they showed; `reset` names a setting, or a section whose own values go."""
    values = {name: _typed(form, setting) for name, setting in registry.REGISTRY.items() if _stands(form, setting)}
    seen = {name: _clean(form.get(SEEN + name, "")) for name in values}
    gone = _resets(form.get("reset", ""), frozenset(own))
    changed = [Wish(name, at, text) for name, text in values.items() if name not in gone and _moved(name, text, seen)]
    return Asked((*(Wish(name, at) for name in sorted(gone)), *changed), seen, values)


def _stands(form: QueryDict, setting: Setting) -> bool:
    return VALUE + setting.name in form or (TICKS + setting.name in form and _is_ticked(setting))


def _is_ticked(setting: Setting) -> bool:
    """Whether its field is ticks: a browser sends nothing where all of them are off."""
    return field_of(setting) == "ticks"


def _typed(form: QueryDict, setting: Setting) -> str:
    parts = form.getlist(VALUE + setting.name)
    return ", ".join(map(_clean, parts)) if _is_ticked(setting) else _clean(parts[-1])


def _clean(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:LONGEST]


def _moved(name: str, text: str, seen: Mapping[str, str]) -> bool:
    """Whether the value is another one, however it is written."""
    return text != seen[name] and registry.parse(name, text) != registry.parse(name, seen[name])


def _resets(named: str, own: frozenset[str]) -> frozenset[str]:
    """`NAME`, or `section:GROUP`; only what is written at the place can be given back."""
    group = named.removeprefix("section:")
    if named.startswith("section:"):
        return frozenset(name for name in own if registry.REGISTRY[name].group == group)
    return own & {named}


def typed(asked: Asked, error: CannotChange) -> Typed:
    """The page again, with what is wrong at its field."""
    names = [wish.name for wish in asked.wishes]
    problems = {names[number]: f"{one.code}: {one.sentence()}" for number, one in error.wrong.items() if number >= 0}
    both = error.wrong.get(-1)
    field = both.field if both and both.field in names else names[0] if names else ""
    return Typed(asked.values, problems | ({field: f"{both.code}: {both.sentence()}"} if both else {}))


# from preview to yes -----------------------------------------------------------------------------


def packed(changes: Iterable[Change]) -> str:
    """The changes of a preview, to be sent back with the yes."""
    return json.dumps([change.told for change in changes])


def marked(changes: str, how: str, of: int | None) -> str:
    """Our mark on the way that packed changes came: nobody else can call a change the way back to a version."""
    return Signer(salt="dashboard.settings.way").signature(f"{how}\n{of or ''}\n{changes}")


def is_ours(mark: str, changes: str, how: str, of: int | None) -> bool:
    """Whether a form carries its way as the preview wrote it."""
    return constant_time_compare(mark, marked(changes, how, of))


def unpacked(text: str) -> tuple[tuple[Wish, ...], dict[Key, str | None]]:
    """The wishes, and what each setting was when they were looked at. Raises NotReadable."""
    try:
        found: Any = json.loads(text)
        rows = [_one(row) for row in found] if isinstance(found, list) and len(found) <= MOST else []
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotReadable("The form was cut short: open Settings again. Nothing was changed.") from error
    if not rows:
        raise NotReadable("The form holds no change. Nothing was changed.")
    return tuple(wish for wish, _ in rows), {(wish.name, wish.place): before for wish, before in rows}


def _one(row: Mapping[str, Any]) -> tuple[Wish, str | None]:
    at = place_in(row["scope"])
    return Wish(clean_text(row["name"]), at, _maybe(row["after"])), _maybe(row["before"])


def place_in(told: Mapping[str, Any]) -> Place:
    """A place as JSON has it. Raises TypeError for what is none."""
    at = Place.of(told)
    if not all(
        number is None or (type(number) is int and 0 < number < 2**63) for number in (at.user_id, at.account_id)
    ):
        raise TypeError("a number of a user or an account")
    if at.symbol and at.account_id is None:
        raise TypeError("a pair without its account")
    return Place(at.user_id, at.account_id, clean_text(at.symbol)[:40])


def _maybe(value: object) -> str | None:
    return None if value is None else clean_text(value)


def clean_text(value: object) -> str:
    """A text of JSON as a row can keep it. Raises TypeError for what is none."""
    if not isinstance(value, str) or len(value) > LONGEST or any("\ud800" <= char <= "\udfff" for char in value):
        raise TypeError("text")
    return value.replace("\0", "")
