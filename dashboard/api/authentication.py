"""Who is asking: a session of the pages (with its CSRF token), a personal token, or an access token of a log-in."""

from typing import Any

from django.utils import timezone
from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from dashboard import tokens
from dashboard.roles import Scope, scopes_of
from dashboard.tokens import NotAllowed, Opened

BEARER = "Bearer"


class Bearer(BaseAuthentication):
    """`Authorization: Bearer …`, personal or signed; `request.auth` is what it opened."""

    def authenticate(self, request: Request) -> tuple[Any, Opened] | None:
        """Who the token belongs to; None where there is none. Raises AuthenticationFailed."""
        word, _, text = request.headers.get("Authorization", "").strip().partition(" ")
        if word.lower() != BEARER.lower():
            return None
        try:
            opened = _opened(text.strip())
        except NotAllowed as error:
            raise unknown(error) from None
        return opened.user, opened

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return f'{BEARER} realm="Windlass"'


def unknown(error: NotAllowed) -> AuthenticationFailed:
    """A 401 that carries our code."""
    failed = AuthenticationFailed(str(error))
    failed.default_code = error.code  # type: ignore[misc]  # of this one error
    return failed


def _opened(text: str) -> Opened:
    if text.startswith(tokens.PERSONAL):
        return tokens.open_personal(text, now=timezone.now())
    return tokens.open_access(text)


class Session(SessionAuthentication):
    """The pages' own log-in. Writes carry the CSRF token in X-CSRFToken."""


def scopes(request: Request) -> frozenset[Scope]:
    """What this request may do: its key's scopes, or everything its user may."""
    return request.auth.scopes if isinstance(request.auth, Opened) else scopes_of(request.user)


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped there
    """How the schema names it."""

    target_class = "dashboard.api.authentication.Bearer"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """As OpenAPI has it."""
        return {"type": "http", "scheme": "bearer", "description": "A personal token, or a log-in's access token."}


class OurSessionScheme(SessionScheme):  # type: ignore[no-untyped-call]  # untyped there
    """How the schema names it."""

    target_class = "dashboard.api.authentication.Session"
    name = "session"
