"""The live page: rendered whole, with its numbers, before the socket opens."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import given, live
from dashboard.access import may_act
from dashboard.pages.errors import needs_database
from dashboard.render import shown


@require_safe
@needs_database
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """The overview of `?account=`, or of the first account."""
    gathered = live.gather(given.number(request.GET.get("account", "")), now=timezone.now())
    page = shown(gathered)
    context = {
        "overview": gathered,
        "shown": page,
        "html": page.html,
        "may_act": may_act(request.user),
    }
    return render(request, "dashboard/overview.html", context)
