"""People: their roles, switching off and on, second factors and locks. Everything is an admin's deed and journalled."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from dashboard import security_lockout, users_sessions
from dashboard.models import ApiToken, RefreshToken
from dashboard.roles import Scope, scopes_of
from project.accounts.models import Role, User
from project.journal.record import record


class UserRefused(Exception):
    """Why a deed about a person was not done; `code` names it."""

    def __init__(self, code: str, words: str) -> None:
        self.code = code
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the page. `factors` are words, empty: a password alone; `locked_at`: the last failure of a lock that holds.

    `told` is False where factors and locks are not for whoever asks.
    """

    id: int
    name: str
    role: str
    active: bool
    last_login: datetime | None
    factors: tuple[str, ...]
    recovery: bool
    sessions: int
    tokens: int
    locked_at: datetime | None
    told: bool = True


ADMINS = Q(role=Role.ADMIN) | Q(is_superuser=True)
# As dashboard.roles.scopes_of has it.
FACTORS = {Authenticator.Type.TOTP: "app", Authenticator.Type.WEBAUTHN: "passkey"}


def people(*, now: datetime, seen_by: Any) -> list[Person]:
    """Everybody, in three questions: rows with counts, second factors, locks. Others' factors and locks are told to admins."""
    rows = list(
        User.objects.annotate(
            session_count=_count(users_sessions.alive(now)),
            token_count=_count(ApiToken.objects.filter(revoked_at=None, expires_at__gt=now)),
        ).order_by("-is_active", "username")
    )
    types: dict[int, list[str]] = {}
    for user_id, kind in Authenticator.objects.order_by("type").values_list("user_id", "type"):
        types.setdefault(user_id, []).append(kind)
    locked = security_lockout.locked_names([row.username for row in rows])
    every = [_person(row, types.get(row.pk, []), locked.get(row.username.lower())) for row in rows]
    all_told = Scope.ADMIN in scopes_of(seen_by)
    return [row if all_told or row.id == seen_by.pk else _untold(row) for row in every]


def _untold(row: Person) -> Person:
    """Whom to try first is nobody's business."""
    return replace(row, factors=(), recovery=False, locked_at=None, told=False)


def _count(rows: Any) -> Any:
    """How many of these belong to each user."""
    counted = rows.filter(user=OuterRef("pk")).order_by().values("user").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def _person(row: Any, types: Iterable[str], locked_at: datetime | None) -> Person:
    factors = [FACTORS[Authenticator.Type(kind)] for kind in types if kind != Authenticator.Type.RECOVERY_CODES]
    words = tuple(
        f"{word} × {factors.count(word)}" if factors.count(word) > 1 else word for word in dict.fromkeys(factors)
    )
    recovery = Authenticator.Type.RECOVERY_CODES in types
    counts = (row.session_count, row.token_count)
    return Person(row.pk, row.username, row.role, row.is_active, row.last_login, words, recovery, *counts, locked_at)


# deeds -------------------------------------------------------------------------------------------


def change_role(user_id: int, role: Role, *, admin: User, reason: str) -> User:
    """Give somebody a role. Raises UserRefused."""
    with transaction.atomic():
        user = _for_deed(user_id, admin, others_only=True)
        _keep_an_admin(user, still_admin=role == Role.ADMIN)
        before, user.role = user.role, role
        user.is_staff = user.is_superuser = role == Role.ADMIN
        user.save(update_fields=["role", "is_staff", "is_superuser"])
        if before != role:
            record_role(user, admin, reason, before=before)
    return user


def record_role(user: User, admin: User, reason: str, *, before: str) -> None:
    """Journal that somebody has another role. Wants a transaction."""
    _record("user.role", user, admin, reason, before=before, role=user.role)


def record_made(user: User, admin: User, reason: str) -> None:
    """Journal that an admin made somebody. Wants a transaction."""
    _record("user.made", user, admin, reason, role=user.role)


def record_renamed(user: User, admin: User, reason: str, *, before: str) -> None:
    """Journal that somebody has another name. Wants a transaction."""
    _record("user.renamed", user, admin, reason, before=before)


def password_set(user: User, admin: User, reason: str, *, but: str | None) -> None:
    """Journal a password that an admin gave, and end what the old one opened (his own browser is `but`). Wants a transaction."""
    own = user.pk == admin.pk
    sessions = users_sessions.end(user, operator=admin.get_username(), but=but if own else None)
    _record("user.password_changed" if own else "user.password_set", user, admin, reason, sessions=sessions)


def check(user_id: int, *, role: str, active: bool, admin: User) -> None:
    """Whether somebody may get this role and state. Raises UserRefused."""
    with transaction.atomic():
        user = _for_deed(user_id, admin, others_only=True)
        _keep_an_admin(user, still_admin=active and role == Role.ADMIN)


def switch_off(user_id: int, *, admin: User, reason: str, now: datetime) -> User:
    """Nobody logs in as this user any more; sessions and tokens end at once. Raises UserRefused."""
    with transaction.atomic():
        user = _for_deed(user_id, admin, others_only=True)
        _keep_an_admin(user, still_admin=False)
        user.is_active = False
        user.save(update_fields=["is_active"])
        who = admin.get_username()
        sessions = users_sessions.end(user, operator=who)
        tokens = ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
        tokens += RefreshToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
        _record("user.switched_off", user, admin, reason, sessions=sessions, tokens=tokens)
    return user


def switch_on(user_id: int, *, admin: User, reason: str) -> User:
    """The user may log in again; tokens stay revoked. Raises UserRefused."""
    with transaction.atomic():
        user = _for_deed(user_id, admin)
        user.is_active = True
        user.save(update_fields=["is_active"])
        _record("user.switched_on", user, admin, reason)
    return user


def reset_second_factor(user_id: int, *, admin: User, reason: str, now: datetime) -> int:
    """Somebody lost phone and codes: the password alone lets him in until he sets up a new one. Raises UserRefused.

    What was opened with the old one ends: browsers and the log-ins of programs.
    """
    with transaction.atomic():
        user = _for_deed(user_id, admin, others_only=True)
        gone: int = Authenticator.objects.filter(user_id=user.pk).delete()[0]
        users_sessions.end(user, operator=admin.get_username())
        logins = RefreshToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
        _record("user.second_factor_reset", user, admin, reason, removed=gone, programs=logins)
    return gone


def end_sessions(user_id: int, *, admin: User, reason: str, but: str | None = None) -> int:
    """Log somebody out everywhere. Raises UserRefused."""
    with transaction.atomic():
        user = _for_deed(user_id, admin)
        return users_sessions.end(user, operator=admin.get_username(), but=but)


def unlock(user_id: int, *, admin: User, reason: str) -> int:
    """Forget the failed log-ins of a name. Raises UserRefused."""
    with transaction.atomic():
        user = _for_deed(user_id, admin)
        return security_lockout.unlock(user, operator=admin.get_username())


def _for_deed(user_id: int, admin: User, *, others_only: bool = False) -> User:
    """The user, with every admin's row locked: two admins who take each other's role must see one another."""
    found = User.objects.select_for_update(no_key=True).filter(Q(pk__in=[user_id, admin.pk]) | ADMINS).order_by("pk")
    rows = {row.pk: row for row in found}
    if Scope.ADMIN not in scopes_of(rows.get(admin.pk)):
        raise UserRefused("NO_ROLE", "This takes the role admin.")
    if user_id not in rows:
        raise UserRefused("NO_SUCH_USER", "There is no such user any more.")
    if others_only and user_id == admin.pk:
        raise UserRefused("YOURSELF", "This is you. Another admin has to do that.")
    return rows[user_id]


def _keep_an_admin(user: User, *, still_admin: bool) -> None:
    """Raises UserRefused where nobody would be left who may let others in."""
    others = User.objects.filter(ADMINS, is_active=True).exclude(pk=user.pk)
    if Scope.ADMIN in scopes_of(user) and not still_admin and not others.exists():
        raise UserRefused("LAST_ADMIN", "This is the last admin. Make somebody else an admin first.")


def _record(kind: str, user: User, admin: User, reason: str, **more: object) -> None:
    said = {"operator": admin.get_username(), "user": user.get_username(), "reason": reason}
    record(kind, subject=f"user:{user.pk}", payload=said | more)
