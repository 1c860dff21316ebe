"""Notifications: a person's channels, made, tried, changed and removed; and what was told last."""

from collections.abc import Mapping

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import notices_page as page
from dashboard.notices import channels
from dashboard.notices.channels import Refused
from dashboard.notices.domain.addresses import KINDS
from dashboard.notices.domain.classes import Klass, Way
from dashboard.notices.models import Channel
from dashboard.pages.ask import Question
from dashboard.pages.errors import needs_database
from dashboard.roles import Scope, scopes_of
from dashboard.sealed import refused
from project.accounts.models import User
from trading.services import sealing

METHODS = ["GET", "HEAD", "POST"]


@needs_database
@login_required
@require_safe
@never_cache
def notices_page(request: HttpRequest) -> HttpResponse:
    """The user's own channels, and what was told."""
    now, mine = timezone.now(), list(_own(request))
    sealed = bool(getattr(request.user, "sealed", False))
    hidden = (Klass.FILLS,) if sealed and not sealing.pnl_visible() else ()
    context = {
        "kinds": KINDS.items(),
        "now": now,
        "rows": page.channel_rows(mine, now=now),
        "sealed": sealed,
        "told": page.told(mine, without=hidden),
    }
    return render(request, "dashboard/notices.html", context)


def _own(request: HttpRequest) -> "QuerySet[Channel]":
    return Channel.objects.filter(user_id=request.user.pk or 0).order_by("id")


def _channel(request: HttpRequest, channel_id: int) -> Channel:
    """One of the user's own. Raises Http404."""
    return get_object_or_404(Channel.objects.select_related("user"), pk=channel_id, user_id=request.user.pk or 0)


@needs_database
@login_required
@require_http_methods(METHODS)
@never_cache
def new_channel(request: HttpRequest, kind: str) -> HttpResponse:
    """The form of a kind; POST makes the channel."""
    if kind not in KINDS:
        raise Http404(kind)
    typed = page.cleaned(request.POST) if request.method == "POST" else {**page.FRESH, "name": KINDS[kind].title}
    if request.method != "POST":
        return _form(request, page.form(kind, typed))
    try:
        private = bool(settings.NOTICES_PRIVATE)
        row = channels.make(_user(request), kind, page.wanted(kind, typed), private=private, now=timezone.now())
    except Refused as error:
        return _form(request, page.form(kind, typed, problem=str(error), wrong=error.field))
    messages.success(request, f"{row.name} is made. Send it a test.")
    return redirect("dashboard:notices")


@needs_database
@login_required
@require_http_methods(METHODS)
@never_cache
def edit_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Its manners; an address that is left empty stays as it is."""
    row = _channel(request, channel_id)
    typed = page.cleaned(request.POST) if request.method == "POST" else page.typed_of(row)
    if request.method != "POST":
        return _form(request, page.form(row.kind, typed), row)
    try:
        private = bool(settings.NOTICES_PRIVATE)
        changed = channels.change(row, page.wanted(row.kind, typed), operator=_user(request), private=private)
    except Refused as error:
        return _form(request, page.form(row.kind, typed, problem=str(error), wrong=error.field), row)
    said = f"Changed: {', '.join(changed).replace('_', ' ')}." if changed else "Nothing was changed."
    messages.success(request, said)
    return redirect("dashboard:notices")


def _form(request: HttpRequest, form: page.Form, row: Channel | None = None) -> HttpResponse:
    context = {
        "form": form,
        "is_admin": Scope.ADMIN in scopes_of(request.user),
        "row": row,
        "ways": [(way, page.WAY_WORDS[way]) for way in Way],
    }
    return render(request, "dashboard/notice_channel.html", context, status=422 if form.problem else 200)


@needs_database
@login_required
@require_POST
def test_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Send a test message, whatever the hour."""
    asked = channels.test(_channel(request, channel_id), operator=_user(request), now=timezone.now())
    messages.success(request, channels.TEST_ASKED if asked else channels.TEST_WAITS)
    return redirect("dashboard:notices")


@needs_database
@login_required
@require_POST
def switch_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """On or off; under the seal only off."""
    row, on = _channel(request, channel_id), request.POST.get("on") == "1"
    if on and getattr(request.user, "sealed", False):
        return refused(request)
    channels.switch(row, on=on, operator=_user(request), now=timezone.now())
    messages.success(request, f"{row.name} is {'on: what happens from now on is told' if on else 'off'}.")
    return redirect("dashboard:notices")


@needs_database
@login_required
@require_http_methods(METHODS)
def remove_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Ask, then remove."""
    row = _channel(request, channel_id)
    if request.method == "POST":
        channels.remove(row, operator=_user(request))
        messages.success(request, f"{row.name} is removed.")
        return redirect("dashboard:notices")
    lines = ("Its address is forgotten, and nothing is told there any more.",)
    typed: Mapping[str, str] = {}
    context = {"question": Question(f"Remove {row.name}", lines, "Remove"), "typed": typed, "home": "/notices"}
    return render(request, "dashboard/ask.html", context)


def _user(request: HttpRequest) -> User:
    """Who asks; the log-in has seen to it that there is one."""
    assert isinstance(request.user, User)
    return request.user
