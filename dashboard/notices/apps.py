"""The notifications app: channels of people, and what waits to be told."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Registered as `notices`."""

    name = "dashboard.notices"
    label = "notices"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """A new key-encryption key seals the channels' addresses anew too."""
        from dashboard.notices import sealing
        from project.accounts import vault

        vault.ELSEWHERE.append(sealing.reseal)
