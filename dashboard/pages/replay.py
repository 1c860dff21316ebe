"""Sending a stored alert once more by hand."""

import re
from datetime import datetime
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard.formats import span
from dashboard.inbox import asked
from dashboard.pages.ask import Question, Told, Typed, ask
from dashboard.pages.errors import needs_database
from signals.models import Alert
from trading.services import replay as service
from trading.services.replay import CannotReplay

KEY = re.compile(r"[0-9a-f]{32}")
COUNTS = "It becomes a new alert and is decided as if it had just arrived: it may open, add to or close a position."
ON_PAPER = (
    "It becomes a new alert and is decided as if it had just arrived, on paper only: the source is in shadow mode."
)
GUARDED = "Its price is compared with the market's as always, and every check applies."


@needs_database
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def replay(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Say what it asks for, or send it again."""
    alert = get_object_or_404(Alert.objects.select_related("source", "account"), pk=alert_id)

    def act(_: Typed) -> Told:
        return _sent(alert, operator=request.user.get_username(), key=_key(request.POST.get("wish", "")))

    return ask(request, _question(alert, timezone.now()), act, account_id=alert.account_id)


def _key(text: str) -> str:
    """What the form was given, so that pressed twice it is sent once; empty for what is none of ours."""
    return text if KEY.fullmatch(text) else ""


def _sent(alert: Alert, *, operator: str, key: str) -> Told:
    try:
        again = service.replay(alert.pk, operator=operator, now=timezone.now(), key=key)
    except CannotReplay as error:
        return Told(str(error), done=False)
    return Told(f"Alert {alert.pk} was sent again as alert {again.pk}; its outcome stands under Signals in a moment.")


def _question(alert: Alert, now: datetime) -> Question:
    title = f"Replay alert {alert.pk}"
    if obstacle := service.why_not(alert):
        return Question(title, (obstacle,), "Replay")
    symbol, action = asked(alert.format, alert.raw)
    age = span((now - alert.received_at).total_seconds())
    came = (
        f"“{symbol} {action}” from {alert.source.name}, {age} old, for account {alert.account.name}. Its outcome was "
    )
    return Question(
        title,
        (f"{came}{alert.outcome or 'not decided yet'}.", COUNTS if alert.source.live else ON_PAPER),
        "Replay",
        note=GUARDED,
        wish=uuid4().hex,
    )
