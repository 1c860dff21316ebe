"""Where an invitation's link leads: a name and a password, and the person is in."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import UserCreationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard import invites
from dashboard.invites import InviteRefused
from dashboard.pages.errors import needs_database
from project.accounts.models import User

WELCOME = "Welcome, {name}. Log in with the password you have just chosen."
GONE = 410


class NewcomerForm(UserCreationForm):  # type: ignore[type-arg]  # generic for the type checker only
    """A name nobody has yet, and a password by the rules."""

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username",)


@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
@needs_database
@never_cache
def invite(request: HttpRequest, text: str) -> HttpResponse:
    """GET shows who invites and as what; POST makes the user."""
    try:
        row = invites.find(text, now=timezone.now())
        form = NewcomerForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            newcomer: Any = form.save(commit=False)
            invites.accept(text, newcomer=newcomer, now=timezone.now())
            messages.success(request, WELCOME.format(name=newcomer.get_username()))
            return redirect("dashboard:login")
    except InviteRefused as refused:
        return render(request, "dashboard/invite.html", {"refused": str(refused)}, status=GONE)
    status = 422 if request.method == "POST" else 200
    return render(request, "dashboard/invite.html", {"form": form, "invite": row}, status=status)
