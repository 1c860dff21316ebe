"""Fresh confirmation: some deeds want the password or the second factor once more, within the last fifteen minutes.

What widens or hands over power asks: keys, arming, taking entries again, roles, tokens, approvals. What only protects
(pressing Kill, pausing, tightening, switching off) never does: nobody looks for a phone while money burns.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
AGAIN = "Nothing has been done yet. Confirm that it is you, then send it again."

View = Callable[..., HttpResponseBase]
When = Callable[[HttpRequest], bool]
Back = Callable[[HttpRequest], str]


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session's person logged in or confirmed within the last fifteen minutes."""
    return bool(did_recently_reauthenticate(request))


def posted(request: HttpRequest) -> bool:
    """For pages that show a list to everyone and ask only before the deed."""
    return request.method not in SAFE_METHODS


def needs_fresh_confirmation(
    view: View | None = None, *, when: When | None = None, back: Back | str | None = None
) -> Any:
    """A view that first leads to the confirmation where there is no fresh one, and back afterwards. Put it below login_required.

    A question's page (GET) keeps its query. A deed (POST) is never stored or repeated for the person: it leads back to the
    page it came from. `when` says which requests are meant (all by default); `back` is where a POST leads (path or function).
    """

    def wrap(inner: View) -> View:
        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if (when and not when(request)) or is_fresh(request):
                return inner(request, *args, **kwargs)
            return ask_for_confirmation(request, back=back)

        return guarded

    return wrap(view) if view else wrap


def ask_for_confirmation(request: HttpRequest, *, back: Back | str | None = None) -> HttpResponseRedirect:
    """To the page that asks for password or second factor; it leads back."""
    if posted(request):
        messages.warning(request, AGAIN)
    there = urlencode({REDIRECT_FIELD_NAME: _way_back(request, back)})
    return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{there}")


def _way_back(request: HttpRequest, back: Back | str | None) -> str:
    if not posted(request):
        return request.get_full_path()
    if back:
        return back(request) if callable(back) else back
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if ours else request.path
