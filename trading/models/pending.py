"""Changes that wait: while the profile is sealed, what loosens a limit holds a day after somebody asked for it."""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount, User


class PendingChange(models.Model):
    """A setting at one scope, or the trading mode, and when it is due. A value of null: back to the wider scope.

    Ends applied, or withdrawn: by a person, by a newer wish for the same, or because it no longer passes its check.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True)
    account = models.ForeignKey(ExchangeAccount, on_delete=models.CASCADE, null=True, blank=True)
    symbol = models.CharField(max_length=40, blank=True, default="")
    name = models.CharField(max_length=40)
    value = models.JSONField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, default="")
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "account", "symbol", "name"],
                condition=models.Q(applied_at=None, withdrawn_at=None),
                nulls_distinct=False,
                name="one_waiting_change",
            ),
        ]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"

    @property
    def scope(self) -> str:
        """Where it will hold, in words."""
        if self.account_id:
            return f"{self.account.name} {self.symbol}".rstrip() if self.account else ""
        return f"user {self.user.get_username()}" if self.user else "everybody"
