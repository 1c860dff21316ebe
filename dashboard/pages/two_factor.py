"""The second step of the log-in, and where the library's own overview would stand: ours does."""

from typing import Any

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from dashboard import security_lockout
from dashboard.pages.errors import needs_database


@method_decorator([needs_database, never_cache], name="dispatch")
class SecondStep(AuthenticateView):  # type: ignore[misc]  # untyped there
    """The code or the passkey after the password; guessing codes has to wait like guessing passwords."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse a locked name before its code is looked at."""
        name = self.stage.login.user.get_username()
        if security_lockout.is_locked(request, name):
            return security_lockout.locked_out(request, None, {"username": name})
        answer: HttpResponseBase = super().post(request, *args, **kwargs)
        return answer


class ConfirmByPasskey(ReauthenticateWebAuthnView):  # type: ignore[misc]  # untyped there
    """A fresh confirmation by passkey; where it fails, the page says so and asks again."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the page again: the library would lead to the log-in, where nobody needs to go."""
        for message in form.errors.get("credential", []):
            messages.error(self.request, message)
        answer: HttpResponse = self.render_to_response(self.get_context_data())
        return answer


def to_account(request: HttpRequest) -> HttpResponse:
    """One page for everything of one's own."""
    return redirect("dashboard:profile")


def inactive(request: HttpRequest) -> HttpResponse:
    """A passkey of somebody who was switched off."""
    messages.error(request, "This user is switched off. Ask an admin.")
    return redirect("dashboard:login")
