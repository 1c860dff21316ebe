"""What pages may load, and who gets into the admin: a strict policy for ours, a looser one and a second factor for the admin."""

from collections.abc import Callable, Mapping
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import default_config
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from dashboard import given
from project.accounts.models import Environment, ExchangeAccount, TradingMode

# unfold's widgets are Alpine expressions (eval) in attributes (inline); its pages show no alert outside a text node.
ADMIN: Mapping[str, Any] = {
    "default-src": [SELF],
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "form-action": [SELF],
}
NEEDS_FACTOR = (
    "The admin pages want a second factor: {why}. Set up an authenticator app or a passkey here, then go on; "
    "it takes a minute."
)
NO_ROLE = "The admin pages take the role admin."
LIVE = "this installation holds a live account"
PRODUCTION = "this installation is served to others"
WITHOUT = (
    "You are in the admin with a password alone. That ends with the first live account: set up a second factor now."
)
FRESH_PAGES = frozenset(
    {
        "admin:accounts_exchangeaccount_add",
        "admin:accounts_exchangeaccount_change",
        "admin:accounts_exchangeaccount_delete",
        "admin:accounts_user_add",
        "admin:accounts_user_change",
        "admin:accounts_user_delete",
        "admin:auth_user_password_change",
        "admin:signals_source_add",
    }
)
# Keys, arming, roles, passwords, and a new address that trades.


def _acts(*names: str) -> Callable[[HttpRequest], bool]:
    """Whether one of these is done to rows of a list."""
    return lambda request: not set(names).isdisjoint(request.POST.getlist("action"))


def _for_live(request: HttpRequest) -> bool:
    """Whether what is saved is for an account with real money; one that is written otherwise than in digits counts as such."""
    live, text = ExchangeAccount.objects.filter(environment=Environment.LIVE), request.POST.get("account", "")
    number = given.number(text)
    return bool(text) and (number is None or live.filter(pk=number).exists())


FRESH_DEEDS: Mapping[str, Callable[[HttpRequest], bool]] = {
    "admin:accounts_tradingmode_change": lambda request: request.POST.get("mode") == TradingMode.Mode.NORMAL,
    "admin:risk_riskstate_changelist": _acts("reset"),
    "admin:signals_source_change": _for_live,
    "admin:signals_source_changelist": _acts("new_token", "new_secret", "new_api_key", "new_hmac_key", "remove_secret"),
}
# Pages that anybody in the admin may look at: taking entries again, proofs of senders, and whose money they move.


class ContentSecurityPolicy(CSPMiddleware):
    """Middleware: adds the header unless the view set one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self.admin = reverse("admin:index")

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """The admin's own policy, or ours with the sockets of this host."""
        parts = super().get_policy_parts(request, response, report_only)
        if report_only:
            return parts
        if request.path.startswith(self.admin):
            parts.config = default_config(dict(ADMIN))
            return parts
        host = request.get_host()
        # Named for browsers to which 'self' does not include WebSockets of the same host.
        parts.update = {"connect-src": [SELF, f"ws://{host}", f"wss://{host}"]} | (parts.update or {})
        return parts


class AdminDoor:
    """Middleware, after the log-in: the admin takes our log-in, a second factor, and for some pages a fresh confirmation."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Nothing here: which page it is, is known a step later."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Lead elsewhere what may not go in yet."""
        match = request.resolver_match
        if match is None or match.app_name != "admin":
            return None
        if request.user.is_authenticated and not request.user.is_staff and match.view_name != "admin:logout":
            messages.error(request, NO_ROLE)
            return redirect("dashboard:users")
        if match.view_name == "admin:login":
            return _to_our_login(request)
        if match.view_name == "admin:password_change":
            return redirect("account_change_password")
        if not request.user.is_authenticated:
            return None
        return _second_factor(request) or _confirmation(request, match.view_name)


def _to_our_login(request: HttpRequest) -> HttpResponse:
    """One log-in for everything: Django's own knows no second factor."""
    there = request.GET.get("next", "") or reverse("admin:index")
    return redirect(f"{reverse('dashboard:login')}?{urlencode({'next': there})}")


def why_two_factor() -> str:
    """Why the admin wants a second factor; empty: it does not yet."""
    if settings.ADMIN_NEEDS_TWO_FACTOR:
        return PRODUCTION
    return LIVE if ExchangeAccount.objects.filter(environment=Environment.LIVE).exists() else ""


def _second_factor(request: HttpRequest) -> HttpResponse | None:
    from dashboard.security_codes import has_second_factor

    if has_second_factor(request.user):
        return None
    if why := why_two_factor():
        messages.warning(request, NEEDS_FACTOR.format(why=why))
        return redirect("dashboard:profile")
    if request.resolver_match and request.resolver_match.url_name == "index":
        messages.warning(request, WITHOUT)
    return None


def _confirmation(request: HttpRequest, name: str) -> HttpResponse | None:
    from dashboard.fresh import ask_for_confirmation, is_fresh

    widens = request.method == "POST" and name in FRESH_DEEDS and FRESH_DEEDS[name](request)
    if not (widens or name in FRESH_PAGES) or is_fresh(request):
        return None
    return ask_for_confirmation(request, back=request.get_full_path())
