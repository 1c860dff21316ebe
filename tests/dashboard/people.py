"""People for tests: browsers whose log-in is old, codes of an authenticator app."""

import time
from datetime import datetime
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from dashboard import invites, security_factors
from project.accounts.models import Role, User
from project.journal.models import JournalEntry
from trading.models import SettingOverride


def browser(user: User, *, fresh: bool = True) -> Client:
    """Logged in just now, or an hour ago."""
    client = Client()
    client.force_login(user)
    return client if fresh else aged(client)


def aged(client: Client) -> Client:
    """The same browser an hour later, as far as confirmations go."""
    session = client.session
    said = session[AUTHENTICATION_METHODS_SESSION_KEY]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [row | {"at": row["at"] - 3600} for row in said]
    session.save()
    return client


def app(user: User) -> str:
    """An authenticator app for a user; its key."""
    key = generate_totp_secret()
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": security_factors.seal(key)})
    return key


def code(key: str, *, step: int = 0) -> str:
    """What the app shows; `step` periods of thirty seconds later."""
    return format_hotp_value(hotp_value(key, int(time.time()) // 30 + step))


def journal(kind: str) -> list[dict[str, Any]]:
    """The payloads of every journal entry of a kind."""
    return list(JournalEntry.objects.filter(kind=kind).order_by("id").values_list("payload", flat=True))


def one_of_each(user: User, *, now: datetime) -> None:
    """An invitation; a log-in leaves the session."""
    SettingOverride.objects.get_or_create(name="registration", defaults={"value": "invite"})
    invites.make(user, role=Role.VIEWER, note="Ann", days=3, now=now)
