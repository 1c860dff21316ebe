"""The pages "Groups" and of one group: what is open and what was, with everything one can do about it."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import groups, positions, shell, then
from dashboard.access import may_act
from dashboard.pages.errors import needs_database
from dashboard.pages.opening import FRAMES, bar_of, opened
from trading.domain.vocabulary import PositionSide
from trading.models import PositionGroup


@require_safe
@needs_database
@login_required
def groups_page(request: HttpRequest) -> HttpResponse:
    """The groups of `?account=` that fit `?status=&side=&timeframe=&q=`, by `?sort=`; `?open=` unfolds some."""
    bar, wanted = bar_of(request), positions.asked(request.GET.dict())
    rows = positions.rows(bar.row, wanted) if bar.row else ()
    shown = {"rows": rows, "wanted": wanted, "statuses": positions.statuses(), "sides": list(PositionSide)}
    frames = sorted({*FRAMES, *(row.timeframe_secs for row in rows)})
    return render(request, "dashboard/groups.html", opened(request, bar, frames=frames, **shown))


@require_safe
@needs_database
@login_required
def group_page(request: HttpRequest, group_id: int) -> HttpResponse:
    """One group with its pyramids, orders, fills and history; with `?at=` also as it was then."""
    row = _row(group_id)
    at = then.moment(request.GET.get("at", "")) if request.GET.get("at") else None
    alerts = positions.alerts_of(row)
    context = {
        "overview": shell.gather(row.account_id, now=timezone.now()),
        "row": groups.group_row(row, groups.last_of(row)),
        "now": timezone.now(),
        "may_act": may_act(request.user),
        "then": then.as_it_was(row, at) if at else None,
        "bad_at": bool(request.GET.get("at")) and at is None,
        "alerts": alerts,
        "lines": positions.history(row, alerts=alerts, until=then.inclusive(at) if at else None),
    }
    return render(request, "dashboard/group.html", context)


def _row(group_id: int) -> PositionGroup:
    """Asked once, with all of it; who is logged in may look at every account."""
    row = groups.whole().filter(pk=group_id).first()
    if row is None:
        raise Http404
    return row
