"""The pages "History" and "Performance", and every table as CSV."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import past, returns
from dashboard.pages.errors import needs_database
from dashboard.pages.opening import FRAMES, bar_of, opened
from dashboard.sheets import Streamed
from trading.domain.vocabulary import PositionSide


@require_safe
@needs_database
@login_required
def history(request: HttpRequest) -> HttpResponse:
    """Closed groups of `?account=`, filtered, from `?before=` on."""
    bar, wanted = bar_of(request), past.asked(request.GET.dict())
    page = past.page(bar.row, wanted) if bar.row else None
    shown = {"wanted": wanted, "page": page, "sides": list(PositionSide), "frames": FRAMES, "sheets": list(past.SHEETS)}
    return render(request, "dashboard/history.html", opened(request, bar, **shown))


@require_safe
@needs_database
@login_required
def history_csv(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """One table of an account, all of it that fits the filter."""
    sheet = past.SHEETS.get(name)
    account = bar_of(request).row
    if sheet is None or account is None:
        raise Http404
    body = Streamed(list(sheet.columns), past.lines(sheet, account, past.asked(request.GET.dict())))
    answer = StreamingHttpResponse(body, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="windlass-{name}-{timezone.now():%Y-%m-%d}.csv"'
    return answer


@require_safe
@needs_database
@login_required
def performance(request: HttpRequest) -> HttpResponse:
    """The figures of `?period=`: day, week, month or all."""
    bar, period = bar_of(request), request.GET.get("period", "")
    period = period if period in returns.PERIODS else returns.DEFAULT_PERIOD
    page = returns.gather(bar.row, period, now=bar.at) if bar.row else None
    return render(request, "dashboard/performance.html", opened(request, bar, page=page))
