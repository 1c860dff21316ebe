"""Keys to the API: personal tokens, and log-ins of programs as a short access token with a refresh token that rotates.

What opens something is random and kept as SHA-256; the access token is signed (JWT, HS256) and kept nowhere.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
from django.conf import settings
from django.db import transaction

from dashboard.models import ApiToken, RefreshToken
from dashboard.roles import ORDER, Scope, scopes_of
from project.accounts.models import User
from project.journal.record import record

PERSONAL, REFRESH, MARKS = "wlt_", "wlr_", "."
# Begin every token, so that a scanner for leaked secrets knows them.
START_LENGTH = len(PERSONAL) + 6
DEFAULT_DAYS, MOST_DAYS = 90, 366
MOST_TOKENS = 20
# Of one user, that hold: more than that nobody keeps an eye on.
ACCESS_FOR = timedelta(minutes=10)
# Whoever has lost his rights keeps a signed token no longer than this; the log-in's end is asked each time all the same.
REFRESH_FOR = timedelta(days=14)
NOTED_EVERY = timedelta(minutes=1)
# A write per request only to say when a token was used would cost more than the request.
ALGORITHM, PURPOSE = "HS256", b"windlass api access token"
CLAIMS = ("exp", "iat", "sub", "fam", "scope", "pwd")
SKEW = timedelta(seconds=10)
# By so much a machine's clock may be set back, or differ from another web process's, and a key still opens.


class NotAllowed(Exception):
    """Why a key is not given, or opens nothing; `code` names it."""

    def __init__(self, code: str, words: str) -> None:
        self.code = code
        super().__init__(words)


def no_such() -> NotAllowed:
    """One answer for every token that is no good: a guesser learns nothing."""
    return NotAllowed("TOKEN_UNKNOWN", "This token opens nothing: it is unknown, revoked or expired. Make a new one.")


@dataclass(frozen=True, slots=True)
class Opened:
    """Who a key belongs to and how far it reaches; `name` tells keys apart when requests are counted."""

    user: User
    scopes: frozenset[Scope]
    name: str
    personal: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """What a program gets when it logs in; both in clear, this once."""

    access: str
    refresh: str
    scope: Scope
    access_secs: int


def digest(text: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(text.encode()).digest()


def allowed(user: User, scope: Scope) -> Scope:
    """The scope, if the user's role reaches so far. Raises NotAllowed."""
    own = scopes_of(user)
    if scope not in own:
        widest = max(own, key=ORDER.index, default=Scope.READ)
        raise NotAllowed("SCOPE_TOO_WIDE", f"The role {user.role} reaches as far as {widest}, not {scope}.")
    return scope


# personal tokens ---------------------------------------------------------------------------------


def make(user: User, *, name: str, scope: Scope, days: int, now: datetime) -> tuple[ApiToken, str]:
    """A new personal token, with its text, which is never told again. Raises NotAllowed."""
    allowed(user, scope)
    text = PERSONAL + secrets.token_urlsafe(32)
    with transaction.atomic():
        _room(user, now)
        row = ApiToken.objects.create(
            user=user,
            name=name,
            start=text[:START_LENGTH],
            token_hash=digest(text),
            scope=scope,
            expires_at=now + timedelta(days=days),
        )
        said = {"operator": user.get_username(), "name": name, "scope": scope, "expires_at": row.expires_at}
        record("token.made", subject=f"token:{row.pk}", payload=said)
    return row, text


def _room(user: User, now: datetime) -> None:
    """Raises NotAllowed where the user has enough tokens; his row is locked, so that two at once count each other."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=now).count() >= MOST_TOKENS:
        raise NotAllowed("TOO_MANY_TOKENS", f"You have {MOST_TOKENS} tokens. Revoke one that is not needed any more.")


def revoke(row: ApiToken, *, operator: str, now: datetime) -> bool:
    """It opens nothing from now on; False when that was so already."""
    with transaction.atomic():
        changed = ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now)
        if changed:
            record("token.revoked", subject=f"token:{row.pk}", payload={"operator": operator, "name": row.name})
    return bool(changed)


def open_personal(text: str, *, now: datetime) -> Opened:
    """Whose token it is; notes that it was used. Raises NotAllowed."""
    row = ApiToken.objects.select_related("user").filter(token_hash=digest(text)).first()
    if row is None or not row.holds(now) or not row.user.is_active:
        raise no_such()
    if row.last_used_at is None or now - row.last_used_at >= NOTED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    scopes = Scope(row.scope).contains & scopes_of(row.user)
    return Opened(row.user, scopes, f"token:{row.pk}", personal=True)


# log-ins of programs -----------------------------------------------------------------------------


def log_in(user: User, *, scope: Scope, now: datetime) -> Keys:
    """The first pair of keys of a log-in. Raises NotAllowed."""
    return _link(user, uuid4(), allowed(user, scope), now)


def renew(text: str, *, now: datetime) -> Keys:
    """The next pair. Used before, or from before a new password, a refresh token ends its whole log-in. Raises NotAllowed."""
    with transaction.atomic():
        rows = RefreshToken.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
        row = rows.filter(token_hash=digest(text)).first()
        if row is None or row.revoked_at or row.expires_at <= now or not row.user.is_active:
            raise no_such()
        same_password = text.rpartition(MARKS)[2] == _password_mark(row.user)
        if row.used_at is None and same_password:
            row.used_at = now
            row.save(update_fields=["used_at"])
            return _link(row.user, row.family, Scope(row.scope), now)
        end(row.family, now=now)
    if not same_password:
        raise no_such()
    raise NotAllowed("REFRESH_REUSED", "This refresh token was used before, so its log-in is ended. Log in again.")


def end(family: UUID, *, now: datetime) -> None:
    """A log-in is over."""
    RefreshToken.objects.filter(family=family, revoked_at=None).update(revoked_at=now)


def log_out(text: str, *, now: datetime) -> None:
    """End the log-in a refresh token belongs to; of an unknown one nothing is said."""
    row = RefreshToken.objects.filter(token_hash=digest(text)).first()
    if row is not None:
        end(row.family, now=now)


def _link(user: User, family: UUID, scope: Scope, now: datetime) -> Keys:
    _forget_old(now)
    refresh = f"{REFRESH}{secrets.token_urlsafe(32)}{MARKS}{_password_mark(user)}"
    RefreshToken.objects.create(
        user=user, family=family, token_hash=digest(refresh), scope=scope, expires_at=now + REFRESH_FOR
    )
    claims = {
        "sub": str(user.pk),
        "fam": family.hex,
        "scope": scope.value,
        "pwd": _password_mark(user),
        "iat": now,
        "exp": now + ACCESS_FOR,
    }
    access = jwt.encode(claims, _signing_key(), algorithm=ALGORITHM)
    return Keys(access, refresh, scope, int(ACCESS_FOR.total_seconds()))


def _forget_old(now: datetime) -> None:
    """Links of any log-in that tell nothing any more: who comes with an expired one learns the same of an unknown one."""
    RefreshToken.objects.filter(expires_at__lte=now - SKEW).delete()


def open_access(text: str) -> Opened:
    """Whose access token it is, while its log-in stands and the password is the same. Raises NotAllowed."""
    claims = _claims(text)
    family = UUID(hex=claims["fam"])
    row = RefreshToken.objects.filter(family=family, revoked_at=None).select_related("user").first()
    if row is None or not row.user.is_active or claims["pwd"] != _password_mark(row.user):
        raise no_such()
    scopes = Scope(claims["scope"]).contains & scopes_of(row.user)
    return Opened(row.user, scopes, f"user:{row.user_id}", personal=False)


def _claims(text: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            text, _signing_key(), algorithms=[ALGORITHM], leeway=SKEW, options={"require": list(CLAIMS)}
        )
    except jwt.ExpiredSignatureError:
        raise NotAllowed(
            "ACCESS_EXPIRED", "The access token has expired. Get the next one with the refresh token."
        ) from None
    except jwt.InvalidTokenError:
        raise no_such() from None
    return claims


def _signing_key() -> bytes:
    """A key of its own, so that nothing else signed with SECRET_KEY passes for an access token."""
    return hashlib.sha256(PURPOSE + settings.SECRET_KEY.encode()).digest()


def _password_mark(user: User) -> str:
    """Changes with the password: then every access and refresh token is void."""
    return str(user.get_session_auth_hash())[:16]
