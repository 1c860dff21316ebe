"""What trading has earned, over time."""

from decimal import Decimal
from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount
from project.fields import money
from trading.models.group import PositionGroup


class PnlPoint(models.Model):
    """An account's profit at a moment, quote: a point a minute, and one at each close of a group (then with the group).

    realised_pnl sums all groups so far, fees and funding in it; so neither deposits nor withdrawals move the curve.
    """

    account = models.ForeignKey(ExchangeAccount, on_delete=models.CASCADE, related_name="pnl_points")
    group = models.ForeignKey(
        PositionGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="pnl_points",
        help_text="The group whose close this is; empty for a minute's point.",
    )
    at = models.DateTimeField()
    equity = money(
        null=True, blank=True, help_text="What the account holds, in its quote; empty before the first look."
    )
    realised_pnl = money()
    unrealised_pnl = money()
    open_groups = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "profit curve"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group"], name="one_pnl_point_per_close"),
        ]
        indexes: ClassVar = [models.Index(fields=["account", "at"], name="pnl_by_time")]
        ordering: ClassVar = ["-at", "-id"]

    @property
    def profit(self) -> Decimal:
        """Realised and unrealised, quote."""
        both: Decimal = self.realised_pnl + self.unrealised_pnl
        return both

    def __str__(self) -> str:
        return f"{self.realised_pnl:+f} {self.unrealised_pnl:+f}"
