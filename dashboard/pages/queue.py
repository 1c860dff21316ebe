"""Letting a waiting signal in before its turn, or taking it out."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard.formats import span
from dashboard.pages.ask import Question, Told, Typed, ask
from dashboard.pages.errors import needs_database
from trading.models import QueuedSignal, Slot
from trading.services import queue
from trading.services.desk import Desk
from trading.services.meaning import settings_or_defaults

METHODS = ["GET", "HEAD", "POST"]
GONE = "{name} does not wait any more; nothing was changed."


@needs_database
@login_required
@require_http_methods(METHODS)
def promote(request: HttpRequest, queued_id: int) -> HttpResponse:
    """Let one in now: it still needs a slot and passes every check."""
    row = _row(queued_id)

    def act(_: Typed) -> Told:
        verdict = queue.promote_by_hand(row.pk, operator=request.user.get_username(), now=timezone.now())
        went_in = verdict.outcome in queue.WAITS_ON
        return Told(
            f"{_name(row)} went in: {verdict.reason}" if went_in else f"{_name(row)} keeps waiting: {verdict.reason}",
            went_in,
        )

    return ask(request, _promotion(row), act, account_id=row.account_id)


def _promotion(row: QueuedSignal) -> Question:
    taken = Slot.objects.filter(account=row.account, released_at=None).count()
    pool = settings_or_defaults(Desk(row.account, timezone.now()), "").pool.max_open_groups
    lines = (
        f"Tries to enter {_name(row)} now, before its turn. {taken} of {pool} slots are taken.",
        "It still needs a free slot and passes every check; refused, it keeps its place.",
    )
    return Question(f"Promote {_name(row)}", _still(row, lines), "Promote", danger=False)


@needs_database
@login_required
@require_http_methods(METHODS)
def remove(request: HttpRequest, queued_id: int) -> HttpResponse:
    """Take one out for good."""
    row = _row(queued_id)

    def act(_: Typed) -> Told:
        gone = queue.remove_by_hand(row.pk, operator=request.user.get_username(), now=timezone.now())
        return Told(f"{_name(row)} was taken out of the queue." if gone else GONE.format(name=_name(row)), gone)

    return ask(request, _removal(row), act, account_id=row.account_id)


def _removal(row: QueuedSignal) -> Question:
    waited = span((timezone.now() - row.queued_at).total_seconds())
    line = f"{_name(row)} has waited {waited} and was replaced {row.replacement_count} times. It will not be entered."
    return Question(f"Remove {_name(row)}", _still(row, (line,)), "Remove", note="Only a new alert brings it back.")


def _row(queued_id: int) -> QueuedSignal:
    return get_object_or_404(QueuedSignal.objects.select_related("account", "instrument"), pk=queued_id)


def _name(row: QueuedSignal) -> str:
    return f"{row.instrument.symbol} {row.side}"


def _still(row: QueuedSignal, lines: tuple[str, ...]) -> tuple[str, ...]:
    """The consequence while it waits; afterwards, that there is none."""
    return lines if row.state == QueuedSignal.State.WAITING else (GONE.format(name=_name(row)),)
