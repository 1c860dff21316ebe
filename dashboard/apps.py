"""The dashboard app."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Registered as `dashboard`."""

    name = "dashboard"

    def ready(self) -> None:
        """Who logs in is noted; second factors are sealed anew when the key changes."""
        from dashboard import security_factors, users_signals  # noqa: F401 - the signals register themselves
        from project.accounts import vault

        vault.ELSEWHERE.append(security_factors.reseal_all)
