"""The schema as a file, and the page to try it out: all of it served from here, no other host is asked."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from django.views.decorators.http import require_safe

from dashboard.api import schema
from dashboard.problems import MEDIA_TYPE, Problem, body

# The page's own styles are set by its script; its pictures are data.
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " frame-ancestors 'none'; form-action 'self'"
)


@require_safe
def schema_json(_: HttpRequest) -> HttpResponse:
    """OpenAPI 3; it tells nothing of this installation, so anybody may have it."""
    return HttpResponse(schema.text(), content_type="application/vnd.oai.openapi+json")


@csrf_exempt
def nowhere(_: HttpRequest) -> JsonResponse:
    """An address that is none: said as a problem, like everything else here."""
    said = body(Problem(404, "NO_SUCH_ADDRESS", "The API has no such address: see /api for those it has."))
    return JsonResponse(said, status=404, content_type=MEDIA_TYPE)


@login_required
@require_safe
@ensure_csrf_cookie
def api_page(request: HttpRequest) -> HttpResponse:
    """Every operation, to be tried out with the session of this browser."""
    response = render(request, "dashboard/api.html", {})
    response.headers["Content-Security-Policy"] = POLICY
    return response
