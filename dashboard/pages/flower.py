"""Flower behind our login: what it shows is fetched for whoever is logged in here; what it commands is not passed on."""

from http import HTTPStatus
from urllib.parse import quote

import httpx
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from project.services.ports import HOST

PREFIX = "flower"
PATIENCE_SECS = 5.0
ASKED_BY_POST = "tasks/datatable"  # the list of tasks: a form that changes nothing, so it needs no token
QUERY_SAFE = "%&=+/:;,?@[]!$'()*~"
PASSED_ON = ("content-type", "cache-control", "etag", "last-modified", "location")
# Flower's pages carry scripts and styles of their own, inline. Task arguments, which they show, hold integers only.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
async def flower(request: HttpRequest, rest: str = "") -> HttpResponse:
    """One page, picture or list of Flower's; 503 with the mend while it does not answer."""
    if request.method == "POST" and rest != ASKED_BY_POST:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    try:
        found = await asked(request, rest)
    except httpx.InvalidURL:  # too long
        return HttpResponse(status=HTTPStatus.NOT_FOUND)
    except (httpx.HTTPError, OSError):
        return render(request, "dashboard/flower_away.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
    answer = HttpResponse(found.content, status=found.status_code)
    for name in PASSED_ON:
        if name in found.headers:
            answer.headers[name] = found.headers[name]
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


async def asked(request: HttpRequest, rest: str) -> httpx.Response:
    """Flower's own answer. Raises InvalidURL, HTTPError, OSError."""
    url = httpx.URL(f"http://{HOST}:{settings.WINDLASS.flower_port}/{PREFIX}/{quote(rest)}")
    url = url.copy_with(query=quote(request.META["QUERY_STRING"], safe=QUERY_SAFE).encode() or None)
    plain = httpx.AsyncHTTPTransport(verify=False)  # reading certificates, for no TLS, would hold up the loop for 60 ms
    async with httpx.AsyncClient(auth=credentials(), timeout=PATIENCE_SECS, transport=plain) as client:
        if request.method != "POST":
            return await client.get(url)
        return await client.post(url, content=request.body, headers={"content-type": request.content_type or ""})


def credentials() -> httpx.BasicAuth:
    """Flower's own login, which this machine's owner may use at its port too."""
    user, _, password = (settings.WINDLASS.home / "flower-login").read_text(encoding="utf-8").strip().partition(":")
    return httpx.BasicAuth(user, password)
