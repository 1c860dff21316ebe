"""Guessing has to wait: ten failures of a name from one address, ten wrong codes of a user anywhere; counted in the database."""

from datetime import datetime
from ipaddress import IPv6Address, ip_network
from math import ceil
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.signals import user_login_failed
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from project.accounts.models import User
from project.journal.record import record
from signals.authentication import address_of as address
from signals.authentication import networks, sender_address

API = "/api/"
WAIT = "Too many failed log-ins for this name. Wait {minutes}, or ask an admin to unlock it on the page Users."
STATUS = 429
NETWORK = 64
CODES = "wrong codes, at every address"


def name_of(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The name somebody tries, as it is counted: without regard to case."""
    given = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(given)[:150].lower() or None


def address_of(request: HttpRequest) -> str | None:
    """Where from; X-Forwarded-For is believed as far as trusted proxies wrote it (WINDLASS_TRUSTED_PROXIES)."""
    peer, trusted = request.META.get("REMOTE_ADDR", ""), networks(settings.WINDLASS.trusted_proxies)
    found = address(sender_address(peer, request.META.get("HTTP_X_FORWARDED_FOR", ""), trusted))
    return str(found) if found else None


def counted_address(request: HttpRequest) -> str | None:
    """The address that failures are counted for: of IPv6 the /64, which is one customer's to choose from."""
    found = address(address_of(request) or "")
    if isinstance(found, IPv6Address):
        return str(ip_network((found, NETWORK), strict=False).network_address)
    return str(found) if found else None


def is_locked(request: HttpRequest, name: str) -> bool:
    """Whether this name has to wait at this address."""
    return not AxesProxyHandler.is_allowed(request, {"username": name})


def count_failure(request: HttpRequest, name: str) -> None:
    """One more failure, a wrong code for instance; the tenth locks."""
    user_login_failed.send(sender=__name__, credentials={"username": name}, request=request)


def codes_wait(name: str, *, now: datetime) -> int:
    """How long this user's codes are refused at every address, seconds; 0: they are looked at."""
    tries = _codes(name).filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT)
    last = tries.values_list("attempt_time", flat=True).first()
    return max(0, ceil((last + settings.AXES_COOLOFF_TIME - now).total_seconds())) if last else 0


def count_code(name: str, *, now: datetime) -> None:
    """One more wrong code of a user, wherever from. Wants the user's second factors locked: one row counts."""
    _codes(name).filter(attempt_time__lte=now - settings.AXES_COOLOFF_TIME).delete()
    if not _codes(name).update(failures_since_start=F("failures_since_start") + 1, attempt_time=now):
        AccessAttempt.objects.create(username=name.lower(), user_agent=CODES, failures_since_start=1)


def _codes(name: str) -> Any:
    """Beside the rows of addresses: a row of no address, so that unlocking forgets it too."""
    return AccessAttempt.objects.filter(username=name.lower(), ip_address=None, user_agent=CODES)


def wait_secs(name: str | None, address: str | None, *, now: datetime) -> int:
    """How long until the next try, seconds; at least 1."""
    tries = AccessAttempt.objects.filter(username=name, ip_address=address).order_by("-attempt_time")
    last = tries.values_list("attempt_time", flat=True).first() or now
    return max(1, round((last + settings.AXES_COOLOFF_TIME - now).total_seconds()))


def words(secs: int) -> str:
    """The sentence for the person who waits."""
    minutes = -(-secs // 60)
    return WAIT.format(minutes="a minute" if minutes == 1 else f"{minutes} minutes")


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """What a locked name sees: an empty form that says when to come back. The API has answered for itself."""
    if request.path.startswith(API) and response is not None:
        return response
    secs = wait_secs(name_of(request, credentials), counted_address(request), now=timezone.now())
    context = {"form": AuthenticationForm(), "too_many": words(secs), "next": ""}
    answer = render(request, "dashboard/login.html", context, status=STATUS)
    answer.headers["Retry-After"] = str(secs)
    return answer


def locked_names(names: list[str]) -> dict[str, datetime]:
    """Of these users, who is locked somewhere, and when the last failure was."""
    limit, since = settings.AXES_FAILURE_LIMIT, timezone.now() - settings.AXES_COOLOFF_TIME
    asked = [name.lower() for name in names]
    tries = AccessAttempt.objects.filter(username__in=asked, attempt_time__gt=since, failures_since_start__gte=limit)
    return {row.username: row.attempt_time for row in tries.order_by("attempt_time")}


def unlock(user: User, *, operator: str) -> int:
    """Forget a name's failures everywhere; return how many places had counted some. Wants a transaction."""
    name = user.get_username()
    gone: int = AccessAttempt.objects.filter(username=name.lower()).delete()[0]
    record("user.unlocked", subject=f"user:{user.pk}", payload={"operator": operator, "user": name, "places": gone})
    return gone
