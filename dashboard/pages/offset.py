"""The page "Offset": when a losing group is paid for by winners and what it would come to; run now, skip once."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from dashboard import given, offsets, shell
from dashboard.access import may_act, may_act_on
from dashboard.formats import span
from dashboard.offsets import Naming
from dashboard.pages.ask import Question, Told, Typed, ask
from dashboard.pages.errors import View, needs_database
from project.accounts.vault import VaultError
from risk.domain.offset import OffsetPlan
from risk.domain.offset_words import NotNow
from trading.domain.settings import SettingError
from trading.errors import WindlassError
from trading.models import PositionGroup
from trading.services import connect, offset, offset_facts
from trading.services.offset_books import Books

METHODS = ["GET", "HEAD", "POST"]
NOTE = (
    "Winners are sold first; the loser is closed only if its loss is still within these numbers. "
    "Stops, exit signals and closes by hand go before."
)
BEGUN = "Offset of {name} has begun: the winners' parts are sold, then it is closed."
SKIPS = (
    "The sweep leaves {name} alone for as long as its timer runs, 10 minutes at least; run now stays possible.",
    "Its own targets, stops and exit signals go on.",
)


@require_safe
@needs_database
@login_required
def offset_page(request: HttpRequest) -> HttpResponse:
    """The offsets of `?account=`, or of the first account."""
    now = timezone.now()
    bar = shell.gather(given.number(request.GET.get("account", "")), now=now)
    context: dict[str, object] = {
        "overview": bar,
        "now": now,
        "may_act": may_act(request.user),
    }
    try:
        context["page"] = offsets.gather(bar.row, now=now) if bar.row else None
    except SettingError as error:
        context["broken"] = f"Nothing is offset meanwhile. {error} Correct it under Settings."
    return render(request, "dashboard/offset.html", context)


Asked = Callable[[HttpRequest, PositionGroup], HttpResponse]


def about_a_group(view: Asked) -> View:
    """A question about one group, for those who are logged in."""

    @needs_database
    @login_required
    @require_http_methods(METHODS)
    @wraps(view)
    def answer(request: HttpRequest, group_id: int) -> HttpResponse:
        rows = PositionGroup.objects.select_related("account", "instrument")
        return view(request, get_object_or_404(rows, pk=group_id))

    return answer


@about_a_group
def run_offset(request: HttpRequest, group: PositionGroup) -> HttpResponse:
    """Say exactly what an offset would do by the books as they are now, or begin it."""

    def act(_: Typed) -> Told:
        found = _begun(group, operator=request.user.get_username())
        return Told(found) if found.startswith("Offset") else Told(found, done=False)

    asked = (
        _run_question(group)
        if request.method != "POST" and may_act_on(request.user, group.account_id)
        else _bare(group)
    )
    return ask(request, asked, act, account_id=group.account_id, back=_back(group))


def _begun(group: PositionGroup, *, operator: str) -> str:
    books = _books(group)
    if isinstance(books, str):
        return books
    found = offset.run_now(group, operator=operator, books=books, now=timezone.now())
    return found.sentence(group.account.quote) if isinstance(found, NotNow) else BEGUN.format(name=_name(group))


def _books(group: PositionGroup) -> Books | str:
    """The order books as they are now, or why they cannot be read."""
    try:
        return offset.books_for(group, gateway=connect.gateway(group.account), clock=timezone.now)
    except (VaultError, WindlassError) as error:
        return str(error)


def _run_question(group: PositionGroup) -> Question:
    books = _books(group)
    if isinstance(books, str):
        return _bare(group, books)
    found = offset.preview(group, books=books, now=timezone.now())
    if not isinstance(found, OffsetPlan):
        return _bare(group, found.sentence(group.account.quote))
    names = Naming(group.instrument.quote, {one.group.pk: one for one in offset_facts.standings(group.account_id)})
    return Question(f"Offset {_name(group)} now", offsets.consequence(found, names), "Run now", note=NOTE)


def _bare(group: PositionGroup, *lines: str) -> Question:
    return Question(f"Offset {_name(group)} now", lines, "Run now")


@about_a_group
def skip_offset(request: HttpRequest, group: PositionGroup) -> HttpResponse:
    """Leave a group alone this time."""

    def act(_: Typed) -> Told:
        now = timezone.now()
        until = offset.skip_once(group, operator=request.user.get_username(), now=now)
        if until is None:
            return Told(f"{_name(group)} is closed or closing; nothing was changed.", done=False)
        return Told(f"{_name(group)} is skipped for {span((until - now).total_seconds())}.")

    lines = tuple(line.format(name=_name(group)) for line in SKIPS)
    question = Question(f"Skip {_name(group)} once", lines, "Skip once", danger=False)
    return ask(request, question, act, account_id=group.account_id, back=_back(group))


def _name(group: PositionGroup) -> str:
    return f"{group.instrument.symbol} {group.side}"


def _back(group: PositionGroup) -> str:
    return f"{reverse('dashboard:offset')}?account={group.account_id}"
