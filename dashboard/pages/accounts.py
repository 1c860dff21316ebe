"""The pages "Accounts" and of one account: looking, adding, changing, and entering keys."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from dashboard import accounts, shell
from dashboard.access import NO_ROLE, may_act, may_act_on, refusal
from dashboard.fresh import ask_for_confirmation, is_fresh, needs_fresh_confirmation
from dashboard.pages.accounts_forms import AccountForm, KeysForm
from dashboard.pages.errors import needs_database
from dashboard.pages.opening import bar_of
from project.accounts import services
from project.accounts.models import Environment, ExchangeAccount
from trading.services import open_account, preflight
from trading.services.preflight import Kind

READ_WRITE = ("GET", "HEAD", "POST")
ARM_ANEW = "It is off: wider terms are armed anew."
SECRETS = ("api_key", "api_secret", "passphrase")
KEY_FIELDS = (
    ("api_key", "API key", ""),
    ("api_secret", "API secret", "Written only: it is not shown again, not even when something else was wrong."),
    ("passphrase", "Passphrase", "Only where the venue has one (KuCoin)."),
)


def is_theirs_to_change(request: HttpRequest) -> bool:
    """Whoever may not act on the account is told so, and not first asked who they are."""
    found = request.resolver_match
    return found is not None and may_act_on(request.user, found.kwargs.get("account_id"))


@require_safe
@needs_database
@login_required
def accounts_page(request: HttpRequest) -> HttpResponse:
    """Every account with its state."""
    bar = bar_of(request)
    context = {"overview": bar, "now": bar.at, "rows": accounts.rows(now=bar.at), "may_add": may_act(request.user)}
    return render(request, "dashboard/accounts.html", context)


@require_safe
@needs_database
@login_required
def account_page(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account: steps, pre-flight, test order, arming, what was done to it."""
    row = get_object_or_404(ExchangeAccount.objects.select_related("user"), pk=account_id)
    bar = shell.gather(row.pk, now=timezone.now())
    context = {
        "overview": bar,
        "now": bar.at,
        "account": row,
        "page": accounts.page(row, now=bar.at),
        "may_act_here": may_act_on(request.user, row.pk),
    }
    return render(request, "dashboard/account.html", context)


@needs_database
@login_required
@require_http_methods(READ_WRITE)
def add_account(request: HttpRequest) -> HttpResponse:
    """The first step: venue, kind, name. A paper account is wired at once, any other goes on to its keys."""
    if not may_act(request.user):
        return _form(request, None, title="Add an account", problem=NO_ROLE, status=403)
    made = ExchangeAccount(user_id=request.user.pk or 0)
    form = AccountForm(request.POST or None, instance=made, initial={"environment": Environment.PAPER})
    if request.method != "POST" or not form.is_valid():
        return _form(request, form, title="Add an account", status=422 if form.errors else 200)
    now, operator = timezone.now(), request.user.get_username()
    open_account.open_account(form.instance, operator=operator, now=now)
    messages.success(request, f"{made.name} is made.")
    if made.environment != Environment.PAPER:
        return redirect("dashboard:account_keys", made.pk)
    preflight.ask(made.pk, Kind.PREFLIGHT, operator=operator, now=now)
    return redirect("dashboard:account", made.pk)


@needs_database
@login_required
@require_http_methods(READ_WRITE)
def edit_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Name, currency and the terms of futures; wider ones for real money are confirmed afresh, and armed anew."""
    row = get_object_or_404(ExchangeAccount, pk=account_id)
    title = f"Change {row.name}"
    if said := refusal(request.user, row.pk):
        return _form(request, None, title=title, account=row, problem=said, status=403)
    form = AccountForm(request.POST or None, instance=row)
    if request.method != "POST" or not form.is_valid():
        return _form(request, form, title=title, account=row, status=422 if form.errors else 200)
    if form.changed_data:
        wider = services.widens(ExchangeAccount.objects.get(pk=row.pk), form.instance)
        if wider and not is_fresh(request):
            return ask_for_confirmation(request, back=request.path)
        operator = request.user.get_username()
        open_account.change_account(form.instance, changed=form.changed_data, operator=operator, now=timezone.now())
        said = f"{row.name} is changed: {', '.join(form.changed_data).replace('_', ' ')}."
        messages.success(request, f"{said} {ARM_ANEW}" if wider else said)
    return redirect("dashboard:account", row.pk)


@sensitive_post_parameters(*SECRETS)
@needs_database
@login_required
@never_cache
@require_http_methods(READ_WRITE)
@needs_fresh_confirmation(when=is_theirs_to_change)
def account_keys(request: HttpRequest, account_id: int) -> HttpResponse:
    """Key and secret, written only: they go into the vault and are never shown again."""
    row = get_object_or_404(ExchangeAccount, pk=account_id)
    if said := refusal(request.user, row.pk):
        return _keys(request, row, None, problem=said, status=403)
    if row.environment == Environment.PAPER:
        return _paper_keys(request, row)
    form = KeysForm(row, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _keys(request, row, form, status=422 if form.errors else 200)
    now, operator = timezone.now(), request.user.get_username()
    services.put_keys(row.pk, form.credentials, operator=operator, now=now)
    preflight.ask(row.pk, Kind.PREFLIGHT, operator=operator, now=now)
    messages.success(request, "The keys are sealed. The pre-flight looks at them now.")
    return redirect("dashboard:account", row.pk)


def _paper_keys(request: HttpRequest, row: ExchangeAccount) -> HttpResponse:
    """The paper exchange's keys are made here: there is nothing to type."""
    if request.method != "POST":
        return _keys(request, row, None)
    open_account.replace_paper_keys(row, operator=request.user.get_username(), now=timezone.now())
    messages.success(request, "New keys are made, and the paper exchange knows them.")
    return redirect("dashboard:account", row.pk)


def _keys(
    request: HttpRequest, row: ExchangeAccount, form: KeysForm | None, *, problem: str = "", status: int = 200
) -> HttpResponse:
    bar = shell.gather(row.pk, now=timezone.now())
    fields = [(*field, form.errors.get(field[0], ()) if form.is_bound else ()) for field in KEY_FIELDS] if form else ()
    context = {"overview": bar, "account": row, "form": form, "fields": fields, "problem": problem}
    return render(request, "dashboard/account_keys.html", context, status=status)


def _form(
    request: HttpRequest, form: AccountForm | None, *, title: str, status: int = 200, **more: Any
) -> HttpResponse:
    account = more.get("account")
    bar = shell.gather(account.pk if account else None, now=timezone.now())
    context = {"overview": bar, "form": form, "title": title, "kinds": accounts.KINDS, **more}
    return render(request, "dashboard/account_form.html", context, status=status)
