"""Settings that somebody changed; everything else has its default in trading/domain/settings.py."""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount, User


class SettingOverride(models.Model):
    """One setting at one scope. Scope: everything empty = global; user; account; account and symbol = pair."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True)
    account = models.ForeignKey(ExchangeAccount, on_delete=models.CASCADE, null=True, blank=True)
    symbol = models.CharField(max_length=40, blank=True, default="")
    name = models.CharField(max_length=40)
    value = models.JSONField()
    changed_by = models.CharField(max_length=150, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = "setting", "settings"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "account", "symbol", "name"], nulls_distinct=False, name="setting_once_per_scope"
            ),
            models.CheckConstraint(
                condition=models.Q(symbol="") | models.Q(account__isnull=False), name="pair_scope_needs_account"
            ),
        ]
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"
