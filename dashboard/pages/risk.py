"""The page Risk: limits as bars, what everything held may cost, correlations, exposure, and how old each figure is."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import given, risk, shell
from dashboard.pages.errors import needs_database
from dashboard.sealed import is_veiled
from trading.domain.settings import SettingError


@require_safe
@needs_database
@login_required
def risk_page(request: HttpRequest) -> HttpResponse:
    """The risk of `?account=`, or of the first account."""
    now = timezone.now()
    bar = shell.gather(given.number(request.GET.get("account", "")), now=now)
    context: dict[str, object] = {"overview": bar, "now": now}
    if bar.row is not None:
        hide = is_veiled(request.user)
        alone = len(bar.accounts) == 1
        try:
            context["page"] = risk.gather(bar.row, mode=bar.health.mode, alone=alone, hide=hide, now=now)
        except SettingError as error:
            context["broken"] = f"Nothing is entered meanwhile. {error} Correct it under Settings."
    return render(request, "dashboard/risk.html", context)
