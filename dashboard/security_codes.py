"""Codes of a second factor: each is good once, whichever process sees it first."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.db import transaction
from django.utils import timezone

from dashboard.security_lockout import codes_wait, count_code, count_failure, is_locked

SPENT_FOR = timedelta(seconds=120)
# A code of thirty seconds is accepted for ninety (MFA_TOTP_TOLERANCE); the library forgets used ones after thirty.
TYPES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(user: Any) -> bool:
    """Whether a password alone does not let this user in."""
    return bool(is_mfa_enabled(user, TYPES))


def spend(user: Any, code: str, *, now: datetime) -> Authenticator | None:
    """The authenticator app or the list of recovery codes this code belongs to; from now on it opens nothing more.

    A wrong one is counted with the rows locked: however many come at once, ten are looked at.
    """
    name = user.get_username()
    with transaction.atomic():
        rows = Authenticator.objects.select_for_update(no_key=True).filter(user_id=user.pk)
        held = list(rows.exclude(type=Authenticator.Type.WEBAUTHN).order_by("-type"))
        if codes_wait(name, now=now):
            return None
        row = next((row for row in held if not _spent(row, code, now) and row.wrap().validate_code(code)), None)
        if row is None:
            count_code(name, now=now)
        elif row.type == Authenticator.Type.TOTP:
            _note(row, code, now)
    return row


def _digest(row: Authenticator, code: str) -> str:
    return hashlib.sha256(f"{row.pk}:{''.join(code.split())}".encode()).hexdigest()[:32]


def _spent(row: Authenticator, code: str, now: datetime) -> bool:
    until = row.data.get("spent", {}).get(_digest(row, code))
    return bool(until and until > now.timestamp())


def _note(row: Authenticator, code: str, now: datetime) -> None:
    kept = {key: until for key, until in row.data.get("spent", {}).items() if until > now.timestamp()}
    row.data["spent"] = kept | {_digest(row, code): (now + SPENT_FOR).timestamp()}
    row.save(update_fields=["data"])


class _Once:
    """A form whose code is spent when it was right, and counted when it was wrong."""

    user: Any
    cleaned_data: dict[str, Any]
    authenticator: Authenticator

    def clean_code(self) -> str:
        """The code. Raises ValidationError for a wrong or used one."""
        code: str = self.cleaned_data["code"]
        name = self.user.get_username()
        if is_locked(context.request, name) or codes_wait(name, now=timezone.now()):
            raise get_account_adapter().validation_error("too_many_login_attempts")
        row = spend(self.user, code, now=timezone.now())
        if row is None:
            count_failure(context.request, name)
            raise get_adapter().validation_error("incorrect_code")
        row.user = self.user
        self.authenticator = row
        return code


class CodeForm(_Once, AuthenticateForm):  # type: ignore[misc]  # untyped there
    """At the log-in."""


class ConfirmCodeForm(_Once, ReauthenticateForm):  # type: ignore[misc]  # untyped there
    """As a fresh confirmation."""
