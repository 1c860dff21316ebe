"""Lost alerts: what was promised and did not come, and what a person does about it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.access import may_act
from dashboard.pages.ask import Question, Told, Typed, ask
from dashboard.pages.errors import needs_database
from signals.models import LostAlert, Source
from trading.services import lost as service
from trading.services.lost import CHOICES, CannotSettle

SETTLED_SHOWN = 30
ONCE = "It happens once, however often it is pressed."


@needs_database
@login_required
@require_safe
def lost(request: HttpRequest) -> HttpResponse:
    """Open alarms with their choices, then the settled ones."""
    rows = LostAlert.objects.select_related("source__account")
    open_ones = rows.filter(state=LostAlert.State.OPEN)
    context = {
        "open": [(row, [(name, CHOICES[name].button) for name in service.choices_for(row)]) for row in open_ones],
        "settled": rows.exclude(state=LostAlert.State.OPEN).order_by("-settled_at")[:SETTLED_SHOWN],
        "watched": Source.objects.filter(service.PROMISED, enabled=True).order_by("name"),
        "may_act": may_act(request.user),
        "now": timezone.now(),
    }
    return render(request, "dashboard/lost.html", context)


@needs_database
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settle_lost(request: HttpRequest, lost_id: int, choice: str) -> HttpResponse:
    """Say what the choice does, or do it."""
    row = get_object_or_404(LostAlert.objects.select_related("source__account"), pk=lost_id)

    def act(_: Typed) -> Told:
        return _settled(row, choice, operator=request.user.get_username())

    return ask(request, _question(row, choice), act, account_id=row.source.account_id)


def _settled(row: LostAlert, choice: str, *, operator: str) -> Told:
    try:
        done = service.settle(row.pk, choice, operator=operator, now=timezone.now())
    except CannotSettle as error:
        return Told(str(error), done=False)
    if done.answer is None:
        return Told(f"The lost alert {row.pk} is ignored; nothing was traded.")
    return Told(f"Alert {done.answer.pk} was sent in its place; its outcome stands under Signals in a moment.")


def _question(row: LostAlert, choice: str) -> Question:
    title = f"Lost alert {row.pk}"
    if choice not in CHOICES:
        return Question(title, (f"{choice}: there is no such choice.",), "Settle")
    return Question(title, (row.words, CHOICES[choice].consequence), CHOICES[choice].button, note=ONCE)
