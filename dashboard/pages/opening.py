"""How a page of one account begins: the bar of the account that its address names, and who may act."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from dashboard import given, shell
from dashboard.access import may_act
from dashboard.shell import Bar

FRAMES = (5, 60, 300, 900, 1800, 3600, 14_400, 86_400)
# Timeframes that a filter offers, seconds; the demo's own alerts are of the shortest.


def bar_of(request: HttpRequest) -> Bar:
    """The bar of `?account=`, or of the first account."""
    return shell.gather(given.number(request.GET.get("account", "")), now=timezone.now())


def opened(request: HttpRequest, bar: Bar, **more: Any) -> dict[str, Any]:
    """What every such page is drawn from, with its own."""
    return {"overview": bar, "now": bar.at, "may_act": may_act(request.user), "query": request.GET, **more}
