"""The login: Django's own, in our look, and patient with guessers only up to a point."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator

from dashboard.pages.errors import needs_database

TRIES = 10
WINDOW_SECS = 300
# Counted in this process's memory, per name and address: enough against guessing from outside; a restart forgets it.

TOO_MANY = "Too many failed logins for this name. Wait five minutes, or ask an admin to set a new password."


def _key(request: HttpRequest) -> str:
    name = request.POST.get("username", "")[:150].lower()
    return "login:" + (f"{request.META.get('REMOTE_ADDR', '')}:{name}".encode().hex())[:200]


def count_failure(key: str) -> None:
    """One more failure at a place; the count may lapse between two steps, then this is the first one again."""
    cache.add(key, 0, WINDOW_SECS)
    try:
        cache.incr(key)
    except ValueError:
        cache.set(key, 1, WINDOW_SECS)


@method_decorator(needs_database, name="dispatch")
class Login(LoginView):
    """GET shows the form, POST logs in; after ten failures a name has to wait."""

    template_name = "dashboard/login.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refuse with 429 what has failed too often, else let Django decide."""
        if cache.get(_key(request), 0) < TRIES:
            return super().post(request, *args, **kwargs)
        return self._too_many()

    def _too_many(self) -> HttpResponse:
        """An empty form that says when to come back."""
        context = self.get_context_data(form=AuthenticationForm(), too_many=TOO_MANY)
        response = self.render_to_response(context, status=429)
        response.headers["Retry-After"] = str(WINDOW_SECS)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Count the failure."""
        count_failure(_key(self.request))
        return super().form_invalid(form)
