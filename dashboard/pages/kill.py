"""The red button on the page: what it would do in numbers, the typed word; afterwards how far it is, and the two steps out."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import given
from dashboard.access import may_kill
from dashboard.fresh import needs_fresh_confirmation
from dashboard.pages.errors import needs_database
from dashboard.red_button import latest_lines, stakes
from project.accounts import mode
from project.accounts.mode import ModeRefused
from project.accounts.models import ExchangeAccount
from trading.kill import places
from trading.services import approvals, emergency
from trading.services.emergency import NO_REASON, REASON_LENGTH, KillRefused
from trading.services.left_open import left_open

NO_ROLE = "Your role may look, not act. The red button takes the role trader or admin."


@needs_database
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def kill(request: HttpRequest) -> HttpResponse:
    """Say what the button does, or press it; while an emergency stands, how far it is."""
    problem, status = "", 200
    if request.method == "POST":
        problem, status = _press(request)
        if not problem:
            return redirect("dashboard:kill")
    return render(request, "dashboard/kill.html", _context(request, problem), status=status)


def _press(request: HttpRequest) -> tuple[str, int]:
    """Press; else why not, with the status of the answer."""
    if not may_kill(request.user):
        return NO_ROLE, 403
    who, reason, phrase = request.user.get_username(), _typed(request, "reason"), _typed(request, "phrase")
    try:
        done = emergency.kill(settings.WINDLASS.home, operator=who, reason=reason, phrase=phrase, source="page")
    except KillRefused as refused:
        return str(refused), 422
    if not done.durable:
        messages.error(request, done.words)
    return "", 200


def _typed(request: HttpRequest, name: str) -> str:
    return given.words(request.POST.get(name, ""))


def _context(request: HttpRequest, problem: str) -> dict[str, object]:
    home, row = settings.WINDLASS.home, mode.current()
    found = emergency.standing(home)
    return {
        "problem": problem,
        "may_act": may_kill(request.user),
        "reason": _typed(request, "reason"),
        "mode": row,
        "latch": found[0] if found else None,
        "report": found[1] if found else None,
        "lines": latest_lines(home, found[0].id) if found else [],
        "watched": places.is_watched(home),
        "stakes": stakes(ExchangeAccount.objects.order_by("id")),
        "left": left_open(home, found[0].id) if found else (),
        "two_people": approvals.needed(),
        "kill_phrase": mode.KILL_PHRASE,
        "leave_phrase": mode.LEAVE_PHRASE,
    }


@needs_database
@login_required
@require_POST
@needs_fresh_confirmation(back="/kill")
def request_leave(request: HttpRequest) -> HttpResponse:
    """The first step out of EMERGENCY."""
    reason = _typed(request, "reason")
    if not may_kill(request.user) or len(reason) not in REASON_LENGTH:
        messages.error(request, NO_REASON if may_kill(request.user) else NO_ROLE)
        return redirect("dashboard:kill")
    return _take(
        request,
        lambda: mode.request_leave(operator=request.user.get_username(), reason=reason, now=timezone.now()),
        "Asked. Now confirm within 15 minutes; with approvals on, somebody else does.",
    )


@needs_database
@login_required
@require_POST
@needs_fresh_confirmation(back="/kill")
def confirm_leave(request: HttpRequest) -> HttpResponse:
    """The second step: the phrase, and the mode is PAUSED."""
    if not may_kill(request.user):
        messages.error(request, NO_ROLE)
        return redirect("dashboard:kill")
    return _take(
        request,
        lambda: mode.leave(
            operator=request.user.get_username(),
            phrase=_typed(request, "phrase"),
            two_people=approvals.needed(),
            now=timezone.now(),
        ),
        "The emergency is over and the mode is PAUSED. Entries come back when you resume.",
    )


def _take(request: HttpRequest, step: Callable[[], None], done: str) -> HttpResponse:
    try:
        step()
        messages.success(request, done)
    except ModeRefused as refused:
        messages.error(request, str(refused))
    return redirect("dashboard:kill")
