"""What a request may do, by its scopes: reading takes `read`, a deed what its view says."""

from typing import Any

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from dashboard.api.authentication import scopes
from dashboard.problems import refused
from dashboard.roles import Scope


class Scoped(BasePermission):
    """The view's `scope_to_read` and `scope_to_write`, held against the request's scopes."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True, or the refusal that says which scope is missing."""
        if not request.user or not request.user.is_authenticated:
            raise NotAuthenticated
        needed = view.scope_to_read if request.method in SAFE_METHODS else view.scope_to_write
        if needed not in scopes(request):
            raise refused("SCOPE_MISSING", SENTENCE.format(needed=needed), status=403, limit=str(needed))
        return True


SENTENCE = "This takes the scope {needed}: your role, or the token you use, does not reach so far."
DEFAULTS = {"scope_to_read": Scope.READ, "scope_to_write": Scope.TRADE}
