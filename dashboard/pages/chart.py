"""The page Chart, and what it asks for while it is open: candles and book, what is ours in them, and drawings."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard import chart, chart_drawings, chart_values, given
from dashboard.chart import View
from dashboard.chart_book import LEVELS, TRADES
from dashboard.models import Drawing
from dashboard.pages.errors import needs_database
from dashboard.pages.opening import bar_of
from dashboard.problems import MEDIA_TYPE, Problem, Refused, body, problem_of, refused
from project.accounts.models import ExchangeAccount

Answer = Callable[..., HttpResponse]

TOOLS = (("LEVEL", "─", "Level"), ("TREND", "╱", "Trend line"), ("RAY", "↗", "Ray"), ("RECTANGLE", "▭", "Rectangle"))
SHOWN = (
    ("entry", "Entry"),
    ("legs", "Legs"),
    ("targets", "Targets"),
    ("stops", "Stops"),
    ("fills", "Fills"),
    ("volume", "Volume"),
)
LATEST_SECS = 9_999_999_999
# Since 1970: in the year 2286.
BOOK_SIDES = ("asks", "bids")
# Their rows stand there from the first paint on, and are filled by the script.


@require_safe
@needs_database
@login_required
def chart_page(request: HttpRequest) -> HttpResponse:
    """The chart of `?symbol=&timeframe=&values=` at the venue of `?account=`."""
    bar = bar_of(request)
    context: dict[str, Any] = {"overview": bar, "now": bar.at, "query": request.GET}
    status = HTTPStatus.OK
    if bar.row is not None:
        try:
            context |= _page(bar.row, request)
        except Refused as error:
            context["problem"], status = error.problem, HTTPStatus(error.problem.status)
    return render(request, "dashboard/chart.html", context, status=status)


def _page(account: ExchangeAccount, request: HttpRequest) -> dict[str, Any]:
    return {
        "page": chart.gather(account, request.GET.dict()),
        "frames": [(chart.short(secs), secs) for secs in chart.FRAMES],
        "indicators": chart_values.REGISTRY.values(),
        "colours": Drawing.Colour.choices,
        "tools": TOOLS,
        "shown": SHOWN,
        "book_sides": BOOK_SIDES,
        "levels": range(LEVELS),
        "trades": range(TRADES),
    }


def as_json(view: Answer) -> Answer:
    """A view for the page's own script: strangers get 401, and what is refused comes as a problem, never as a page."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if not request.user.is_authenticated:
                return _problem(Problem(401, "NOT_LOGGED_IN", "You are logged out. Log in and load the page again."))
            response = view(request, *args, **kwargs)
        except (Refused, OperationalError, InterfaceError) as error:
            found = problem_of(error)
            return _problem(found) if found else HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    return answer


def _problem(found: Problem) -> HttpResponse:
    headers = dict(found.headers)
    return JsonResponse(body(found), status=found.status, headers=headers, content_type=MEDIA_TYPE)


@require_safe
@as_json
def chart_data(request: HttpRequest) -> HttpResponse:
    """Candles, values, book and trades; `after`: bars from these seconds on."""
    shown = _view(request)
    return JsonResponse(chart.data(shown, after=_seconds(request.GET.get("after", "")), now=timezone.now()))


@require_safe
@as_json
def chart_marks(request: HttpRequest) -> HttpResponse:
    """Groups as lines, fills as markers, one's own drawings."""
    return JsonResponse(chart.marks(_view(request), request.user, now=timezone.now()))  # type: ignore[arg-type]


@require_POST
@as_json
def draw(request: HttpRequest) -> HttpResponse:
    """Keep a drawing in the pair of `?account=&symbol=`."""
    wanted = chart_drawings.draft(request.body)
    row = chart_drawings.add(request.user, _view(request).market.symbol, wanted)  # type: ignore[arg-type]
    return JsonResponse(chart_drawings.plain(row), status=HTTPStatus.CREATED)


@require_POST
@as_json
def move_drawing(request: HttpRequest, drawing_id: int) -> HttpResponse:
    """Give one of one's own drawings other points or another colour."""
    return _done(chart_drawings.move(request.user, drawing_id, chart_drawings.draft(request.body)))  # type: ignore[arg-type]


@require_POST
@as_json
def erase_drawing(request: HttpRequest, drawing_id: int) -> HttpResponse:
    """Take one of one's own drawings away."""
    return _done(chart_drawings.erase(request.user, drawing_id))  # type: ignore[arg-type]


def _done(found: bool) -> HttpResponse:
    if not found:
        raise refused("NOT_FOUND", "There is no such drawing, or it is not yours.", status=HTTPStatus.NOT_FOUND)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _view(request: HttpRequest) -> View:
    """The view that the query names: account and pair must be named here. Raises Refused."""
    account = ExchangeAccount.objects.filter(pk=given.number(request.GET.get("account", "")) or 0).first()
    if account is None:
        raise refused("NOT_FOUND", "There is no such account.", status=HTTPStatus.NOT_FOUND, field="account")
    if not request.GET.get("symbol"):
        raise refused("INVALID", "A pair is needed.", status=HTTPStatus.UNPROCESSABLE_ENTITY, field="symbol")
    return chart.view(account, request.GET.dict())


def _seconds(text: str) -> datetime | None:
    """Seconds since 1970 as a time; None where none are given. Raises Refused."""
    if not text:
        return None
    secs = given.number(text, most=LATEST_SECS)
    if secs is None:
        raise refused("INVALID", "`after` is in seconds.", status=HTTPStatus.UNPROCESSABLE_ENTITY, field="after")
    return datetime.fromtimestamp(secs, tz=UTC)
