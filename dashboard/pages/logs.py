"""The page "Logs": the journal with filters and search, live at its head, and as CSV."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import logs as journal
from dashboard.pages.errors import needs_database
from dashboard.pages.opening import FRAMES, bar_of, opened
from dashboard.sheets import Streamed


@require_safe
@needs_database
@login_required
def logs(request: HttpRequest) -> HttpResponse:
    """The entries of `?account=` and of the installation that fit."""
    bar, wanted = bar_of(request), journal.asked(request.GET.dict())
    shown = {"wanted": wanted, "page": journal.page(bar.row, wanted), "filters": journal.FILTERS, "frames": FRAMES}
    return render(request, "dashboard/logs.html", opened(request, bar, **shown))


@require_safe
@needs_database
@login_required
def logs_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Everything that fits the same filter."""
    account = bar_of(request).row
    body = Streamed(journal.HEAD, journal.lines(account, journal.asked(request.GET.dict())))
    answer = StreamingHttpResponse(body, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="windlass-logs-{timezone.now():%Y-%m-%d}.csv"'
    return answer
