"""Who may do what on the page: everyone who logs in may look, acting takes the role trader or admin."""

from typing import Any

from project.accounts.models import Role, User

ACTORS = frozenset({Role.TRADER, Role.ADMIN})


def may_act(user: Any) -> bool:
    """Whether a (logged-in) user may change what the engine does."""
    return isinstance(user, User) and user.is_active and (user.is_superuser or user.role in ACTORS)
