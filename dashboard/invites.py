"""Invitations: the one way in for somebody new. One person, one role, once, and not for long."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from dashboard.roles import Scope, scopes_of
from dashboard.users_models import Invite
from project.accounts.models import Role, User
from project.journal.record import record
from trading.domain import settings as registry
from trading.models import SettingOverride

DEFAULT_DAYS, MOST_DAYS = 3, 30
OFF = "Invitations are switched off: set `registration` to invite first, for everybody."


class InviteRefused(Exception):
    """Why an invitation is not given, or lets nobody in; `code` names it."""

    def __init__(self, code: str, words: str) -> None:
        self.code = code
        super().__init__(words)


def are_on() -> bool:
    """Whether anybody may come in by invitation: the installation's setting `registration`."""
    rows = SettingOverride.objects.filter(user=None, account=None, symbol="", name="registration")
    return registry.resolve([{row.name: row.value} for row in rows]).system.registration == "invite"


def no_such() -> InviteRefused:
    """One answer for every link that is no good: a guesser learns nothing."""
    words = "This invitation opens nothing: it is unknown, used, withdrawn or expired. Ask an admin for a new one."
    return InviteRefused("INVITE_UNKNOWN", words)


def digest(text: str) -> bytes:
    """What is kept of a link's secret part."""
    return hashlib.sha256(text.encode()).digest()


def make(admin: User, *, role: Role, note: str, days: int, now: datetime) -> tuple[Invite, str]:
    """A new invitation with the secret part of its link, which is never told again. Raises InviteRefused."""
    if Scope.ADMIN not in scopes_of(admin):
        raise InviteRefused("NO_ROLE", "Inviting takes the role admin.")
    if not 1 <= days <= MOST_DAYS:
        raise InviteRefused("DAYS", f"An invitation holds 1 to {MOST_DAYS} days.")
    if not are_on():
        raise InviteRefused("REGISTRATION_OFF", OFF)
    text = secrets.token_urlsafe(32)
    with transaction.atomic():
        row = Invite.objects.create(
            token_hash=digest(text), role=role, note=note, made_by=admin, expires_at=now + timedelta(days=days)
        )
        said = {"operator": admin.get_username(), "role": role, "note": note, "expires_at": row.expires_at}
        record("user.invited", subject=f"invite:{row.pk}", payload=said)
    return row, text


def withdraw(row: Invite, *, operator: str, now: datetime) -> bool:
    """It lets nobody in from now on; False when that was so already."""
    with transaction.atomic():
        changed = Invite.objects.filter(pk=row.pk, used_at=None, withdrawn_at=None).update(withdrawn_at=now)
        if changed:
            said = {"operator": operator, "role": row.role, "note": row.note}
            record("user.invite_withdrawn", subject=f"invite:{row.pk}", payload=said)
    return bool(changed)


def find(text: str, *, now: datetime, locked: bool = False) -> Invite:
    """The invitation a link belongs to, while it holds and whoever made it still is an admin. Raises InviteRefused."""
    rows = Invite.objects.select_related("made_by")
    rows = rows.select_for_update(no_key=True, of=("self",)) if locked else rows
    row = rows.filter(token_hash=digest(text)).first()
    if row is None or not row.holds(now) or Scope.ADMIN not in scopes_of(row.made_by) or not are_on():
        raise no_such()
    return row


def accept(text: str, *, newcomer: User, now: datetime) -> User:
    """Make the user (name and password set, not saved yet) with the invitation's role. Raises InviteRefused."""
    with transaction.atomic():
        row = find(text, now=now, locked=True)
        newcomer.role = row.role
        newcomer.is_staff = newcomer.is_superuser = row.role == Role.ADMIN
        newcomer.save()
        row.used_at, row.used_by = now, newcomer
        row.save(update_fields=["used_at", "used_by"])
        said = {"operator": newcomer.get_username(), "role": row.role, "invited_by": row.made_by.get_username()}
        record("user.joined", subject=f"user:{newcomer.pk}", payload=said)
    return newcomer
