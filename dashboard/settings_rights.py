"""Who may change which setting: his own and his accounts' with the role trader, everybody's with the role admin."""

from collections.abc import Iterable
from typing import Any

from dashboard.access import NO_ROLE, may_kill
from dashboard.roles import Scope, scopes_of
from project.accounts.models import ExchangeAccount
from trading.domain.settings import Scope as Where
from trading.services import overrides
from trading.services.overrides import Place, Wish

EVERYBODYS = "A setting for everybody takes the role admin. Choose one of your accounts, or all of yours."
SOMEBODYS = "This setting is somebody else's: it takes its owner, or the role admin."


def is_admin(user: Any) -> bool:
    """Whether somebody may change everything, and answer requests."""
    return Scope.ADMIN in scopes_of(user)


def refusal(user: Any, places: Iterable[Place]) -> str:
    """Why somebody may not change settings at these places; empty: he may. The seal does not forbid, it delays."""
    if not may_kill(user):
        return NO_ROLE
    if is_admin(user):
        return ""
    wanted = set(places)
    if any(place.scope is Where.GLOBAL for place in wanted):
        return EVERYBODYS
    accounts = {place.account_id for place in wanted if place.account_id}
    own = ExchangeAccount.objects.filter(pk__in=accounts, user_id=user.pk).count() if accounts else 0
    people = {place.user_id for place in wanted if place.user_id}
    return "" if own == len(accounts) and people <= {user.pk} else SOMEBODYS


def refusal_of(user: Any, wishes: Iterable[Wish]) -> str:
    """The same for wishes: what seals the installation is an admin's to decide, wherever it is set."""
    wishes = tuple(wishes)
    if any(overrides.seals(wish.name, wish.raw) for wish in wishes) and not is_admin(user):
        return overrides.SEALS_ALL
    return refusal(user, (wish.place for wish in wishes))
