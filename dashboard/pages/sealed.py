"""The seal: whether it holds, what is open as count and total, which changes wait, and taking one back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import may_kill, withdrawable
from dashboard.pages.errors import needs_database
from dashboard.sealed import ENDED, WITHDRAWN, context
from trading.models import PendingChange
from trading.services import sealing

NO_ROLE = "Your role may look, not act. Withdrawing takes the role trader or admin."
NOT_YOURS = "This change is of somebody else's account: withdrawing it takes its owner, or the role admin."


@require_safe
@needs_database
@login_required
def sealed_page(request: HttpRequest) -> HttpResponse:
    """What the sealed profile does, and what waits."""
    shown = context(request)
    waiting = [row.pk for row in shown["waiting"]]
    his = frozenset(_his(request).filter(pk__in=waiting).values_list("pk", flat=True))
    return render(request, "dashboard/sealed.html", shown | {"withdrawable": his})


@require_POST
@needs_database
@login_required
def withdraw_change(request: HttpRequest, change_id: int) -> HttpResponse:
    """Take a waiting change back."""
    if not may_kill(request.user):
        messages.error(request, NO_ROLE)
    elif not _his(request).filter(pk=change_id).exists():
        messages.error(request, NOT_YOURS)
    elif sealing.withdraw(change_id, operator=request.user.get_username(), now=timezone.now()):
        messages.success(request, WITHDRAWN)
    else:
        messages.error(request, ENDED)
    return redirect("dashboard:sealed")


def _his(request: HttpRequest) -> "QuerySet[PendingChange]":
    """The changes that this user may take back, ended ones too."""
    rows = PendingChange.objects.filter(withdrawable(request.user))
    return rows if may_kill(request.user) else rows.none()
