"""Shadow: what a source that is not live does on paper, beside what the old bot did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard import given, sheets
from dashboard.access import may_act, refusal
from dashboard.pages.errors import needs_database
from dashboard.shadow_rows import HEAD, LARGEST, ROWS_SHOWN, line, row, sums
from signals.models import Source
from trading.domain.comparison import Match, totals
from trading.domain.trade_export import Export
from trading.models import ShadowDecision
from trading.services import shadow_compare as service

DAYS = {"1": 1, "7": 7, "30": 30, "all": None}
WINDOWS = (1, 5, 15, 60, 240)
DECISIONS_SHOWN = 30
BIGGER = f"The file is larger than {LARGEST // 1024 // 1024} MB. Export fewer days."


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the address asks for: a source, since when, and how near two entries of one trade are."""

    source: Source | None
    days: str
    minutes: int

    @property
    def since(self) -> datetime | None:
        """The first instant that is compared."""
        days = DAYS[self.days]
        return None if days is None else timezone.now() - timedelta(days=days)

    @property
    def query(self) -> str:
        """The same as an address."""
        return f"?source={self.source.pk if self.source else ''}&days={self.days}&minutes={self.minutes}"


def chosen(request: HttpRequest, sources: Sequence[Source]) -> Chosen:
    """By the address; what it does not say, or says wrongly, is the first source, a week, and 15 minutes."""
    wanted = given.number(request.GET.get("source", ""))
    source = next((row for row in sources if row.pk == wanted), sources[0] if sources else None)
    days, minutes = request.GET.get("days", "7"), given.number(request.GET.get("minutes", ""))
    return Chosen(source, days if days in DAYS else "7", minutes if minutes in WINDOWS else 15)


def shadowed() -> list[Source]:
    """Sources in shadow mode, and those that were."""
    traces = Q(live=False) | Q(shadow_groups__isnull=False) | Q(their_trades__isnull=False)
    return list(Source.objects.filter(traces).select_related("account", "user").distinct().order_by("live", "id"))


@needs_database
@login_required
@require_safe
def shadow(request: HttpRequest) -> HttpResponse:
    """Per trade theirs and ours, with the sums."""
    sources = shadowed()
    asked = chosen(request, sources)
    matches = _matches(asked)
    context = {
        "asked": asked,
        "days": DAYS,
        "decisions": _decisions(asked.source),
        "may_act": may_act(request.user),
        "now": timezone.now(),
        "rows": [row(match, asked.source) for match in matches[:ROWS_SHOWN] if asked.source],
        "hidden": max(len(matches) - ROWS_SHOWN, 0),
        "sources": sources,
        "sums": sums(totals(matches), asked.source.account.quote) if asked.source else None,
        "windows": WINDOWS,
    }
    return render(request, "dashboard/shadow.html", context)


def _matches(asked: Chosen) -> list[Match]:
    if asked.source is None:
        return []
    return service.comparison(asked.source, since=asked.since, window=timedelta(minutes=asked.minutes))


def _decisions(source: Source | None) -> list[ShadowDecision]:
    rows = ShadowDecision.objects.filter(source=source).select_related("alert", "group__instrument")
    return list(rows.order_by("-id")[:DECISIONS_SHOWN]) if source else []


# files -------------------------------------------------------------------------------------------


@needs_database
@login_required
@require_safe
def shadow_csv(request: HttpRequest) -> HttpResponse:
    """The comparison as a file."""
    asked = chosen(request, shadowed())
    response = HttpResponse(sheets.written(HEAD, map(line, _matches(asked))), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="shadow.csv"'
    return response


@needs_database
@login_required
@require_POST
def shadow_import(request: HttpRequest, source_id: int) -> HttpResponse:
    """Read an uploaded export; what cannot be read is said line by line."""
    source = get_object_or_404(Source.objects.select_related("account"), pk=source_id)
    if barred := refusal(request.user, source.account_id):
        messages.error(request, barred)
        return redirect(_home(source))
    if "forget" in request.POST:
        count = service.forget(source, operator=request.user.get_username())
        messages.success(request, f"{count} imported trades of {source.name} were deleted.")
        return redirect(_home(source))
    text, problem = _uploaded(request)
    if problem:
        messages.warning(request, problem)
    else:
        _tell(request, service.import_trades(source, text, operator=request.user.get_username()))
    return redirect(_home(source))


def _home(source: Source) -> str:
    return f"{reverse('dashboard:shadow')}?source={source.pk}&days=all"


def _uploaded(request: HttpRequest) -> tuple[str, str]:
    """The file's text, or why there is none."""
    file = request.FILES.get("file")
    if file is None or file.size is None:
        return "", "Choose a CSV file."
    if file.size > LARGEST:
        return "", BIGGER
    try:
        return file.read().decode("utf-8-sig").replace("\0", ""), ""
    except UnicodeDecodeError as error:
        return "", f"The file is not UTF-8: byte {error.start} cannot be read. Export it as CSV, UTF-8."


def _tell(request: HttpRequest, found: Export) -> None:
    kind = "whole trades" if found.whole_trades else "fills"
    messages.success(request, f"{len(found.trades)} trades from {found.lines} lines of {kind} are kept.")
    for wrong in found.errors:
        got = f", got {wrong.got}" if wrong.got else ""
        messages.warning(request, f"Line {wrong.line}, {wrong.field}: {wrong.code}; expected {wrong.expected}{got}.")
