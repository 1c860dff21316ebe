"""Behind a proxy with TLS: cookies travel over HTTPS only, the proxy names the scheme, the admin wants a second factor."""

from project.settings.base import *  # noqa: F403
from project.settings.environment import flag, hours

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = flag("WINDLASS_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^health/"]
# Probes ask the port itself, without the proxy.
SECURE_HSTS_SECONDS = hours("WINDLASS_HSTS_HOURS", default=8760) * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = flag("WINDLASS_HSTS_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = flag("WINDLASS_HSTS_PRELOAD", default=False)
# The browsers' list is for whole domains and hard to leave: only their owner can decide that.
ADMIN_NEEDS_TWO_FACTOR = True
