"""The journal app: what happened, sealed."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """Registered as `journal`."""

    name = "project.journal"
    label = "journal"
    verbose_name = "Journal"
