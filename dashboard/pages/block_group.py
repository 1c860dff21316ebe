"""Blocking a group by hand, and letting it go on."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from dashboard.pages.ask import Question, Told, Typed, ask
from dashboard.pages.errors import needs_database
from trading.models import PositionGroup
from trading.services import block

BLOCKS = (
    "No more pyramids for this group.",
    "What is held keeps its exits: targets and stops go on, exit signals close it, legs that rest can still fill.",
)
UNBLOCKS = ("The group takes pyramids again, from the next alert on.",)
WISHES = {"block": True, "unblock": False}
OVER = ("This group is closed: nothing more is to be done.",)


@needs_database
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def block_group(request: HttpRequest, group_id: int) -> HttpResponse:
    """Ask, then do what was asked: pressed twice, it is done once."""
    group = get_object_or_404(PositionGroup.objects.select_related("instrument"), pk=group_id)
    name = f"{group.instrument.symbol} {group.side}"
    to = WISHES.get(request.POST.get("wish", ""), not group.blocked)

    def act(_: Typed) -> Told:
        changed = block.set_blocked(group.pk, to=to, operator=request.user.get_username())
        done = f"{name} is {'blocked' if to else 'unblocked'}."
        return Told(done if changed else f"{name} was changed or closed meanwhile; nothing was done.", changed)

    return ask(request, _question(group, name), act, account_id=group.account_id)


def _question(group: PositionGroup, name: str) -> Question:
    verb, lines = ("Unblock", UNBLOCKS) if group.blocked else ("Block", BLOCKS)
    return Question(f"{verb} {name}", OVER if group.closed_at else lines, verb, danger=False, wish=verb.lower())
