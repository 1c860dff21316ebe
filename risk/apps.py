"""The risk app."""

from django.apps import AppConfig


class RiskConfig(AppConfig):
    """Registered as `risk`."""

    name = "risk"
