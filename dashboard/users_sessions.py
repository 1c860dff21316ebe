"""The browsers somebody is logged in with: noted at the log-in, seen now and then, ended at once."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import Error, transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from dashboard.security_lockout import address_of
from dashboard.users_models import BrowserSession
from project.accounts.models import User
from project.journal.record import record

SEEN_EVERY_SECS = 300.0
# A write per request only to say when a browser was seen would cost more than the request.
KEPT_SEEN = 1000
AGENT_LENGTH = 300
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"),
)  # fmt: skip

_seen: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Browser:
    """One log-in as its owner sees it; `here` is the one that asks."""

    id: int
    what: str
    address: str
    since: datetime
    seen_at: datetime
    here: bool


def agent_words(agent: str) -> str:
    """`Firefox on Linux`, as far as the browser tells."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return " on ".join(filter(None, (browser, system))) or re.sub(r"[^ -~]", "", agent)[:40] or "a program"


def note(request: HttpRequest, user: User, *, now: datetime) -> None:
    """A log-in happened; those of this user whose sessions are over are forgotten."""
    if request.session.session_key is None:
        request.session.save()
    key = str(request.session.session_key)
    Session.objects.filter(expire_date__lt=now).delete()
    _past(now).filter(user=user).delete()
    said = {
        "user": user,
        "address": address_of(request),
        "agent": request.META.get("HTTP_USER_AGENT", "")[:AGENT_LENGTH],
        "since": now,
        "seen_at": now,
    }
    BrowserSession.objects.update_or_create(session_key=key, defaults=said)
    _remember(key)


def _past(now: datetime) -> Any:
    return BrowserSession.objects.filter(~Exists(_open_at(now)))


def alive(now: datetime) -> Any:
    """Log-ins whose sessions are not over."""
    return BrowserSession.objects.filter(Exists(_open_at(now)))


def _open_at(now: datetime) -> Any:
    return Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)


def of(user: User, *, here: str | None, now: datetime) -> list[Browser]:
    """Where somebody is logged in, the one that asks first."""
    rows = [
        Browser(row.pk, agent_words(row.agent), row.address or "", row.since, row.seen_at, row.session_key == here)
        for row in alive(now).filter(user=user)
    ]
    return sorted(rows, key=lambda row: not row.here)


def end(user: User, *, operator: str, session_id: int | None = None, but: str | None = None) -> int:
    """End one session of a user, or all (`but` the one with that key); return how many. They open nothing from now on."""
    with transaction.atomic():
        rows = BrowserSession.objects.filter(user=user)
        chosen = rows.exclude(session_key=but) if session_id is None else rows.filter(pk=session_id)
        keys = list(chosen.values_list("session_key", flat=True))
        keys += _unlisted(user, but=but) if session_id is None else []
        if keys:
            Session.objects.filter(session_key__in=keys).delete()
            chosen.delete()
            payload = {"operator": operator, "user": user.get_username(), "sessions": len(keys)}
            record("user.sessions_ended", subject=f"user:{user.pk}", payload=payload)
        return len(keys)


def _unlisted(user: User, *, but: str | None) -> list[str]:
    """Sessions of a user that no row tells of: none is expected, and "everywhere" has to mean it all the same."""
    listed = BrowserSession.objects.filter(session_key=OuterRef("session_key"))
    rows = Session.objects.filter(~Exists(listed), expire_date__gt=timezone.now()).exclude(session_key=but or "")
    return [row.session_key for row in rows.iterator() if row.get_decoded().get(SESSION_KEY) == str(user.pk)]


class Seen:
    """Middleware, after the log-in: notes now and then that a browser is still used, and the key it got with a new password."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer first; then, every five minutes, one small write."""
        before = request.session.session_key
        response = self.get_response(request)
        user = getattr(request, "_cached_user", None)  # asking for it here would ask the database
        key = request.session.session_key if user is not None and user.is_authenticated else None
        if key and key != before:
            _follow(request, user)
        if key and monotonic() - _seen.get(key, -SEEN_EVERY_SECS) >= SEEN_EVERY_SECS:
            _remember(key)
            _write_seen(key, timezone.now())
        return response


def _follow(request: HttpRequest, user: Any) -> None:
    """The session has another key than the browser sent: a log-in noted it itself, the admin's new passwords did not."""
    try:
        if not BrowserSession.objects.filter(session_key=request.session.session_key).exists():
            note(request, user, now=timezone.now())
    except Error:
        return  # as above; whoever is logged out everywhere is logged out here too


def _remember(key: str) -> None:
    if len(_seen) >= KEPT_SEEN:
        _seen.clear()
    _seen[key] = monotonic()


def _write_seen(key: str, now: datetime) -> None:
    """Where the database is away the page has said so; the note can wait."""
    try:
        fresh = BrowserSession.objects.filter(session_key=key, seen_at__lt=now - timedelta(seconds=SEEN_EVERY_SECS / 2))
        fresh.update(seen_at=now)
    except Error:
        _seen.pop(key, None)
