"""Pausing and resuming: a typed reason, the right role, and only the steps that are one person's to take."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard import given
from dashboard.access import may_kill
from dashboard.fresh import needs_fresh_confirmation, posted
from dashboard.mode_steps import DONE, STEPS, WAITS, take_step
from dashboard.pages.errors import needs_database
from dashboard.sealed import refused
from project.accounts import mode
from project.accounts.mode import Mode
from trading.services import sealing
from trading.services.overrides import Place

REASON_LENGTH = range(3, 201)
NO_ROLE = "Your role may look, not act. Pausing takes the role trader or admin."
NO_REASON = "A reason of 3 to 200 characters is needed: it is what the journal will say later."


@needs_database
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@needs_fresh_confirmation(when=lambda request: posted(request) and _resumes(request), back="/mode?wanted=NORMAL")
def change_mode(request: HttpRequest) -> HttpResponse:
    """Show the form (for browsers without scripts), or take the step."""
    wanted = (request.POST if request.method == "POST" else request.GET).get("wanted", "")
    reason = given.words(request.POST.get("reason", ""))
    if wanted not in STEPS:
        return redirect("dashboard:overview")
    if request.method != "POST" and mode.current().mode == Mode.EMERGENCY:
        return redirect("dashboard:kill")
    problem, status = _obstacle(request, reason)
    if not problem and wanted != Mode.PAUSED and sealing.in_force():
        return _sealed(request, Mode(wanted))
    if request.method == "POST" and not problem:
        problem, status = take_step(Mode(wanted), operator=request.user.get_username(), reason=reason), 409
    if problem or request.method != "POST":
        context = {"wanted": wanted, "problem": problem, "reason": reason}
        return render(request, "dashboard/mode.html", context, status=status if problem else 200)
    messages.success(request, DONE[Mode(wanted)])
    return redirect("dashboard:overview")


def _resumes(request: HttpRequest) -> bool:
    """Only the step that lets entries in asks for a fresh confirmation: pausing and reducing protect."""
    return request.POST.get("wanted") == Mode.NORMAL


def _sealed(request: HttpRequest, wanted: Mode) -> HttpResponse:
    """Under the seal going on waits for a day, as after an emergency, and reducing is out of reach; pausing only protects."""
    if request.method != "POST" or wanted is not Mode.NORMAL:
        return refused(request)
    sealing.ask(Place(), sealing.MODE, wanted, operator=request.user.get_username(), now=timezone.now())
    messages.success(request, WAITS)
    return redirect("dashboard:sealed")


def _obstacle(request: HttpRequest, reason: str) -> tuple[str, int]:
    if not may_kill(request.user):
        return NO_ROLE, 403
    if request.method == "POST" and len(reason) not in REASON_LENGTH:
        return NO_REASON, 422
    return "", 200
