"""What is not as it should be until somebody or something mends it: bare holdings, books that differ, dust."""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount
from project.fields import money
from signals.models import Instrument
from trading.models.group import Leg, PositionGroup
from trading.models.order import Order


class BareHolding(models.Model):
    """A quantity that no exit would sell, from the first look that met it until one is there again.

    `told_at`: when a sweep had had its chance and it was journalled. `waived_*`: who said that it needs none, and why.
    """

    account = models.ForeignKey(ExchangeAccount, on_delete=models.PROTECT, related_name="bare_holdings")
    group = models.ForeignKey(PositionGroup, on_delete=models.PROTECT, related_name="bare_holdings")
    qty = money(help_text="Base or contracts, at the last look.")
    cover = models.CharField(max_length=10, help_text="NAKED: nothing at all; STOP_ONLY: a stop alone; WAIVED.")
    code = models.CharField(max_length=20, help_text="What keeps the exit away.")
    words = models.TextField(blank=True)
    since = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    waived_qty = money(default=0)
    waived_by = models.CharField(max_length=150, blank=True)
    waived_reason = models.TextField(blank=True)
    waived_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["group"], condition=models.Q(ended_at__isnull=True), name="one_bare_holding_per_group"
            )
        ]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.cover} since {self.since:%d %b %H:%M}"


class Disagreement(models.Model):
    """An execution of which our books and the venue's say different things; no entries while one is open.

    `ours` and `theirs` hold qty, price, cost and fee as each side has them; empty where a side has no such execution.
    """

    account = models.ForeignKey(ExchangeAccount, on_delete=models.PROTECT, related_name="disagreements")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="disagreements")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="disagreements")
    kind = models.CharField(max_length=20)
    venue_order_id = models.CharField(max_length=64)
    venue_trade_id = models.CharField(max_length=64)
    ours = models.JSONField(default=dict, blank=True)
    theirs = models.JSONField(default=dict, blank=True)
    seen_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=150, blank=True)
    settled_as = models.CharField(max_length=10, blank=True, help_text="THEIRS, OURS, AGREED or SHOWN.")
    reason = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "instrument", "venue_order_id", "venue_trade_id"],
                condition=models.Q(settled_at__isnull=True),
                name="one_disagreement_per_fill",
            )
        ]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.venue_trade_id}"


class DustMove(models.Model):
    """Where the dust of an ended group went: into a leg of an open group, or off the books by a person's word."""

    group = models.ForeignKey(PositionGroup, on_delete=models.PROTECT, related_name="dust_moves")
    to_group = models.ForeignKey(
        PositionGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="dust_taken"
    )
    leg = models.ForeignKey(Leg, on_delete=models.PROTECT, null=True, blank=True, related_name="dust_taken")
    qty = money()
    price = money(help_text="What it had cost on average, quote: it goes over at cost.")
    at = models.DateTimeField()
    operator = models.CharField(max_length=150, blank=True, help_text="Empty: by the rule.")
    reason = models.TextField(blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["group"], condition=models.Q(undone_at__isnull=True), name="dust_goes_one_way"
            )
        ]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"dust of group {self.group_id}"
