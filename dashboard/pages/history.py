"""The pages "History" and "Performance", and every table as CSV."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import past, returns, shell
from dashboard.access import may_act
from dashboard.pages.errors import needs_database
from dashboard.pages.overview import account_id
from dashboard.sheets import streamed
from trading.domain.vocabulary import PositionSide

FRAMES = (60, 300, 900, 1800, 3600, 14_400, 86_400)


@require_safe
@needs_database
@login_required
def history(request: HttpRequest) -> HttpResponse:
    """Closed groups of `?account=`, filtered, from `?before=` on."""
    bar = shell.gather(account_id(request.GET.get("account", "")), now=timezone.now())
    wanted = past.asked(request.GET.dict())
    context = {
        "overview": bar,
        "now": bar.at,
        "may_act": may_act(request.user),
        "wanted": wanted,
        "page": past.page(bar.row, wanted) if bar.row else None,
        "sides": list(PositionSide),
        "frames": FRAMES,
        "sheets": list(past.SHEETS),
        "query": request.GET,
    }
    return render(request, "dashboard/history.html", context)


@require_safe
@needs_database
@login_required
def history_csv(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """One table of an account, all of it that fits the filter."""
    sheet = past.SHEETS.get(name)
    account = shell.gather(account_id(request.GET.get("account", "")), now=timezone.now()).row
    if sheet is None or account is None:
        raise Http404
    body = streamed(list(sheet.columns), past.lines(sheet, account, past.asked(request.GET.dict())))
    answer = StreamingHttpResponse(body, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="windlass-{name}-{timezone.now():%Y-%m-%d}.csv"'
    return answer


@require_safe
@needs_database
@login_required
def performance(request: HttpRequest) -> HttpResponse:
    """The figures of `?period=`: day, week, month or all."""
    bar = shell.gather(account_id(request.GET.get("account", "")), now=timezone.now())
    period = request.GET.get("period", "")
    period = period if period in returns.PERIODS else returns.DEFAULT_PERIOD
    context = {
        "overview": bar,
        "now": bar.at,
        "may_act": may_act(request.user),
        "page": returns.gather(bar.row, period, now=bar.at) if bar.row else None,
        "query": request.GET,
    }
    return render(request, "dashboard/performance.html", context)
