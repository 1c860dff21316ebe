"""The page "Your log-in": second factors, password, and the browsers one is logged in with."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard import given, shell, users_sessions
from dashboard.pages.errors import needs_database
from dashboard.security import why_two_factor
from project.accounts.models import User


@require_safe
@needs_database
@login_required
@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    """One's own."""
    user, now = request.user, timezone.now()
    factors = list(Authenticator.objects.filter(user_id=user.pk).order_by("pk"))
    context = {
        "codes": _codes_left(factors),
        "now": now,
        "overview": shell.gather(given.number(request.GET.get("account", "")), now=now),
        "passkeys": [row.wrap() for row in factors if row.type == Authenticator.Type.WEBAUTHN],
        "sessions": _sessions(request),
        "totp": next((row for row in factors if row.type == Authenticator.Type.TOTP), None),
        "wanted": why_two_factor() if user.is_staff else "",
    }
    return render(request, "dashboard/profile.html", context)


def _sessions(request: HttpRequest) -> Any:
    here, user = request.session.session_key, request.user
    return users_sessions.of(user, here=here, now=timezone.now()) if isinstance(user, User) else ()


def _codes_left(factors: list[Authenticator]) -> int | None:
    """How many recovery codes are unused; None where there are none at all."""
    row = next((row for row in factors if row.type == Authenticator.Type.RECOVERY_CODES), None)
    return len(row.wrap().get_unused_codes()) if row else None


@needs_database
@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Log one of one's own browsers out."""
    return _ended(request, session_id=session_id)


@needs_database
@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Log every browser out but this one."""
    return _ended(request, but=request.session.session_key)


def _ended(request: HttpRequest, **which: Any) -> HttpResponse:
    user = request.user
    count = users_sessions.end(user, operator=user.get_username(), **which) if isinstance(user, User) else 0
    words = "One browser is logged out." if count == 1 else f"{count} browsers are logged out."
    messages.success(request, words if count else "There was no other browser to log out.")
    return redirect("dashboard:profile")
