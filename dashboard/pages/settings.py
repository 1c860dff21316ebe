"""The page Settings: every setting with its limits and where it comes from; a form, a preview, and only then a change."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import given, settings_form, settings_rights, settings_rows
from dashboard.pages.errors import needs_database
from dashboard.pages.opening import bar_of
from dashboard.pages.settings_preview import UNCHANGED, how_of, preview_page
from dashboard.settings_form import NotReadable
from dashboard.settings_preview import Places, told
from dashboard.settings_rows import Typed
from dashboard.shell import Bar
from project.accounts.models import ExchangeAccount
from trading.domain.settings import SettingError
from trading.models import SettingVersion
from trading.services import approvals, overrides, sealing, setting_versions
from trading.services.overrides import CannotChange, Place
from trading.services.overrides_submit import submit
from trading.services.setting_versions import ChangedSince, Said

SCOPES = ("all", "mine", "account", "pair")
REASON = range(3, 201)
NO_REASON = "A reason of 3 to 200 characters is needed: it is what the list of versions will say later."
RECENT = 5


@dataclass(frozen=True, slots=True)
class View:
    """What the address names: the scope, and what that scope is of."""

    scope: str
    account: ExchangeAccount | None
    symbol: str
    search: str
    at: Place
    problem: str = ""

    @property
    def query(self) -> str:
        """The address again."""
        said = {"account": self.account.pk if self.account else "", "scope": self.scope}
        named = {"symbol": self.symbol} if self.scope == "pair" else {}
        return urlencode({key: value for key, value in (said | named).items() if value})


def view_of(request: HttpRequest, bar: Bar) -> View:
    """The place that is looked at: an admin begins with everybody's settings, anybody else with his account's."""
    asked, account = request.GET, bar.row
    first = "all" if settings_rights.is_admin(request.user) or account is None else "account"
    scope = asked.get("scope", first) if asked.get("scope") in SCOPES else first
    symbol = given.words(asked.get("symbol", ""), longest=40)
    at, problem = _place(scope, account, symbol, request.user.pk)
    return View(scope, account, at.symbol or symbol, asked.get("q", "").replace("\0", "")[:80], at, problem)


def _place(scope: str, account: ExchangeAccount | None, symbol: str, user_id: int | None) -> tuple[Place, str]:
    """Where that is, or the account and why the pair is none."""
    if scope in ("all", "mine") or account is None:
        return Place(user_id=user_id if scope == "mine" else None), ""
    try:
        return overrides.place(user_id=None, account=account, symbol=symbol if scope == "pair" else ""), ""
    except SettingError as error:
        return Place(account_id=account.pk), error.refusal.said


@require_safe
@needs_database
@login_required
def settings_page(request: HttpRequest) -> HttpResponse:
    """All settings at a scope; what is read again while the page is open is the small part that may change by itself."""
    bar = bar_of(request)
    return _page(request, bar, view_of(request, bar))


def _page(request: HttpRequest, bar: Bar, view: View, typed: Typed | None = None, *, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "overview": bar,
        "now": bar.at,
        "view": view,
        "sections": settings_rows.gather(view.at, search=view.search, typed=typed),
        "typed": typed,
        "refused": settings_rights.refusal(request.user, (view.at,)),
        **waiting_ones(request, bar),
    }
    again = request.headers.get("X-Refresh") == "1"
    name = "dashboard/settings_live.html" if again else "dashboard/settings.html"
    return render(request, name, context, status=status)


def waiting_ones(request: HttpRequest, bar: Bar) -> dict[str, Any]:
    """What waits for its day or for a second person, and the latest versions."""
    versions = list(SettingVersion.objects.all()[:RECENT])
    requests = list(approvals.open_ones(now=bar.at))
    read = [*map(setting_versions.kept, versions), *map(approvals.changes_of, requests)]
    places = Places.of(one for changes in read for one in changes)
    lines = [told(changes, places) for changes in read]
    user = request.user
    return {
        "versions": list(zip(versions, lines, strict=False)),
        "requests": [
            (row, line, not approvals.why_not(row, user, now=bar.at), row.asker_id == user.pk)  # type: ignore[arg-type]
            for row, line in zip(requests, lines[len(versions) :], strict=True)
        ],
        "pending": sealing.waiting(),
        "is_admin": settings_rights.is_admin(user),
    }


# changing ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@needs_database
@login_required
def preview_settings(request: HttpRequest) -> HttpResponse:
    """What the form would change; with something wrong in it the form again, each refusal at its field."""
    if request.method != "POST":  # the address of a refused form, asked for again
        return redirect(f"{reverse('dashboard:settings')}?{_back(request)}")
    bar = bar_of(request)
    view = view_of(request, bar)
    rows = overrides.holding(view.at)
    own = [row.name for row in rows if overrides.place_of(row) == view.at]
    asked = settings_form.read(request.POST, view.at, own=own)
    if view.problem or not asked.wishes:
        messages.info(request, view.problem or UNCHANGED)
        return redirect(f"{reverse('dashboard:settings')}?{view.query}")
    try:
        changes = overrides.plan(asked.wishes)
    except CannotChange as error:
        return _page(request, bar, view, settings_form.typed(asked, error), status=422)
    now_held = overrides.values(rows)
    moved = [
        (one.name, one.place) for one in changes if now_held[one.name] != asked.seen.get(one.name, now_held[one.name])
    ]
    return preview_page(request, changes, bar=bar, back=view.query, moved=moved)


@require_POST
@needs_database
@login_required
def change_settings(request: HttpRequest) -> HttpResponse:
    """Make a previewed change, if nothing it is about was changed since; otherwise the preview again, as it is now."""
    bar = bar_of(request)
    back, reason = _back(request), given.words(request.POST.get("reason", ""))
    how, of = how_of(request.POST)
    try:
        wishes, seen = settings_form.unpacked(request.POST.get("changes", ""))
        if refused := settings_rights.refusal_of(request.user, wishes):
            return preview_page(request, (), bar=bar, back=back, problem=refused, status=403)
        if len(reason) not in REASON:
            return preview_page(
                request, overrides.plan(wishes), bar=bar, back=back, problem=NO_REASON, how=how, of=of, status=422
            )
        said = Said(request.user.get_username(), reason, how, of)
        done = submit(wishes, said, now=timezone.now(), seen=seen)
    except ChangedSince as error:
        return preview_page(
            request, error.changes, bar=bar, back=back, moved=error.moved, how=how, of=of, reason=reason, status=409
        )
    except (NotReadable, SettingError) as error:
        return preview_page(request, (), bar=bar, back=back, problem=str(error), status=422)
    messages.add_message(request, messages.WARNING if done.waiting else messages.SUCCESS, done.words)
    return redirect(f"{reverse('dashboard:settings')}?{back}")


def _back(request: HttpRequest) -> str:
    """The settings' own address to go back to: nothing but its known parameters."""
    known = ("account", "scope", "symbol")
    return urlencode({name: request.GET[name] for name in known if request.GET.get(name)})
