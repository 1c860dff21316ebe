"""The plain way: a Django view that knows the token, reads the JSON and saves the same row. No middleware at all.

Served by uvicorn too, as WSGI with its threads, which is the faster of Django's two ways here.
"""

import hashlib
import json
from functools import cache

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from signals.models import Alert, Source


@cache
def source_of(token: str) -> Source:
    """The sender; remembered, as the door remembers it."""
    return Source.objects.get(token_hash=hashlib.sha256(token.encode()).digest())


@csrf_exempt
def receive(request: HttpRequest, token: str) -> JsonResponse:
    """Store one alert, and answer when it is committed."""
    source, raw = source_of(token), request.body
    body = json.loads(raw)
    alert = Alert.objects.create(
        source=source,
        account_id=source.account_id,
        endpoint="tradingview",
        format="windlass",
        raw=raw.decode(),
        content_type=request.content_type or "",
        body_hash=hashlib.sha256(raw).digest(),
        dedupe_key=f"id:{body['id']}",
        client_id=body["id"],
        received_at=timezone.now(),
        peer=request.META["REMOTE_ADDR"],
    )
    reply = JsonResponse({"status": "received", "id": alert.pk}, status=202)
    reply["Content-Length"] = str(len(reply.content))
    return reply


urlpatterns = [path("webhooks/<str:token>", receive)]
