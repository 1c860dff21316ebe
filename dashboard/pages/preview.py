"""Preview: what would this alert do now? Every stage with its numbers; nothing is sent, nothing is kept."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import given
from dashboard.access import may_act
from dashboard.pages.errors import needs_database
from dashboard.previewing import Preview, as_json, preview, refusal_json
from signals.formats import FormatRefused
from signals.models import Alert, Source
from signals.strict_json import MAX_BYTES
from trading.services import connect
from trading.services.explain import Explanation, WrongSecret, explain, explain_stored

SAMPLE = '{"symbol": "BTCUSDT", "action": "buy", "interval": "15"}'
NO_SOURCE = "There is no such source. Choose one of the list."


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question: the preview, or why the door would refuse the body."""

    shown: Preview | None = None
    refused: FormatRefused | None = None
    problem: str = ""
    status: int = 200


@needs_database
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preview_page(request: HttpRequest) -> HttpResponse:
    """The form; with a past delivery or a body also what it would do."""
    past, sources = _past(request), list(Source.objects.select_related("account", "user").order_by("id"))
    body, wanted = _asked(request, past)
    chosen = next((source for source in sources if source.pk == wanted), sources[0] if sources else None)
    answer = _answer(past, chosen, body) if past or request.method == "POST" else Answer()
    context = {
        "answer": answer,
        "body": body or SAMPLE,
        "chosen": chosen,
        "may_act": may_act(request.user),
        "past": past,
        "sources": sources,
    }
    return render(request, "dashboard/preview.html", context, status=answer.status)


def _past(request: HttpRequest) -> Alert | None:
    """The delivery named in the address; a body that was typed counts more."""
    number = given.number(request.GET.get("alert", "")) if request.method != "POST" else None
    rows = Alert.objects.select_related("source__account", "source__user", "account")
    return rows.filter(pk=number).first() if number is not None else None


def _asked(request: HttpRequest, past: Alert | None) -> tuple[str, int | None]:
    """Body and source, as far as they are given."""
    if past is not None:
        return past.raw, past.source_id
    return request.POST.get("body", ""), given.number(request.POST.get("source", request.GET.get("source", "")))


def _answer(past: Alert | None, source: Source | None, body: str) -> Answer:
    if source is None:
        return Answer(problem=NO_SOURCE, status=422)
    try:
        return Answer(shown=preview(_explained(past, source, body)))
    except WrongSecret as error:
        return Answer(problem=str(error), status=422)
    except FormatRefused as error:
        return Answer(refused=error, status=422)


def _explained(past: Alert | None, source: Source, body: str) -> Explanation:
    if past is not None:
        return explain_stored(past, gateway=connect.gateway, clock=timezone.now)
    return explain(body, source=source, gateway=connect.gateway, clock=timezone.now)


# for programs ------------------------------------------------------------------------------------


@needs_database
@require_POST
def preview_api(request: HttpRequest) -> JsonResponse:
    """`{"source": name, "body": text}` → the explanation; the door's own refusal with 422. A session and its token."""
    if not request.user.is_authenticated:
        return JsonResponse({"status": "refused", "code": "UNAUTHORIZED"}, status=401)
    said = _texts(request.body)
    if said is None:
        wanted = 'An object with "body", the alert\'s text, and "source", a source\'s name.'
        return JsonResponse({"status": "refused", "code": "BAD_REQUEST", "message": wanted}, status=400)
    rows = Source.objects.select_related("account", "user").filter(name=said["source"]).order_by("id")
    source = rows.filter(user=request.user).first() or rows.first()
    if source is None:
        return JsonResponse({"status": "refused", "code": "UNKNOWN_SOURCE", "message": NO_SOURCE}, status=404)
    return _told(source, said["body"])


def _texts(raw: bytes) -> dict[str, str] | None:
    """The request's two texts; None where they are not there."""
    try:
        said: Any = json.loads(raw) if len(raw) <= 2 * MAX_BYTES else None
    except (ValueError, RecursionError):
        return None
    are_texts = isinstance(said, dict) and all(isinstance(said.get(name), str) for name in ("body", "source"))
    if not are_texts or any("\ud800" <= char <= "\udfff" for char in said["source"]):
        return None
    return {name: said[name].replace("\0", "") for name in ("body", "source")}


def _told(source: Source, body: str) -> JsonResponse:
    try:
        return JsonResponse(as_json(_explained(None, source, body)))
    except WrongSecret as error:
        return JsonResponse({"status": "refused", "code": "WRONG_SECRET", "message": str(error)}, status=422)
    except FormatRefused as error:
        return JsonResponse(refusal_json(error), status=422)
