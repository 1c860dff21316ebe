"""The trading app: the engine."""

from django.apps import AppConfig


class TradingConfig(AppConfig):
    """Registered as `trading`."""

    name = "trading"
