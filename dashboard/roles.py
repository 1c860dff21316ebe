"""Roles, rights and scopes: what a viewer, a trader and an admin may do, in Django's own permissions. One table.

A role gives rights, a scope is what a token may use of its owner's: `trade` contains `read`, `admin` contains both.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.contrib.auth.backends import ModelBackend

from project.accounts.models import Role, User

APP = "dashboard"


class Scope(StrEnum):
    """What may be done; each contains those before it."""

    READ = "read"
    TRADE = "trade"
    ADMIN = "admin"

    @property
    def permission(self) -> str:
        """Its name among Django's permissions (dashboard.models.ApiToken.Meta)."""
        return f"{APP}.may_{self.value}"

    @property
    def contains(self) -> "frozenset[Scope]":
        """Itself and everything less."""
        return frozenset(ORDER[: ORDER.index(self) + 1])


ORDER = (Scope.READ, Scope.TRADE, Scope.ADMIN)
WIDEST: Mapping[str, Scope] = MappingProxyType(
    {Role.VIEWER: Scope.READ, Role.TRADER: Scope.TRADE, Role.ADMIN: Scope.ADMIN}
)
OURS = frozenset(scope.permission for scope in ORDER)


def scopes_of(user: Any) -> frozenset[Scope]:
    """What a user may do; nothing for strangers and those who were switched off."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    return Scope.ADMIN.contains if user.is_superuser else WIDEST[user.role].contains


class RoleBackend(ModelBackend):
    """Django's own log-in; of our rights the role decides, all others are looked up as ever."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Whether the user has a right; ours take no query."""
        if perm in OURS:
            return any(scope.permission == perm for scope in scopes_of(user_obj))
        return super().has_perm(user_obj, perm, obj)
