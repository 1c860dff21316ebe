"""Who gets in and what a page may load: log-in, second factors, lockout, sessions, content policy."""

from datetime import timedelta
from typing import Any

from csp.constants import NONCE, NONE, SELF

from project.settings import environment

WEB_APPS = ("allauth", "allauth.account", "allauth.mfa", "axes", "csp")
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "dashboard.roles.RoleBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "dashboard:login"
LOGIN_REDIRECT_URL = "dashboard:overview"
LOGOUT_REDIRECT_URL = "dashboard:login"

# By name and password; an address of e-mail is nobody's duty, and registration is by invitation only.
ACCOUNT_ADAPTER = "dashboard.security_adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_UNIQUE_EMAIL = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
# Seconds that a confirmation (password or second factor) stays fresh: dashboard/fresh.py.
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False

MFA_ADAPTER = "dashboard.security_adapters.SecondFactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "dashboard.security_codes.CodeForm",
    "reauthenticate": "dashboard.security_codes.ConfirmCodeForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_TOTP_ISSUER = "Windlass"
MFA_TOTP_TOLERANCE = 1
# A phone's clock may be half a minute off: the code before and the one after count too.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False

# Counted in the database: a restart or a second web process forgets nothing.
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_FAILURE_LIMIT = 10
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "dashboard.security_lockout.locked_out"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_SENSITIVE_PARAMETERS = ["username", "code", "credential", "csrfmiddlewaretoken", "next"]
AXES_USERNAME_CALLABLE = "dashboard.security_lockout.name_of"
AXES_CLIENT_IP_CALLABLE = "dashboard.security_lockout.counted_address"
AXES_VERBOSE = False

# Strict for our pages; the admin's own policy is in dashboard/security.py.
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}

SESSION_COOKIE_AGE = environment.hours("WINDLASS_SESSION_HOURS", default=168) * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
ADMIN_NEEDS_TWO_FACTOR = False
# True in production; elsewhere from the first live account on (dashboard/security.py).
