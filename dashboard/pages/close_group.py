"""Closing a group by hand."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard import closing
from dashboard.pages.ask import Question, Told, Typed, ask
from dashboard.pages.errors import needs_database
from trading.domain.vocabulary import PositionSide
from trading.models import PositionGroup
from trading.services import exits

NOTE = "This cannot be taken back. What really is sold is decided when you press: orders may fill meanwhile."


@needs_database
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def close_group(request: HttpRequest, group_id: int) -> HttpResponse:
    """Say what closing would do, or do it."""
    group = get_object_or_404(PositionGroup.objects.select_related("instrument"), pk=group_id)
    name = f"{group.instrument.symbol} {group.side}"

    def act(_: Typed) -> Told:
        began = exits.close_by_hand(group.pk, operator=request.user.get_username(), now=timezone.now())
        done = f"Closing {name}: resting orders are cancelled, then what is held goes at market."
        return Told(done if began else f"{name} was closed or closing already; nothing was changed.", done=began)

    back = reverse("dashboard:group", args=[group.pk]) if request.GET.get("from") == "group" else ""
    return ask(request, _question(group, name), act, account_id=group.account_id, back=back)


def _question(group: PositionGroup, name: str) -> Question:
    if group.closing_at is not None or group.closed_at is not None:
        over = "closed already" if group.closed_at else "closing already"
        return Question(f"Close {name}", (f"This group is {over}: nothing more is to be done.",), "Close")
    side = PositionSide(group.side)
    lines = closing.sentences(closing.consequence(group), instrument=group.instrument, side=side)
    return Question(f"Close {name}", lines, "Close now", note=NOTE)
