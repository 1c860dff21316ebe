"""Addresses of people. The library's names stand outside our namespace: it asks for them. PAGES are the dashboard's own."""

from allauth.account.views import password_change, reauthenticate
from allauth.mfa.base.views import reauthenticate as confirm_by_code
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.contrib.auth.views import LogoutView
from django.urls import path
from django.views.decorators.cache import never_cache

from dashboard import security_signals  # noqa: F401 - registers itself
from dashboard.pages.errors import View, needs_database
from dashboard.pages.invite import invite
from dashboard.pages.login import Login
from dashboard.pages.two_factor import ConfirmByPasskey, SecondStep, inactive, to_account
from dashboard.pages.users import users_page, withdraw_invite
from dashboard.pages.users_deeds import user_deed
from dashboard.pages.users_profile import end_other_sessions, end_session, profile


def _ours(view: View) -> View:
    """One of the library's views, kept by no cache, with our answer where the database is away."""
    return needs_database(never_cache(view))


PAGES = [
    path("profile", profile, name="profile"),
    path("profile/sessions/end-others", end_other_sessions, name="end_other_sessions"),
    path("profile/sessions/<int:session_id>/end", end_session, name="end_session"),
    path("invite/<str:text>", invite, name="invite"),
    path("users", users_page, name="users"),
    path("users/<int:user_id>/<slug:deed>", user_deed, name="user_deed"),
    path("users/invites/<int:invite_id>/withdraw", withdraw_invite, name="withdraw_invite"),
]

urlpatterns = [
    path("login", Login.as_view(), name="account_login"),
    path("login/code", SecondStep.as_view(), name="mfa_authenticate"),
    path("login/passkey", _ours(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("login/switched-off", inactive, name="account_inactive"),
    path("logout", LogoutView.as_view(http_method_names=["post"]), name="account_logout"),
    path("profile/app/add", _ours(totp.activate_totp), name="mfa_activate_totp"),
    path("profile/app/remove", _ours(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("profile/codes", _ours(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("profile/codes/new", _ours(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("profile/confirm", _ours(reauthenticate), name="account_reauthenticate"),
    path("profile/confirm/code", _ours(confirm_by_code), name="mfa_reauthenticate"),
    path("profile/confirm/passkey", _ours(ConfirmByPasskey.as_view()), name="mfa_reauthenticate_webauthn"),
    path("profile/factors", to_account, name="mfa_index"),
    path("profile/passkeys", to_account, name="mfa_list_webauthn"),
    path("profile/passkeys/add", _ours(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("profile/passkeys/<int:pk>/name", _ours(passkeys.edit_webauthn), name="mfa_edit_webauthn"),
    path("profile/passkeys/<int:pk>/remove", _ours(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
    path("profile/password", _ours(password_change), name="account_change_password"),
]
