"""Who may do what on the page: everyone who logs in may look; acting takes the role trader, or admin for others' accounts."""

from typing import Any

from django.db.models import Q

from dashboard.roles import Scope, scopes_of
from project.accounts.models import ExchangeAccount

NO_ROLE = "Your role may look, not act. This takes the role trader or admin."
NOT_YOURS = "This account is somebody else's: you may look at it. Acting on it takes its owner, or the role admin."


def may_act(user: Any) -> bool:
    """Whether a (logged-in) user may change what the engine does; nobody may while the profile is sealed (dashboard/sealed.py)."""
    return may_kill(user) and not getattr(user, "sealed", False)


def may_act_on(user: Any, account_id: int | None) -> bool:
    """Whether a user may act on one account: its owner may, and an admin."""
    return not refusal(user, account_id)


def may_act_for(user: Any, owner_id: int | None) -> bool:
    """The same by the account's owner, without a question: for pages, which have the account at hand."""
    return may_act(user) and (Scope.ADMIN in scopes_of(user) or owner_id == user.pk)


def refusal(user: Any, account_id: int | None) -> str:
    """Why a user may not act on an account; empty: he may."""
    if not may_act(user):
        return NO_ROLE
    if Scope.ADMIN in scopes_of(user) or ExchangeAccount.objects.filter(pk=account_id or 0, user_id=user.pk).exists():
        return ""
    return NOT_YOURS


def may_kill(user: Any) -> bool:
    """Whether a user may press the red button, leave an emergency and withdraw a waiting change: sealed or not."""
    return Scope.TRADE in scopes_of(user)


def withdrawable(user: Any) -> Q:
    """The waiting changes that a user may take back: of his own accounts, his own, and those for everybody; an admin all."""
    if Scope.ADMIN in scopes_of(user):
        return Q()
    return Q(account__user=user.pk) | Q(account=None, user=user.pk) | Q(account=None, user=None)
