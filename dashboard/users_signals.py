"""What follows from a log-in, told by Django's own signal; loaded everywhere, so it imports nothing heavy."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone


@receiver(user_logged_in, dispatch_uid="dashboard.note_login")
def note_login(sender: object, request: HttpRequest, user: Any, **_: Any) -> None:
    """A log-in is a fresh confirmation, and a session that its owner may see and end."""
    from allauth.account.internal.flows.login import record_authentication

    from dashboard import users_sessions

    record_authentication(request, user, method="login", reauthenticated=True)
    users_sessions.note(request, user, now=timezone.now())
