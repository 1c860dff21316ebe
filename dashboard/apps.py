"""The dashboard app."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Registered as `dashboard`."""

    name = "dashboard"
