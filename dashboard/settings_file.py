"""The configuration as a file: every changed setting by names instead of numbers, and such a file as wishes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.settings_form import MOST, NotReadable, clean_text
from project.accounts.models import ExchangeAccount, User
from trading.domain import settings as registry
from trading.domain.settings import SettingError
from trading.models import SettingOverride
from trading.services import overrides
from trading.services.overrides import Place, Wish, place_of

FORMAT = "windlass settings 1"
NOT_OURS = (
    'This is no file of settings: a JSON object with "format" and "settings", as Export writes it. Nothing was done.'
)


@dataclass(frozen=True, slots=True)
class Names:
    """Accounts and people by number and by name."""

    accounts: Mapping[int, tuple[str, str]]
    people: Mapping[int, str]

    @classmethod
    def known(cls) -> "Names":
        """All there are."""
        rows = ExchangeAccount.objects.values_list("id", "user__username", "name")
        accounts = {number: (owner, name) for number, owner, name in rows}
        return cls(accounts, dict(User.objects.values_list("id", "username")))


def written(user: User, *, everything: bool) -> str:
    """All changed settings; of somebody who is no admin: those for everybody, his own and his accounts'."""
    names = Names.known()
    rows = SettingOverride.objects.select_related("account").order_by("user", "account", "symbol", "name")
    mine = (row for row in rows if everything or _his(row, user))
    found = {"format": FORMAT, "settings": [_row(row, names) for row in mine]}
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _his(row: SettingOverride, user: User) -> bool:
    if row.account is not None:
        return row.account.user_id == user.pk
    return row.user_id in (None, user.pk)


def _row(row: SettingOverride, names: Names) -> dict[str, str]:
    owner, account = names.accounts.get(row.account_id or 0, ("", ""))
    person = owner or names.people.get(row.user_id or 0, "")
    said = {"user": person, "account": account, "symbol": row.symbol, "name": row.name, "value": str(row.value)}
    return {key: text for key, text in said.items() if text or key == "value"}


def read(text: str, *, whole: bool) -> tuple[Wish, ...]:
    """A file's settings as wishes; whole: what it does not name goes back to the default. Raises NotReadable."""
    try:
        found: Any = json.loads(text)
        rows = found["settings"] if found["format"] == FORMAT else None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotReadable(NOT_OURS) from error
    if not isinstance(rows, list) or len(rows) > MOST:
        raise NotReadable(NOT_OURS)
    names = Names.known()
    wishes = tuple(_wish(row, number, names) for number, row in enumerate(rows, 1))
    return (*wishes, *(_rest(wishes) if whole else ()))


def _rest(wishes: tuple[Wish, ...]) -> Iterator[Wish]:
    named = {(wish.name, wish.place) for wish in wishes}
    for row in SettingOverride.objects.order_by("id"):
        if (row.name, place_of(row)) not in named and row.name in registry.REGISTRY:
            yield Wish(row.name, place_of(row))


def _wish(row: object, number: int, names: Names) -> Wish:
    said = row if isinstance(row, dict) else {}
    try:
        texts = {key: clean_text(said.get(key, "")) for key in ("user", "account", "symbol", "name", "value")}
    except TypeError:
        texts = {"name": ""}
    if not texts["name"]:
        raise NotReadable(f"Setting {number} of the file is not readable: it needs a name and a value, as text.")
    return Wish(texts["name"], _place(texts, number, names), texts["value"])


def _place(texts: Mapping[str, str], number: int, names: Names) -> Place:
    """By names. Raises NotReadable where this installation has nobody and nothing of that name."""
    user, account, symbol = texts["user"], texts["account"], texts["symbol"]
    if account:
        found = next((key for key, known in names.accounts.items() if known == (user, account)), None)
        if found is None:
            raise NotReadable(
                f"Setting {number} is for the account {account} of {user or 'nobody'}: there is none here."
            )
        return _pair(found, symbol, number) if symbol else Place(account_id=found)
    person = next((key for key, known in names.people.items() if known == user), None)
    if (user and person is None) or symbol:
        raise NotReadable(
            f"Setting {number}: there is no user {user} here."
            if user
            else f"Setting {number}: a pair needs its account."
        )
    return Place(user_id=person if user else None)


def _pair(account_id: int, symbol: str, number: int) -> Place:
    try:
        return overrides.place(user_id=None, account=ExchangeAccount.objects.get(pk=account_id), symbol=symbol[:40])
    except SettingError as error:
        raise NotReadable(f"Setting {number}: {error.refusal.said}") from error
