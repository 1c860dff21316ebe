"""The pool: a taken slot is a row, and a unique index counts better than any SELECT."""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount


class Slot(models.Model):
    """One unit of an account's pool, taken by a group from `taken_at` until `released_at`.

    `pool_size` is the size that was in force when it was taken (what I4 is checked against).
    """

    account = models.ForeignKey(ExchangeAccount, on_delete=models.PROTECT, related_name="slots")
    number = models.PositiveIntegerField()
    group = models.ForeignKey("trading.PositionGroup", on_delete=models.PROTECT, related_name="slots")
    pyramid = models.ForeignKey(
        "trading.Pyramid", on_delete=models.PROTECT, null=True, blank=True, related_name="slots"
    )
    pool_size = models.PositiveIntegerField()
    taken_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "number"],
                condition=models.Q(released_at__isnull=True),
                name="slot_taken_once",
            )
        ]
        ordering: ClassVar = ["account", "number"]

    def __str__(self) -> str:
        return f"slot {self.number}"
