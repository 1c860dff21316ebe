"""What the log-in library tells us, written down: second factors that come and go, new passwords. Loaded with the addresses."""

from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from dashboard import users_sessions
from project.accounts.models import User
from project.journal.record import record


def _record(kind: str, user: User, **more: object) -> None:
    name = user.get_username()
    with transaction.atomic():
        record(kind, subject=f"user:{user.pk}", payload={"operator": name, "user": name} | more)


@receiver(authenticator_added, dispatch_uid="dashboard.factor_added")
def added(sender: object, user: Any, authenticator: Authenticator, **_: Any) -> None:
    """Somebody set up a second factor."""
    _record("user.second_factor_added", user, factor=authenticator.type)


@receiver(authenticator_removed, dispatch_uid="dashboard.factor_removed")
def removed(sender: object, user: Any, authenticator: Authenticator, **_: Any) -> None:
    """Somebody took one of his own away."""
    _record("user.second_factor_removed", user, factor=authenticator.type)


@receiver(authenticator_reset, dispatch_uid="dashboard.codes_made")
def codes_made(sender: object, user: Any, authenticator: Authenticator, **_: Any) -> None:
    """New recovery codes: the old ones open nothing."""
    _record("user.recovery_codes_made", user)


@receiver(password_changed, dispatch_uid="dashboard.password_changed")
def new_password(sender: object, request: HttpRequest, user: Any, **_: Any) -> None:
    """A new password ends every other browser's log-in. This one's session has a new key by now: it is noted under that."""
    _record("user.password_changed", user)
    users_sessions.note(request, user, now=timezone.now())
    users_sessions.end(user, operator=user.get_username(), but=request.session.session_key)
