"""The pages "Signals" and of one delivery, their export, and why a pair isn't traded."""

from datetime import datetime
from functools import partial

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import given, shell, signals_detail, why
from dashboard import signals as deliveries
from dashboard.access import may_act
from dashboard.pages.errors import needs_database
from dashboard.pages.opening import FRAMES, bar_of
from dashboard.sheets import Streamed
from dashboard.why import Asked
from project.accounts.models import ExchangeAccount
from signals import timeframes
from signals.models import Alert
from trading.services import connect, desk_ahead, sealing


@require_safe
@needs_database
@login_required
def signals_page(request: HttpRequest) -> HttpResponse:
    """The deliveries of `?account=` that fit, newest first, from `?before=` on."""
    bar = bar_of(request)
    wanted = deliveries.asked_for(request.GET.dict())
    context = {
        "overview": bar,
        "now": bar.at,
        "may_act": may_act(request.user),
        "wanted": wanted,
        "page": deliveries.page(bar.row, wanted) if bar.row else None,
        "sources": deliveries.sources(bar.row) if bar.row else (),
        "kinds": [(name, words) for name, (words, _) in deliveries.KINDS.items()],
        "query": request.GET,
    }
    return render(request, "dashboard/signals.html", context)


@require_safe
@needs_database
@login_required
def signals_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Everything that fits the same filter."""
    account = bar_of(request).row
    if account is None:
        raise Http404
    wanted = deliveries.asked_for(request.GET.dict())
    body = Streamed(deliveries.HEAD, deliveries.lines(account, wanted))
    answer = StreamingHttpResponse(body, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="windlass-signals-{timezone.now():%Y-%m-%d}.csv"'
    return answer


@require_safe
@needs_database
@login_required
def signal_page(request: HttpRequest, alert_id: int) -> HttpResponse:
    """One delivery, whole."""
    rows = Alert.objects.select_related("source", "account", "signal")
    alert = rows.filter(pk=alert_id).first()
    if alert is None:
        raise Http404
    bar = shell.gather(alert.account_id, now=timezone.now())
    context = {
        "overview": bar,
        "now": bar.at,
        "may_act": may_act(request.user),
        "page": signals_detail.detail(alert, hide=hides_positions(request)),
        "hidden": hides_positions(request),
    }
    return render(request, "dashboard/signal.html", context)


def hides_positions(request: HttpRequest) -> bool:
    """Whether the seal hides what is open."""
    return bool(getattr(request.user, "sealed", False)) and not sealing.pnl_visible()


@require_safe
@needs_database
@login_required
def why_page(request: HttpRequest) -> HttpResponse:
    """What stops `?symbol=&timeframe=&side=` of `?account=`; without a pair, what stops the account."""
    asked = asked_why(request.GET.dict())
    bar = bar_of(request)
    context = {
        "overview": bar,
        "now": bar.at,
        "may_act": may_act(request.user),
        "asked": asked,
        "sides": list(why.SIDES),
        "frames": FRAMES,
        "sources": deliveries.sources(bar.row) if bar.row else (),
        "page": _walked(bar.row, asked, canary_at=bar.facts.canary_at) if bar.row else None,
    }
    return render(request, "dashboard/why.html", context)


def asked_why(query: dict[str, str]) -> Asked:
    """What an address asks for; what makes no sense is left out."""
    timeframe = query.get("timeframe", "")
    seconds = given.seconds(timeframe)
    return Asked(
        symbol=given.words(query.get("symbol", ""), longest=deliveries.LONGEST),
        timeframe_secs=seconds if seconds is not None else timeframes.seconds(timeframe),
        side=query.get("side", "") if query.get("side") in why.SIDES else "LONG",
        source_id=given.number(query.get("source", "")),
    )


def _walked(account: ExchangeAccount, asked: Asked, *, canary_at: datetime | None) -> why.Why:
    if asked.symbol:
        why.fetch_price(account, asked.symbol, gateway=partial(connect.gateway, account), clock=timezone.now)
    now = timezone.now()
    with desk_ahead.known(account, now=now):
        return why.walk(account, asked, canary_at=canary_at, now=now)
