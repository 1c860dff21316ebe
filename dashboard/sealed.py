"""The sealed profile at the web's edge: what may still be done and looked at; everything else is refused in one place.

A new page needs no thought: what changes anything is refused while the seal holds, unless its name stands below.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.db import Error as AnyDatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from dashboard import users_sealed
from dashboard.figures import Equity
from dashboard.problems import MEDIA_TYPE, Problem, body
from dashboard.snapshot import GroupRow, Overview
from project.ahead import ahead
from trading.services import sealing

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CODE = "SEALED"
API = "/api/"
WITHDRAWN = "Withdrawn. Everything stays as it is."
ENDED = "That change has ended already: it was applied or withdrawn before."
FREE = frozenset(
    {
        "admin:login",
        "admin:logout",
        "admin:password_change",
        "admin:trading_settingoverride_add",
        "admin:trading_settingoverride_change",
        "dashboard:api:kill",
        "dashboard:api:kill-confirm",
        "dashboard:api:kill-leave",
        "dashboard:api:log-in",
        "dashboard:api:log-in-renew",
        "dashboard:api:log-out",
        "dashboard:api:mode",
        "dashboard:api:notices-channels-switch",
        "dashboard:api:notices-channels-test",
        "dashboard:api:preview",
        "dashboard:api:sealed-changes-withdraw",
        "dashboard:api:sessions-detail",
        "dashboard:api:sessions-end-others",
        "dashboard:api:settings-preview",
        "dashboard:api:settings-roll-back",
        "dashboard:api:settings-values",
        "dashboard:api:settings-withdraw",
        "dashboard:api:sources-detail",
        "dashboard:api:tokens-detail",
        "dashboard:chart_draw",
        "dashboard:chart_erase",
        "dashboard:chart_move",
        "dashboard:confirm_leave",
        "dashboard:flower_tasks",
        "dashboard:kill",
        "dashboard:login",
        "dashboard:logout",
        "dashboard:mode",
        "dashboard:notices_switch",
        "dashboard:notices_test",
        "dashboard:preview",
        "dashboard:preview_api",
        "dashboard:request_leave",
        "dashboard:revoke_token",
        "dashboard:settings_change",
        "dashboard:settings_import",
        "dashboard:settings_preview",
        "dashboard:settings_roll_back",
        "dashboard:withdraw_change",
        *users_sealed.FREE,
    }
)
# Log-in, the red button and the way out, withdrawing; settings and mode, which wait by themselves; a preview changes nothing,
# and a file or a way back is a preview first.
# Revoking a token, pausing, switching a source or a channel off only protect, and a channel's test changes nothing: the views
# of mode, sources and channels refuse the other way.
POSITIONS = frozenset(
    {
        *("adopt", "block_group", "cancel_order", "chart", "close_group", "group", "groups", "logs", "logs_csv"),
        *("chart_data", "chart_marks"),
        *("offset", "performance", "pool", "run_offset", "settle", "skip_offset", "ticket"),
        *("add_to_group", "books", "edit_group_exits", "history_csv", "put_back_dust", "settle_difference"),
        *("take_back_waiver", "undo_difference", "waive_exit", "why", "write_off_dust"),
    }
)
# Pages of the dashboard that show what is open.
PAST_SHEETS = frozenset({"groups"})  # exports of what has closed, and of nothing else
POSITION_TABLES = ("admin:trading_", "admin:journal_", "admin:accounts_balance", "admin:risk_riskdecision")
POSITION_ROWS = frozenset({"admin:signals_alert_change"})  # its numbers are those of what was open
OPEN_TABLES = ("admin:trading_settingoverride", "admin:trading_pendingchange")
POSITION_WORDS = frozenset(
    {
        "adopt",
        "books",
        "export",
        "fills",
        "groups",
        "journal",
        "movements",
        "offset",
        "orders",
        "performance",
        "pnl",
        "pool",
        "risk",
        "slots",
        "why",
    }
)
# In an address of the API.
MAY_CHANGE = frozenset({"trading.add_settingoverride", "trading.change_settingoverride"})


class Sealed:
    """Middleware, after the log-in: asks once a request whether the seal holds, and refuses what it forbids."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Nothing here: which page it is, is known a step later."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """Refuse, or let the view answer for somebody who may only look."""
        try:
            stranger = not request.user.is_authenticated and not request.path.startswith(API)  # where a token may speak
            if stranger and request.method in SAFE_METHODS:
                return None  # a log-in page, a health probe: they show nothing
            with ahead(*sealing.STANDING):
                holds, visible = sealing.in_force(), sealing.pnl_visible()
            if not holds:
                return None
        except AnyDatabaseError:  # the view says so in its own words; the red button must not wait for a seal
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if request.method not in SAFE_METHODS and name not in FREE:
            return refused(request)
        past = name == "dashboard:history_csv" and kwargs.get("name") in PAST_SHEETS
        if not visible and not past and _shows_positions(name, request.path):
            return refused(request)
        _only_look(request, visible=visible)
        return None


def _shows_positions(name: str, path: str) -> bool:
    """Whether an address shows what is open."""
    space, _, page = name.rpartition(":")
    if space == "admin":
        return name in POSITION_ROWS or (name.startswith(POSITION_TABLES) and not name.startswith(OPEN_TABLES))
    in_api = path.startswith(API) and not POSITION_WORDS.isdisjoint(path.split("/"))
    return in_api or (space == "dashboard" and page in POSITIONS)


def _only_look(request: HttpRequest, *, visible: bool) -> None:
    """Take away what draws buttons: our own right to act, and Django's to add, change and delete."""
    user, asked = request.user, request.user.has_perm

    def has_perm(perm: str, obj: Any = None) -> bool:
        looks = perm.partition(".")[2].startswith("view_") or perm in MAY_CHANGE
        return looks and asked(perm, obj)

    vars_of = {"sealed": True, "veiled": not visible, "has_perm": has_perm}
    for name, value in vars_of.items():
        setattr(user, name, value)


def hidden_pages(user: object) -> frozenset[str]:
    """The pages that the seal closes to somebody, by url name: the menu leaves them out."""
    return POSITIONS if is_veiled(user) else frozenset()


def is_veiled(user: object) -> bool:
    """Whether the seal keeps back what is open, as it was found when the page was asked for."""
    return bool(getattr(user, "veiled", False))


def refused(request: HttpRequest) -> HttpResponse:
    """403 in the asker's language: JSON for the API, else the page that says what is possible."""
    if request.path.startswith(API):
        problem = body(Problem(403, CODE, sealing.SENTENCE))
        return JsonResponse(problem, status=403, content_type=MEDIA_TYPE)
    _only_look(request, visible=sealing.pnl_visible())
    if (
        request.method not in SAFE_METHODS
    ):  # a deed is answered in a line; a page that was asked for, by what may be seen
        return render(request, "dashboard/sealed_refused.html", {"sentence": sealing.SENTENCE}, status=403)
    return render(request, "dashboard/sealed.html", context(request) | {"refused": True}, status=403)


def context(request: HttpRequest) -> dict[str, Any]:
    """What the page of the seal shows."""
    now = timezone.now()
    return {
        "sealed": sealing.in_force(),
        "sentence": sealing.SENTENCE,
        "visible": sealing.pnl_visible(),
        "holdings": sealing.holdings(now=now),
        "waiting": sealing.waiting(),
        "now": now,
    }


REST: Mapping[str, Any] = {"alarms": (), "curve": None}


def veiled(overview: Overview) -> Overview:
    """The overview as the seal shows it: no position, no running result, and nothing that moves with it; what has closed stays."""
    if overview.account is None or not overview.sealed:
        return overview
    cards = overview.cards and replace(
        overview.cards,
        equity=Equity(None, ()),
        balance=None,
        free=None,
        unrealised=None,
        hidden=True,
        slots=tuple(replace(slot, label="held" * bool(slot.label)) for slot in overview.cards.slots),
    )
    nothing: tuple[GroupRow, ...] = ()
    return replace(overview, cards=cards, groups=nothing, unknown=(), foreign=(), doubts=(), troubles=(), **REST)
