"""What closed groups have come to, month by month: so that nobody adds up a million of them to show one number."""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount
from project.fields import money


class MonthResult(models.Model):
    """A part of an account's closed groups of a month (UTC), added up; the row of kind ALL also says that the month is.

    stale: a group of the month has changed since; until it is added up again, its groups are read themselves.
    """

    class Kind(models.TextChoices):
        ALL = "ALL"
        HOUR = "HOUR"
        PAIR = "PAIR"
        SIZE = "SIZE"  # of results, by steps of a tenth
        SOURCE = "SOURCE"
        TIMEFRAME = "TIMEFRAME"

    account = models.ForeignKey(ExchangeAccount, on_delete=models.CASCADE, related_name="month_results")
    month = models.DateField(help_text="Its first day.")
    kind = models.CharField(max_length=9, choices=Kind)
    label = models.CharField(max_length=100, blank=True)
    count = models.PositiveIntegerField()
    won = models.PositiveIntegerField()
    lost = models.PositiveIntegerField()
    gross_win = money()
    gross_loss = money()
    fees = money()
    best = money(null=True, blank=True)
    worst = money(null=True, blank=True)
    stale = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "month", "kind", "label"], name="one_result_per_month")
        ]
        ordering: ClassVar = ["month", "kind", "label"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.kind} {self.label}"
