"""The signals app."""

from django.apps import AppConfig


class SignalsConfig(AppConfig):
    """Registered as `signals`."""

    name = "signals"
