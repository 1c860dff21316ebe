"""What a supervisor, a proxy or a monitor asks: alive? ready? Open to all, because they tell nothing else."""

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.readiness import reasons


@require_safe
@never_cache
def live(_: HttpRequest) -> JsonResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "live"})


@require_safe
@never_cache
def ready(_: HttpRequest) -> JsonResponse:
    """200 when every part is fine, else 503 with a reason per part."""
    found = reasons(timezone.now())
    parts = {name: reason or "ok" for name, reason in found.items()}
    is_ready = not any(found.values())
    said = {"status": "ready" if is_ready else "not ready", "parts": parts}
    answer = JsonResponse(said, status=200 if is_ready else 503)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # "not yet" is an answer; Django would log an error
    return answer
