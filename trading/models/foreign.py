"""What others did at the venue: shown, never touched."""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount
from project.fields import money
from signals.models import Instrument
from trading.domain.vocabulary import Side
from trading.models.group import choices


class ForeignOrder(models.Model):
    """An order that rests at the venue and is none of ours: placed by hand, or by another program on the same keys.

    Windlass leaves it alone. What it binds is not free: the gate counts its funds and its place on the book.
    """

    account = models.ForeignKey(ExchangeAccount, on_delete=models.CASCADE, related_name="foreign_orders")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="foreign_orders")
    venue_order_id = models.CharField(
        max_length=64, help_text="The venue's number; a conditional order's, until it triggers."
    )
    conditional = models.BooleanField(default=False, help_text="Waits for a trigger price.")
    client_order_id = models.CharField(max_length=64, blank=True)
    side = models.CharField(max_length=4, choices=choices(Side))
    type = models.CharField(max_length=30, blank=True)
    price = money(null=True, blank=True)
    qty = money()
    filled_qty = money(default=0)
    seen_at = models.DateTimeField(help_text="When a reconcile met it first.")
    gone_at = models.DateTimeField(null=True, blank=True, help_text="When it no longer rested.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "instrument", "venue_order_id", "conditional"], name="foreign_order_once"
            )
        ]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"foreign {self.side} {self.qty:f}"
