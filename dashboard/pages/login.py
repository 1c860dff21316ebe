"""The log-in: name and password in Django's form, then the second factor where there is one; patient with guessers up to a point."""

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login as PendingLogin
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from dashboard.pages.errors import needs_database


@method_decorator([needs_database, never_cache], name="dispatch")
class Login(LoginView):
    """GET shows the form, POST logs in; after ten failures a name has to wait (dashboard/security_lockout.py)."""

    template_name = "dashboard/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """The password is right: the second factor is asked for, or the person is in."""
        user = form.get_user()
        pending = PendingLogin(user=user, redirect_url=self.get_success_url())
        answer: HttpResponse = perform_password_login(self.request, {"username": user.get_username()}, pending)
        return answer
