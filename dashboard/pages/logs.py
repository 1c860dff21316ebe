"""The page "Logs": the journal with filters and search, live at its head, and as CSV."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import logs as journal
from dashboard import shell
from dashboard.access import may_act
from dashboard.pages.errors import needs_database
from dashboard.pages.history import FRAMES
from dashboard.pages.overview import account_id
from dashboard.sheets import streamed


@require_safe
@needs_database
@login_required
def logs(request: HttpRequest) -> HttpResponse:
    """The entries of `?account=` and of the installation that fit."""
    bar = shell.gather(account_id(request.GET.get("account", "")), now=timezone.now())
    wanted = journal.asked(request.GET.dict())
    context = {
        "overview": bar,
        "now": bar.at,
        "may_act": may_act(request.user),
        "wanted": wanted,
        "page": journal.page(bar.row, wanted),
        "filters": journal.FILTERS,
        "frames": FRAMES,
        "query": request.GET,
    }
    return render(request, "dashboard/logs.html", context)


@require_safe
@needs_database
@login_required
def logs_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Everything that fits the same filter."""
    account = shell.gather(account_id(request.GET.get("account", "")), now=timezone.now()).row
    body = streamed(journal.HEAD, journal.lines(account, journal.asked(request.GET.dict())))
    answer = StreamingHttpResponse(body, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="windlass-logs-{timezone.now():%Y-%m-%d}.csv"'
    return answer
