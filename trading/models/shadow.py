"""Shadow: what a source that is not live would have done, on paper; and what the old bot did, from its own export.

Rows of their own: no slot, no fund, no order and no invariant of the engine knows them.
"""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount
from project.fields import money
from signals.models import Alert, Instrument, Source
from trading.domain.vocabulary import OrderType, PositionSide, Purpose, Side
from trading.models.group import choices


class ShadowGroup(models.Model):
    """A position that a shadowed source would hold; figures as a real group has them."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="shadow_groups")
    account = models.ForeignKey(ExchangeAccount, on_delete=models.CASCADE, related_name="shadow_groups")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="shadow_groups")
    timeframe_secs = models.PositiveIntegerField()
    side = models.CharField(max_length=5, choices=choices(PositionSide))
    settings = models.JSONField(default=dict)
    leverage = models.PositiveSmallIntegerField(default=1)
    alert_stop = models.JSONField(null=True, blank=True)
    levels = models.JSONField(default=dict, blank=True)
    peak = money(null=True, blank=True)
    qty = money(default=0)
    cost = money(default=0)
    entry_qty = money(default=0)
    average_entry = money(null=True, blank=True)
    average_exit = money(null=True, blank=True)
    realised_pnl = money(default=0)
    fees_quote = money(default=0)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "instrument", "timeframe_secs", "side"],
                condition=models.Q(closed_at__isnull=True),
                name="one_open_shadow_per_pair",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["account"], condition=models.Q(closed_at__isnull=True), name="shadow_open")
        ]
        ordering: ClassVar = ["-opened_at", "-id"]

    def __str__(self) -> str:
        return f"shadow {self.pk} {self.side}"


class ShadowLeg(models.Model):
    """One order level of a shadow group's pyramid, as the plan says."""

    group = models.ForeignKey(ShadowGroup, on_delete=models.CASCADE, related_name="legs")
    pyramid_index = models.PositiveSmallIntegerField()
    index = models.PositiveSmallIntegerField()
    base_price = money(help_text="Where its pyramid hangs.")
    price = money()
    qty = money()
    take_profit_pct = money()
    target_price = money()
    ended = models.BooleanField(default=False, help_text="Withdrawn for good.")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "pyramid_index", "index"], name="shadow_leg_index")
        ]
        ordering: ClassVar = ["group", "pyramid_index", "index"]

    def __str__(self) -> str:
        return f"P{self.pyramid_index} leg {self.index}"


class ShadowOrder(models.Model):
    """An order that rests on paper; it fills whole, so its fill stands beside it."""

    class State(models.TextChoices):
        OPEN = "OPEN"
        FILLED = "FILLED"
        CANCELED = "CANCELED"

    group = models.ForeignKey(ShadowGroup, on_delete=models.CASCADE, related_name="orders")
    leg = models.ForeignKey(ShadowLeg, on_delete=models.CASCADE, null=True, blank=True, related_name="orders")
    purpose = models.CharField(max_length=8, choices=choices(Purpose))
    side = models.CharField(max_length=4, choices=choices(Side))
    type = models.CharField(max_length=16, choices=choices(OrderType))
    qty = money()
    price = money(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    code = models.CharField(max_length=40, blank=True)
    looked_at = models.BooleanField(default=False, help_text="It has rested through a look at the prices: a maker.")
    filled_price = money(null=True, blank=True)
    fee = money(default=0)
    fee_currency = models.CharField(max_length=20, blank=True)
    rung = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of the exit ladder, from 0.")
    placed_at = models.DateTimeField()
    filled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["group", "id"]

    def __str__(self) -> str:
        return f"{self.purpose} {self.side} {self.qty:f} {self.state}"


class ShadowDecision(models.Model):
    """What an alert of a shadowed source would have led to; one row for each, so that it is decided once."""

    alert = models.OneToOneField(Alert, on_delete=models.CASCADE, related_name="shadow")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="shadow_decisions")
    group = models.ForeignKey(ShadowGroup, on_delete=models.CASCADE, null=True, blank=True, related_name="decisions")
    outcome = models.CharField(max_length=30)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    decided_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"alert {self.alert_id} {self.outcome}"


class TheirTrade(models.Model):
    """A trade of the old bot, from its export: opened and, where it says so, closed."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="their_trades")
    key = models.CharField(max_length=64, help_text="What makes the row this row: imported twice, it counts once.")
    symbol = models.CharField(max_length=40)
    side = models.CharField(max_length=5, choices=choices(PositionSide))
    qty = money()
    entry_price = money()
    exit_price = money(null=True, blank=True)
    fee = money(default=0)
    pnl = money(null=True, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "key"], name="their_trade_once")]
        ordering: ClassVar = ["-opened_at", "-id"]

    def __str__(self) -> str:
        return f"{self.side} {self.symbol} {self.opened_at:%Y-%m-%d %H:%M}"
