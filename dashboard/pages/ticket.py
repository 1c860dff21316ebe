"""The order ticket: filled in, looked at with the plan and every check, then sent as one alert; followed step by step."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard import given, shell, signals, signals_detail
from dashboard import ticket as forms
from dashboard.access import refusal
from dashboard.formats import amount
from dashboard.pages.errors import needs_database
from dashboard.previewing import Preview, preview
from dashboard.shell import Bar
from dashboard.signals import Row
from dashboard.signals_path import Step
from dashboard.ticket import Form
from dashboard.words import venue_words
from project.accounts.models import Environment, ExchangeAccount
from signals.formats import FormatRefused
from signals.models import Alert
from trading.domain.money import total
from trading.services import connect, order_by_hand
from trading.services.explain import Explanation
from trading.services.explain_words import order_words
from trading.services.order_by_hand import CannotSend

SURE = "sure"
MUST_BE_SURE = "This is real money: tick the box under the plan, then send."
SENT_ALREADY = (
    "Not sent: this form has sent its order already, as alert {alert}, and that one stands. "
    "What stands here now is another order: look at it, then send it."
)
NO_KEY = "The form was not complete: look at the order once more, then send it."


@dataclass(frozen=True, slots=True)
class Looked:
    """The order as it would go now; ready: it may be sent."""

    shown: Preview | None = None
    consequence: str = ""
    ready: bool = False
    problem: str = ""
    rounding: str = ""
    orders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Followed:
    """An order that was sent, on its way."""

    row: Row
    steps: tuple[Step, ...]
    groups: tuple[int, ...]


@needs_database
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ticket_page(request: HttpRequest) -> HttpResponse:
    """The form; with `?show=1` also what it would do, with `?sent=` what became of an order; POST sends."""
    typed = request.POST if request.method == "POST" else request.GET
    bar = shell.gather(given.number(typed.get("account", "")), now=timezone.now())
    if bar.row is None:
        return _page(request, bar, None, Looked())
    form = forms.filled(typed.dict(), account_id=bar.row.pk)
    barred = refusal(request.user, bar.row.pk)
    if barred:
        return _page(request, bar, form, Looked(problem=barred), status=403 if request.method == "POST" else 200)
    if request.method == "POST":
        return _send(request, bar, bar.row, form)
    looked, found = _look(bar.row, form) if "show" in typed else (Looked(), form)
    return _page(request, bar, found, looked)


# look --------------------------------------------------------------------------------------------


def _look(account: ExchangeAccount, form: Form) -> tuple[Looked, Form]:
    """What the order would do now; or what is wrong, beside its field."""
    if wrong := forms.checked(form):
        return Looked(), replace(form, wrong=wrong)
    try:
        gateway = partial(connect.gateway, account)
        found = order_by_hand.preview(forms.ticket(form), gateway=gateway, clock=timezone.now)
    except FormatRefused as error:
        wrong = forms.refused(error)
        return Looked(problem=wrong.get("", "")), replace(form, wrong=wrong)
    except CannotSend as error:
        return Looked(problem=str(error)), form
    shown = preview(found)
    ready = shown.tone != "down"
    said = _consequence(account, found) if ready else ""
    return Looked(shown, said, ready, "", _rounding(found), tuple(_orders(found)) or shown.orders), replace(
        form, wrong={} if ready else forms.mended_at(found.verdict)
    )


def _consequence(account: ExchangeAccount, found: Explanation) -> str:
    """What sending does, in numbers."""
    money = "real money" if account.environment == Environment.LIVE else f"{account.environment} money"
    place = f"on {account.name} at {venue_words(account.venue)}, {money}"
    plan, draft = found.stages.plan, found.stages.draft
    if not found.orders or plan is None or draft is None:
        return f"{found.verdict.outcome}: {found.verdict.reason} ({place})"
    qty = total(order.qty for order in found.orders)
    verb = "buys" if found.orders[0].side == "BUY" else "sells"
    count = f"{len(found.orders)} {'order' if len(found.orders) == 1 else 'orders'}"
    return f"{count}: {verb} up to {qty.normalize():f} {draft.rules.base} for about {plan.cost:,.2f} {draft.rules.quote}, {place}."


def _orders(found: Explanation) -> Iterator[str]:
    """Of an entry its orders in words; a target of the whole group is none of theirs."""
    draft, intent = found.stages.draft, found.stages.intent
    if found.stages.plan is None or draft is None or intent is None:
        return
    for order in found.orders:
        own = replace(order, target_price=None) if intent.take_profit else order
        yield order_words(own, draft.rules)


def _rounding(found: Explanation) -> str:
    """What the market's steps leave unused."""
    plan, draft = found.stages.plan, found.stages.draft
    if plan is None or draft is None:
        return ""
    rules, left = draft.rules, plan.capital - plan.cost
    steps = (
        f"prices to {rules.tick_size.normalize():f} {rules.quote}, quantities down to {rules.lot_step.normalize():f}"
    )
    return f"Rounded: {steps} {rules.base}; {amount(left, rules.quote)} of {amount(plan.capital, rules.quote)} {rules.quote} stay unused."


# send --------------------------------------------------------------------------------------------


def _send(request: HttpRequest, bar: Bar, account: ExchangeAccount, form: Form) -> HttpResponse:
    """One alert, once for each form; then the page that follows it."""
    key, wrong = forms.key_of(request.POST.dict()), forms.checked(form)
    unsure = account.environment == Environment.LIVE and request.POST.get(SURE) != "1"
    problem = NO_KEY if not key else MUST_BE_SURE if unsure else ""
    if problem or wrong:
        looked, found = _look(account, form)
        return _page(request, bar, found, replace(looked, problem=problem), status=422)
    try:
        operator, now = request.user.get_username(), timezone.now()
        sent = order_by_hand.send(forms.ticket(form), key=key, operator=operator, now=now)
    except FormatRefused as error:
        return _page(request, bar, replace(form, wrong=forms.refused(error)), Looked(), status=422)
    except CannotSend as error:
        return _page(request, bar, form, Looked(problem=str(error)), status=422)
    if not sent.same:
        looked, found = _look(account, form)
        return _page(request, bar, found, replace(looked, problem=SENT_ALREADY.format(alert=sent.alert.pk)), status=409)
    return redirect(f"{reverse('dashboard:ticket')}?account={account.pk}&sent={sent.alert.pk}")


def _followed(request: HttpRequest, account: ExchangeAccount) -> Followed | None:
    """The order named by `?sent=`, of this account."""
    number = given.number(request.GET.get("sent", ""))
    rows = Alert.objects.select_related("source", "account", "signal").filter(account=account)
    alert = rows.filter(pk=number).first() if number is not None else None
    if alert is None:
        return None
    return Followed(signals.row(alert), signals_detail.steps_of(alert), signals_detail.groups_of(alert))


def _page(request: HttpRequest, bar: Bar, form: Form | None, looked: Looked, *, status: int = 200) -> HttpResponse:
    account = bar.row
    context = {
        "overview": bar,
        "now": bar.at,
        "form": form,
        "looked": looked,
        "may_act": account is not None and not refusal(request.user, account.pk),
        "is_live": account is not None and account.environment == Environment.LIVE,
        "key": forms.new_key(),
        "sides": list(forms.SIDES),
        "types": forms.TYPES.items(),
        "frames": forms.FRAMES.items(),
        "units": forms.STOP_UNITS.items(),
        "sources": order_by_hand.sources(account) if account else (),
        "followed": _followed(request, account) if account else None,
    }
    return render(request, "dashboard/ticket.html", context, status=status)
