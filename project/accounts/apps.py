"""The accounts app: users, exchange accounts, the key vault, the trading mode."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registered as `accounts`."""

    name = "project.accounts"
    label = "accounts"
    verbose_name = "Accounts"
