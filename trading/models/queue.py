"""The queue: signals that wait for a slot."""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount
from project.fields import money
from signals.models import Instrument, Signal
from trading.domain.vocabulary import PositionSide
from trading.models.group import PositionGroup, choices


class QueuedSignal(models.Model):
    """An entry that waits, or waited: one at a time per account, pair, timeframe and side.

    A newer signal replaces the waiting one: `signal` and `alert_price` are the newest, `queued_at` stays the oldest.
    """

    class State(models.TextChoices):
        WAITING = "WAITING"
        PROMOTED = "PROMOTED"
        EXPIRED = "EXPIRED"
        REMOVED = "REMOVED"

    account = models.ForeignKey(ExchangeAccount, on_delete=models.PROTECT, related_name="queue")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="queue")
    timeframe_secs = models.PositiveIntegerField()
    side = models.CharField(max_length=5, choices=choices(PositionSide))
    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, related_name="queued")
    alert_price = money(null=True, blank=True)
    replacement_count = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    last_denial = models.TextField(blank=True, help_text="Why it was not promoted at the last try.")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=60, blank=True)
    group = models.ForeignKey(PositionGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="promotions")
    after_group = models.ForeignKey(
        PositionGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reversals",
        help_text="A reverse: it goes in once this group has closed.",
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "instrument", "timeframe_secs", "side"],
                condition=models.Q(ended_at__isnull=True),
                name="one_waiting_per_pair",
            )
        ]
        ordering: ClassVar = ["queued_at", "id"]

    def __str__(self) -> str:
        return f"{self.side} {self.state} since {self.queued_at:%H:%M}"
