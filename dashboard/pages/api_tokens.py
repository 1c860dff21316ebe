"""The page "API tokens": keys for programs, made here and shown once; what each may do, when it was used, and its end."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import given, tokens
from dashboard.fresh import needs_fresh_confirmation, posted
from dashboard.models import ApiToken
from dashboard.pages.errors import needs_database
from dashboard.roles import ORDER, Scope, scopes_of
from dashboard.tokens import DEFAULT_DAYS, MOST_DAYS, NotAllowed
from project.accounts.models import User

NAME_LENGTH = range(1, 61)
WORDS = {
    Scope.READ: "looks at everything of yours",
    Scope.TRADE: "acts too: closes, cancels, pauses, changes your settings",
    Scope.ADMIN: "and what is everybody's",
}
NO_NAME = "Give it a name of 1 to 60 characters: what is it for?"
NO_DAYS = f"It may last 1 to {MOST_DAYS} days."


@needs_database
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs_fresh_confirmation(when=posted, back="/api/tokens")
def api_tokens(request: HttpRequest) -> HttpResponse:
    """The user's own tokens; POST makes one and tells it, this once."""
    made, problem = _made(request) if request.method == "POST" else ("", "")
    user, now = request.user, timezone.now()
    context = {
        "days": DEFAULT_DAYS,
        "made": made,
        "most_days": MOST_DAYS,
        "name": request.POST.get("name", "") if problem else "",
        "now": now,
        "problem": problem,
        "rows": [(row, row.holds(now)) for row in ApiToken.objects.filter(user_id=user.pk or 0)],
        "scopes": [(scope, WORDS[scope]) for scope in ORDER if scope in scopes_of(user)],
    }
    return render(request, "dashboard/api_tokens.html", context, status=422 if problem else 200)


def _made(request: HttpRequest) -> tuple[str, str]:
    """The new token, or why there is none."""
    name = given.words(request.POST.get("name", ""))
    days, scope = given.number(request.POST.get("days", "")) or 0, request.POST.get("scope", "")
    if len(name) not in NAME_LENGTH:
        return "", NO_NAME
    if not 1 <= days <= MOST_DAYS:
        return "", NO_DAYS
    if scope not in tuple(ORDER) or not isinstance(request.user, User):
        return "", "Choose what it may do."
    try:
        return tokens.make(request.user, name=name, scope=Scope(scope), days=days, now=timezone.now())[1], ""
    except NotAllowed as error:
        return "", str(error)


@needs_database
@login_required
@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """It opens nothing from now on."""
    row = get_object_or_404(ApiToken, pk=token_id, user_id=request.user.pk)
    tokens.revoke(row, operator=request.user.get_username(), now=timezone.now())
    messages.success(request, f"{row.name} is revoked; it opens nothing any more.")
    return redirect("dashboard:api_tokens")
