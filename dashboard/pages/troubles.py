"""The page "Books": what is not as it should be on an account, and the deeds that mend it, each with its undo."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from dashboard import given, shell, troubles
from dashboard.access import may_act
from dashboard.formats import qty
from dashboard.pages.ask import Field, Question, Told, Typed, ask
from dashboard.pages.errors import needs_database
from trading.domain.reconcile import Difference
from trading.models import Disagreement, PositionGroup
from trading.services import disagree, dust, naked

METHODS = ["GET", "HEAD", "POST"]
WHY = Field("reason", "Why, kept in the journal")
WRONG = (disagree.AlreadySettled, disagree.NothingToUndo, dust.NoDust, dust.NotWrittenOff, naked.NothingBare)
CHANGED = "There is nothing of this kind any more: it was settled meanwhile."

Deed = Callable[[Typed, str], str]


@require_safe
@needs_database
@login_required
def books(request: HttpRequest) -> HttpResponse:
    """The books of `?account=`, or of the first account."""
    now = timezone.now()
    bar = shell.gather(given.number(request.GET.get("account", "")), now=now)
    context = {
        "overview": bar,
        "now": now,
        "may_act": may_act(request.user),
        "books": troubles.books(bar.row) if bar.row else None,
    }
    return render(request, "dashboard/books.html", context)


def _asked(request: HttpRequest, question: Question, deed: Deed, *, account: int) -> HttpResponse:
    """Ask, then act once; what somebody else settled meanwhile is said, not done twice."""

    def act(typed: Typed) -> Told:
        try:
            return Told(deed(typed, request.user.get_username()))
        except WRONG as error:
            return Told(" ".join(str(error).split()), done=False)

    return ask(request, question, act, account_id=account, back=f"{reverse('dashboard:books')}?account={account}")


def _group(group_id: int) -> PositionGroup:
    return get_object_or_404(PositionGroup.objects.select_related("instrument"), pk=group_id)


def _name(group: PositionGroup) -> str:
    return f"{group.instrument.symbol} {group.side}"


# holdings without an exit ------------------------------------------------------------------------


@needs_database
@login_required
@require_http_methods(METHODS)
def waive_exit(request: HttpRequest, group_id: int) -> HttpResponse:
    """A person says, by name, that what is bare needs no exit."""
    group = _group(group_id)
    row = group.bare_holdings.filter(ended_at=None).first()
    amount = qty(row.qty, group.instrument.lot_step) if row else "–"
    question = Question(
        title=f"{_name(group)} needs no exit",
        consequence=(
            f"{amount} {group.instrument.base} stay without an exit of ours, and nobody is told of it any more.",
            "More than that is told again. Stops that are watched go on; targets are still tried.",
        ),
        button="Waive",
        fields=(WHY,),
    )

    def deed(typed: Typed, who: str) -> str:
        naked.waive(group.pk, operator=who, reason=typed["reason"], now=timezone.now())
        return f"{_name(group)}: waived. It can be taken back on this page."

    return _asked(request, question, deed, account=group.account_id)


@needs_database
@login_required
@require_http_methods(METHODS)
def take_back_waiver(request: HttpRequest, group_id: int) -> HttpResponse:
    """From now on it is wrong again."""
    group = _group(group_id)
    lines = ("It is told again that this has no exit, and the sweep goes on trying to place one.",)

    def deed(_: Typed, who: str) -> str:
        naked.take_back(group.pk, operator=who, now=timezone.now())
        return f"{_name(group)}: the waiver is taken back."

    question = Question(f"{_name(group)}: take the waiver back", lines, "Take back", danger=False)
    return _asked(request, question, deed, account=group.account_id)


# executions that differ --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """What a person may say of an execution, and what follows."""

    title: str
    lines: tuple[str, str]


CONSEQUENCE: Mapping[str, Word] = {
    "theirs": Word(
        "take the venue’s numbers",
        (
            "Our books take the venue's word: quantity, price and fee of this execution, and what follows from them.",
            "Targets are sized anew at once. This can be undone here.",
        ),
    ),
    "ours": Word(
        "keep ours",
        (
            "Our books stay as they are, and these two numbers are not asked about again.",
            "What is missing or left over at the venue is then written down as somebody else's movement. This can be undone here.",
        ),
    ),
}
DOUBLED = Word(
    "it is seen to",
    (
        "What this second order bought or sold is in no group. Undo it at the venue first, if it is to go.",
        "On spot what is left over is then written down as a movement of yours; a futures position that differs is told on. "
        "This can be undone here.",
    ),
)


@needs_database
@login_required
@require_http_methods(METHODS)
def settle_difference(request: HttpRequest, row_id: int, choice: str) -> HttpResponse:
    """Take the venue's numbers, or keep ours."""
    row = get_object_or_404(Disagreement.objects.select_related("instrument"), pk=row_id)
    if choice not in CONSEQUENCE or row.order_id is None:
        raise Http404
    told = DOUBLED if row.kind == Difference.FILL_DOUBLED else CONSEQUENCE[choice]
    lines = (*((CHANGED,) if row.settled_at else ()), *troubles.both(row), *told.lines)

    def deed(typed: Typed, who: str) -> str:
        disagree.settle(row.pk, choice=choice.upper(), operator=who, reason=typed["reason"], now=timezone.now())
        return f"Execution {row.venue_trade_id} is settled; entries open again at the next reconcile."

    question = Question(f"{row.instrument.symbol}: {told.title}", lines, "Settle", fields=(WHY,))
    return _asked(request, question, deed, account=row.account_id)


@needs_database
@login_required
@require_http_methods(METHODS)
def undo_difference(request: HttpRequest, row_id: int) -> HttpResponse:
    """As it was before somebody's word."""
    row = get_object_or_404(Disagreement.objects.select_related("instrument"), pk=row_id)
    lines = (*troubles.both(row), "Our numbers are put back as they were, and the difference waits for a person again.")

    def deed(_: Typed, who: str) -> str:
        disagree.undo(row.pk, operator=who, now=timezone.now())
        return f"Execution {row.venue_trade_id} is as it was."

    question = Question(f"{row.instrument.symbol}: undo", lines, "Undo")
    return _asked(request, question, deed, account=row.account_id)


# dust --------------------------------------------------------------------------------------------


@needs_database
@login_required
@require_http_methods(METHODS)
def write_off_dust(request: HttpRequest, group_id: int) -> HttpResponse:
    """Dust that a person does not want merged into the next position."""
    group = _group(group_id)
    amount = f"{qty(group.qty, group.instrument.lot_step)} {group.instrument.base}"
    lines = (
        f"{amount} of group {group.pk} stay at the venue and go into no other position of Windlass.",
        "They are yours to convert or sell there by hand. This can be undone here.",
    )

    def deed(typed: Typed, who: str) -> str:
        dust.write_off(group.pk, operator=who, reason=typed["reason"], now=timezone.now())
        return f"{amount} are written off."

    question = Question(f"Write off the dust of {_name(group)}", lines, "Write off", fields=(WHY,))
    return _asked(request, question, deed, account=group.account_id)


@needs_database
@login_required
@require_http_methods(METHODS)
def put_back_dust(request: HttpRequest, group_id: int) -> HttpResponse:
    """Undo a write-off."""
    group = _group(group_id)
    lines = ("The dust lies about again: it goes into the pair's next position, if the venue still has it.",)

    def deed(_: Typed, who: str) -> str:
        dust.put_back(group.pk, operator=who, now=timezone.now())
        return f"The dust of {_name(group)} is on the books again."

    question = Question(f"Put the dust of {_name(group)} back", lines, "Put back", danger=False)
    return _asked(request, question, deed, account=group.account_id)
