"""What an admin does about one person: a question with its consequence and a reason, then the deed. One table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard import given, users
from dashboard.fresh import needs_fresh_confirmation
from dashboard.pages.ask import Field, Question
from dashboard.pages.errors import needs_database
from dashboard.roles import Scope, scopes_of
from dashboard.sealed import refused
from dashboard.users import UserRefused
from project.accounts.models import Role, User

REASON = Field("reason", "Why? It is journalled with your name", min_length=3, max_length=200)
NO_ROLE = "This takes the role admin."
Act = Callable[[User, User, str], object]


@dataclass(frozen=True, slots=True)
class Deed:
    """Title and consequence may name {user}; `protects`: no fresh confirmation is asked, it only takes power away."""

    title: str
    consequence: tuple[str, ...]
    button: str
    done: str
    act: Act
    protects: bool = False


def _role(role: Role, consequence: str) -> Deed:
    return Deed(
        f"Make {{user}} {role}?",
        (consequence, "It holds from the next click on; tokens reach no further than the role."),
        f"Make {role}",
        f"{{user}} is {role} now.",
        lambda user, admin, reason: users.change_role(user.pk, role, admin=admin, reason=reason),
    )


DEEDS: Mapping[str, Deed] = MappingProxyType(
    {
        "viewer": _role(Role.VIEWER, "{user} looks at everything and acts on nothing."),
        "trader": _role(Role.TRADER, "{user} acts on his own accounts, pauses and presses Kill."),
        "admin": _role(Role.ADMIN, "{user} acts on everything: keys, arming, users, the admin pages."),
        "switch-off": Deed(
            "Switch {user} off?",
            (
                "{user} cannot log in any more. Sessions and tokens end at once.",
                "Orders and accounts stay as they are.",
            ),
            "Switch off",
            "{user} is switched off; sessions and tokens have ended.",
            lambda user, admin, reason: users.switch_off(user.pk, admin=admin, reason=reason, now=timezone.now()),
            protects=True,
        ),
        "switch-on": Deed(
            "Switch {user} on again?",
            ("{user} may log in again, with the same role and second factor.", "Tokens stay revoked."),
            "Switch on",
            "{user} may log in again.",
            lambda user, admin, reason: users.switch_on(user.pk, admin=admin, reason=reason),
        ),
        "log-out": Deed(
            "Log {user} out everywhere?",
            ("Every browser of {user} has to log in again. Tokens go on.",),
            "Log out",
            "{user} is logged out everywhere.",
            lambda user, admin, reason: users.end_sessions(user.pk, admin=admin, reason=reason),
            protects=True,
        ),
        "reset-second-factor": Deed(
            "Remove the second factor of {user}?",
            (
                "Authenticator app, passkeys and recovery codes are removed; {user} is logged out everywhere, programs too.",
                "Until a new one is set up, the password alone lets in: make sure that it really is {user} who asks.",
            ),
            "Remove it",
            "The second factor of {user} is removed.",
            lambda user, admin, reason: users.reset_second_factor(
                user.pk, admin=admin, reason=reason, now=timezone.now()
            ),
        ),
        "unlock": Deed(
            "Unlock {user}?",
            ("The failed log-ins of this name are forgotten, at every address.",),
            "Unlock",
            "{user} may try again.",
            lambda user, admin, reason: users.unlock(user.pk, admin=admin, reason=reason),
            protects=True,
        ),
    }
)


def _widens(request: HttpRequest) -> bool:
    deed = DEEDS.get(request.resolver_match.kwargs.get("deed", "")) if request.resolver_match else None
    return deed is not None and not deed.protects


@needs_database
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@needs_fresh_confirmation(when=_widens, back=lambda request: request.path)
def user_deed(request: HttpRequest, user_id: int, deed: str) -> HttpResponse:
    """GET shows the question, POST acts and leads back to the page."""
    if deed not in DEEDS:
        raise Http404
    user, chosen = get_object_or_404(User, pk=user_id), DEEDS[deed]
    reason = given.words(request.POST.get("reason", ""))
    if not chosen.protects and getattr(request.user, "sealed", False):
        return refused(request)
    problem, status = _obstacle(request, reason)
    if not problem and request.method == "POST":
        problem, status = _done(request, chosen, user, reason), 409
    if not problem and request.method == "POST":
        messages.success(request, chosen.done.format(user=user.get_username()))
        return redirect("dashboard:users")
    context = {"question": _question(chosen, user), "problem": problem, "typed": {"reason": reason}}
    return render(request, "dashboard/ask.html", context | {"home": reverse("dashboard:users")}, status=status)


def _obstacle(request: HttpRequest, reason: str) -> tuple[str, int]:
    if Scope.ADMIN not in scopes_of(request.user):
        return NO_ROLE, 403
    if request.method == "POST" and not REASON.min_length <= len(reason) <= REASON.max_length:
        return f"{REASON.label}: {REASON.min_length} to {REASON.max_length} characters are needed.", 422
    return "", 200


def _done(request: HttpRequest, deed: Deed, user: User, reason: str) -> str:
    """Do it; else why not."""
    if not isinstance(request.user, User):
        return NO_ROLE
    try:
        deed.act(user, request.user, reason)
    except UserRefused as refused:
        return str(refused)
    return ""


def _question(deed: Deed, user: User) -> Question:
    name = user.get_username()
    lines = tuple(line.format(user=name) for line in deed.consequence)
    return Question(deed.title.format(user=name), lines, deed.button, danger=not deed.protects, fields=(REASON,))
