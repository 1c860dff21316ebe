"""What the log-in library asks of us: no registration but by invitation, second factors sealed under the installation's key."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.urls import reverse

from dashboard import security_factors as factors
from dashboard.security_lockout import counted_address

SILENT = frozenset({"account/messages/logged_in.txt", "account/messages/logged_out.txt"})
# The page that follows says it better.


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # untyped there
    """Names and passwords."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_password": "That is not your password. Try again.",
        "enter_current_password": "That is not your present password. Try again.",
        "too_many_login_attempts": "Too many wrong codes. Wait five minutes, then use a new one.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody registers on his own; an admin invites (dashboard/invites.py)."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Where from, for the library's own limits."""
        return counted_address(request) or "unknown"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Where a new password leads."""
        return reverse("dashboard:profile")

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **rest: Any
    ) -> None:
        """A notice for the next page, unless that page says it anyway."""
        if message_template not in SILENT:
            super().add_message(request, level, message_template, *args, **rest)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # untyped there
    """Authenticator apps, passkeys and recovery codes."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code is not right, or no longer. Use the one shown now.",
        "cannot_generate_recovery_codes": "Set up an authenticator app or a passkey first: recovery codes stand in for one.",
    }

    def encrypt(self, text: str) -> str:
        """What is stored of a secret: an envelope that opens only with the installation's key."""
        return factors.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret. Raises VaultError where the key is another one."""
        return factors.open_sealed(encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        """What the authenticator app shows beside the code."""
        return str(user.get_username())

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 - the library's name for it
        """What a new passkey is called until its owner says otherwise."""
        held = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {held + 1}" if held else "Passkey"

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """What a passkey is listed under."""
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return entity | {"name": user.get_username()}
