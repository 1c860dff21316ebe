"""A program's log-in: the same locks, and the same second factor, as the page's."""

from allauth.core import context
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils import timezone

from dashboard import security_codes, security_lockout
from dashboard.tokens import NotAllowed
from project.accounts.models import User

WRONG = "Name and password do not belong together."
CODE_MISSING = "This user has a second factor: send the code of the authenticator app, or a recovery code, as `code`."
CODE_WRONG = "That code is not right, or was used already. Send the one shown now."


class Locked(Exception):
    """Too many failures; `secs` is how long to wait."""

    def __init__(self, secs: int) -> None:
        self.secs = secs
        super().__init__(security_lockout.words(secs))


def user_of(request: HttpRequest, *, username: str, password: str, code: str) -> User:
    """Whose name, password and code these are. Raises Locked or NotAllowed."""
    if security_lockout.is_locked(request, username):
        place = (username.lower(), security_lockout.counted_address(request))
        raise Locked(security_lockout.wait_secs(*place, now=timezone.now()))
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        raise NotAllowed("LOGIN_FAILED", WRONG)
    if security_codes.has_second_factor(user):
        _check_code(request, user, code)
    return user


def _check_code(request: HttpRequest, user: User, code: str) -> None:
    if not code:
        raise NotAllowed("CODE_MISSING", CODE_MISSING)
    if secs := security_lockout.codes_wait(user.get_username(), now=timezone.now()):
        raise Locked(secs)
    with context.request_context(request):
        found = security_codes.spend(user, code, now=timezone.now())
    if found is None:
        security_lockout.count_failure(request, user.get_username())
        raise NotAllowed("CODE_WRONG", CODE_WRONG)
