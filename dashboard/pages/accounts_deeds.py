"""What is done to an account behind a question: pre-flight, test order, arming and taking that back, removing its keys."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard.fresh import needs_fresh_confirmation
from dashboard.pages.accounts import is_theirs_to_change
from dashboard.pages.ask import Act, Field, Question, Told, Typed, ask
from dashboard.pages.errors import needs_database
from project.accounts.models import Environment, ExchangeAccount
from trading.domain.arming import ArmingCondition
from trading.errors import WindlassError
from trading.models import PositionGroup
from trading.services import arming, preflight
from trading.services.preflight import Kind

READ_WRITE = ("GET", "HEAD", "POST")
REASON = Field("reason", "Why? The journal keeps it with your name.", max_length=200)
WAITS = "A worker makes it within seconds; the lines come here one by one."


def _asked(request: HttpRequest, account: ExchangeAccount, question: Question, act: Act) -> HttpResponse:
    return ask(request, question, act, account_id=account.pk, back=reverse("dashboard:account", args=[account.pk]))


def _of(account_id: int) -> ExchangeAccount:
    return get_object_or_404(ExchangeAccount, pk=account_id)


@needs_database
@login_required
@require_http_methods(READ_WRITE)
def run_preflight(request: HttpRequest, account_id: int) -> HttpResponse:
    """Ask the venue everything that must be right before money is traded."""
    account = _of(account_id)
    lines = ("A dozen questions go to the venue. Nothing is placed and nothing is changed.",)
    question = Question(f"Pre-flight of {account.name}", lines, "Run it", danger=False)
    return _asked(request, account, question, _asks_for(request, account, Kind.PREFLIGHT))


@needs_database
@login_required
@require_http_methods(READ_WRITE)
def run_test_order(request: HttpRequest, account_id: int) -> HttpResponse:
    """Place one far from the price and cancel it, or have a live venue check one."""
    account = _of(account_id)
    live = account.environment == Environment.LIVE
    said = (
        "The venue checks an order as if it were placed, and places nothing. Where a venue cannot do that, it is refused."
        if live
        else "The smallest order that the venue takes is placed far below the price and cancelled at once."
    )
    question = Question(f"Test order on {account.name}", (said,), "Test", danger=False)
    return _asked(request, account, question, _asks_for(request, account, Kind.TEST_ORDER))


def _asks_for(request: HttpRequest, account: ExchangeAccount, kind: str) -> Act:
    def act(_: Typed) -> Told:
        preflight.ask(account.pk, kind, operator=request.user.get_username(), now=timezone.now())
        return Told(WAITS)

    return act


@needs_database
@login_required
@require_http_methods(READ_WRITE)
@needs_fresh_confirmation(when=is_theirs_to_change)
def arm_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Let entries through: on a live account with its name typed, and all else in place."""
    account, now = _of(account_id), timezone.now()
    typed = Field("typed", f"Type the account's name, {account.name}", min_length=1, max_length=60)
    live = account.environment == Environment.LIVE
    lines = [f"From then on alerts open positions on {account.name} with {_money(account)}."]
    lines += [f"✗ {one.advice}" for one in arming.conditions(account, now=now) if _is_in_the_way(one)]
    question = Question(f"Arm {account.name}", tuple(lines), "Arm", danger=live, fields=(typed,) if live else ())

    def act(given: Typed) -> Told:
        name, operator = given.get("typed", account.name), request.user.get_username()
        return _done(
            lambda: arming.arm(account.pk, typed=name, operator=operator, now=timezone.now()),
            f"{account.name} is armed: entries go through.",
        )

    return _asked(request, account, question, act)


def _is_in_the_way(condition: arming.Condition) -> bool:
    return not condition.met and condition.code is not ArmingCondition.CONFIRMATION


def _money(account: ExchangeAccount) -> str:
    words = {
        Environment.PAPER: "play money",
        Environment.TESTNET: "the venue's play money",
        Environment.LIVE: "real money",
    }
    return words[Environment(account.environment)]


@needs_database
@login_required
@require_http_methods(READ_WRITE)
def disarm_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Entries stop at once; it only protects, so nothing more is asked for."""
    account = _of(account_id)
    lines = (
        "No entry and no further leg is sent from now on; entries that rest at the venue stay there until they are cancelled.",
        "Exits go on: targets rest, stops are watched, Close works.",
    )
    question = Question(f"Switch {account.name} off", lines, "Switch off", fields=(REASON,))

    def act(given: Typed) -> Told:
        off = arming.disarm(account.pk, operator=request.user.get_username(), reason=given["reason"])
        said = f"{account.name} is off: nothing is entered." if off else f"{account.name} was off already."
        return Told(said, done=off)

    return _asked(request, account, question, act)


@needs_database
@login_required
@require_http_methods(READ_WRITE)
@needs_fresh_confirmation(when=is_theirs_to_change)
def remove_keys(request: HttpRequest, account_id: int) -> HttpResponse:
    """Forget key and secret; refused while something is open that could then not be closed."""
    account = _of(account_id)
    count = PositionGroup.objects.filter(account=account, closed_at=None).count()
    lines = (
        "The envelope with key and secret is deleted. Nothing can be sent, cancelled or read on this account any more.",
        f"{count} groups are open: close them first." if count else "Nothing is open there.",
        "At the venue the key goes on existing: delete it there too.",
    )

    def act(_: Typed) -> Told:
        operator = request.user.get_username()
        return _done(lambda: arming.remove_keys(account.pk, operator=operator), f"The keys of {account.name} are gone.")

    return _asked(request, account, Question(f"Remove the keys of {account.name}", lines, "Remove the keys"), act)


def _done(deed: Callable[[], object], said: str) -> Told:
    """What it came to; a refusal in its own words."""
    try:
        deed()
    except WindlassError as error:
        return Told(str(error), done=False)
    return Told(said)
