"""The page "Pool": the slots, drawn, and who waits for one."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard import pool
from dashboard.access import may_act
from dashboard.pages.errors import needs_database
from dashboard.pages.opening import bar_of


@require_safe
@needs_database
@login_required
def pool_page(request: HttpRequest) -> HttpResponse:
    """Slots and queue of `?account=`, or of the first account."""
    bar = bar_of(request)
    context = {
        "overview": bar,
        "now": bar.at,
        "may_act": may_act(request.user),
        "page": pool.gather(bar.row, now=bar.at) if bar.row else None,
    }
    return render(request, "dashboard/pool.html", context)
