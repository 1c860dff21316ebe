"""The trading app: the engine."""

from django.apps import AppConfig


class TradingConfig(AppConfig):
    """Registered as `trading`."""

    name = "trading"

    def ready(self) -> None:
        """The floor below presses our button."""
        from project.accounts import mode
        from trading.services.press import press

        mode.PRESS[:] = [press]
