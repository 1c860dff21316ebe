"""The page "Users": who may log in, as what, with which second factor; an admin invites, changes and switches off."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import given, invites, shell, users
from dashboard.fresh import needs_fresh_confirmation, posted
from dashboard.invites import DEFAULT_DAYS, MOST_DAYS, InviteRefused
from dashboard.pages.errors import needs_database
from dashboard.roles import Scope, scopes_of
from dashboard.users_models import Invite
from project.accounts.models import Role, User

ROLES = (
    (Role.VIEWER, "looks at everything, acts on nothing"),
    (Role.TRADER, "acts on his own accounts, pauses, presses Kill"),
    (Role.ADMIN, "acts on everything, keys and users included"),
)
NOTE_LENGTH = range(1, 61)
NO_NOTE = "Say in 1 to 60 characters who it is for."
NO_ROLE = "Choose a role."
SHOWN_INVITES = 20


def may_manage(request: HttpRequest) -> bool:
    """Whether this person may change anything about others; nobody may while the profile is sealed."""
    return Scope.ADMIN in scopes_of(request.user) and not getattr(request.user, "sealed", False)


@needs_database
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs_fresh_confirmation(when=posted, back="/users")
def users_page(request: HttpRequest) -> HttpResponse:
    """Everybody; POST makes an invitation and tells its link, this once."""
    link, problem = _invited(request) if request.method == "POST" else ("", "")
    now, may = timezone.now(), may_manage(request)
    made = Invite.objects.select_related("made_by", "used_by")[:SHOWN_INVITES] if may else ()
    context = {
        "days": DEFAULT_DAYS,
        "invites": [(row, row.holds(now)) for row in made],
        "invites_on": invites.are_on(),
        "link": link,
        "may_manage": may,
        "most_days": MOST_DAYS,
        "now": now,
        "overview": shell.gather(given.number(request.GET.get("account", "")), now=now),
        "people": users.people(now=now, seen_by=request.user),
        "problem": problem,
        "roles": ROLES,
        "typed": request.POST if problem else {},
    }
    return render(request, "dashboard/users.html", context, status=422 if problem else 200)


def _invited(request: HttpRequest) -> tuple[str, str]:
    """The new link, or why there is none."""
    note = given.words(request.POST.get("note", ""))
    role, days = request.POST.get("role", ""), given.number(request.POST.get("days", "")) or 0
    if len(note) not in NOTE_LENGTH:
        return "", NO_NOTE
    if role not in Role.values or not isinstance(request.user, User):
        return "", NO_ROLE
    try:
        _, text = invites.make(request.user, role=Role(role), note=note, days=days, now=timezone.now())
    except InviteRefused as refused:
        return "", str(refused)
    return request.build_absolute_uri(reverse("dashboard:invite", args=[text])), ""


@needs_database
@login_required
@require_POST
def withdraw_invite(request: HttpRequest, invite_id: int) -> HttpResponse:
    """It lets nobody in any more."""
    row = get_object_or_404(Invite, pk=invite_id)
    if Scope.ADMIN not in scopes_of(request.user):
        messages.error(request, "This takes the role admin.")
    elif invites.withdraw(row, operator=request.user.get_username(), now=timezone.now()):
        messages.success(request, f"The invitation for {row.note} is withdrawn.")
    else:
        messages.warning(request, "It had ended already.")
    return redirect("dashboard:users")
