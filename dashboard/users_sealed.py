"""What people may do about log-ins while the profile is sealed: everything that only protects. No import: sealed.py reads it."""

FREE = frozenset(
    {
        "account_change_password",
        "account_login",
        "account_logout",
        "account_reauthenticate",
        "dashboard:end_other_sessions",
        "dashboard:end_session",
        "dashboard:user_deed",
        "dashboard:withdraw_invite",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_authenticate",
        "mfa_generate_recovery_codes",
        "mfa_login_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
    }
)
# user_deed refuses by itself what hands out power; removing a second factor waits until the seal is off.
