"""The page "Tasks": what rings when, what waits in which queue, and the way to Flower for everything else."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import live
from dashboard.access import may_act
from dashboard.pages.errors import needs_database
from dashboard.task_queues import bells, queues


@require_safe
@needs_database
@login_required
def tasks(request: HttpRequest) -> HttpResponse:
    """Queues, bells, and where Flower is."""
    context = {
        "now": timezone.now(),
        "pulse": live.workers_pulse(now=timezone.now()),
        "queues": queues(),
        "bells": bells(),
        "flower_port": settings.WINDLASS.flower_port,
        "may_act": may_act(request.user),
    }
    return render(request, "dashboard/tasks.html", context)
