"""Saying yes or no to a change of settings that somebody else asked for."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard import settings_rights
from dashboard.fresh import needs_fresh_confirmation
from dashboard.pages.ask import Field, Question, Told, Typed, ask
from dashboard.pages.errors import needs_database
from dashboard.settings_preview import Places, told
from project.accounts.models import User
from trading.models import SettingRequest
from trading.services import approvals

METHODS = ["GET", "HEAD", "POST"]
ONLY_ADMINS = "Answering takes the role admin; whoever asked may take it back."


@needs_database
@login_required
@require_http_methods(METHODS)
@needs_fresh_confirmation(when=lambda request: request.path.endswith("/approve"), back=lambda request: request.path)
def answer_request(request: HttpRequest, request_id: int, answer: str) -> HttpResponse:
    """`approve` or `refuse`; a refusal of one's own request is a withdrawal."""
    if answer not in DEEDS:
        raise Http404
    row = get_object_or_404(SettingRequest, pk=request_id)
    user: User = request.user  # type: ignore[assignment]  # the log-in has seen to it

    def act(typed: Typed) -> Told:
        if problem := _problem(row, user, answer):
            return Told(problem, done=False)
        found = DEEDS[answer](row.pk, user, reason=typed["reason"], now=timezone.now())
        return Told(found.text, done=found.done)

    back = reverse("dashboard:settings")
    return ask(request, _question(row, user, answer), act, account_id=_account(row, user), back=back)


def _account(row: SettingRequest, user: User) -> int:
    """The account it is about; where it is about all of somebody's, one that is his."""
    accounts = [one.place.account_id for one in approvals.changes_of(row) if one.place.account_id]
    own = user.accounts.order_by("id").values_list("pk", flat=True).first()
    return accounts[0] if accounts else own or 0


DEEDS = {"approve": approvals.approve, "refuse": approvals.refuse}


def _problem(row: SettingRequest, user: User, answer: str) -> str:
    """Why this person may not give this answer."""
    own = row.asker_id == user.pk
    if not settings_rights.is_admin(user) and not (own and answer == "refuse"):
        return ONLY_ADMINS
    return approvals.why_not(row, user, now=timezone.now()) if answer == "approve" else ""


def _question(row: SettingRequest, user: User, answer: str) -> Question:
    changes = approvals.changes_of(row)
    lines = [f"{one.name}, {one.where}: {one.before} → {one.after}" for one in told(changes, Places.of(changes))]
    said = f"{row.asked_by}: {row.reason or 'no reason was given'}"
    problem = _problem(row, user, answer)
    title = {"approve": "Approve this change?", "refuse": "Refuse this change?"}[answer]
    note = "It holds at once, for a live account." if answer == "approve" else "Everything stays as it is."
    button = "Approve" if answer == "approve" else "Withdraw" if row.asker_id == user.pk else "Refuse"
    return Question(
        title,
        (said, *lines),
        button,
        note=problem or note,
        danger=answer == "approve",
        fields=(Field("reason", "Reason"),),
    )
