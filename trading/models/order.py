"""Orders and fills: rows that are never deleted."""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount
from project.fields import money
from signals.models import Instrument
from trading.domain.order_state import TERMINAL, OrderState
from trading.domain.vocabulary import OrderType, Purpose, Side, TimeInForce
from trading.models.group import Leg, PositionGroup, choices

SENDABLE = models.Q(state=OrderState.NEW)
WORKING = ~models.Q(state__in=sorted(TERMINAL))
LACKING = models.Q(reported_qty__gt=models.F("filled_qty"))
UNPRICED = models.Q(unpriced=True)


class Order(models.Model):
    """One instruction to a venue. `intent_key` and `attempt` name it: one row, one client order id, one send.

    `fence` counts owners: an outcome is written only by the owner whose fence it still carries.
    `next_poll_at` is when an undecided order is looked up again; `valid_until` when its signature has died.
    """

    account = models.ForeignKey(ExchangeAccount, on_delete=models.PROTECT, related_name="orders")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="orders")
    group = models.ForeignKey(PositionGroup, on_delete=models.PROTECT, related_name="orders")
    leg = models.ForeignKey(Leg, on_delete=models.PROTECT, null=True, blank=True, related_name="orders")
    purpose = models.CharField(max_length=10, choices=choices(Purpose))
    intent_key = models.CharField(max_length=80)
    attempt = models.PositiveSmallIntegerField(default=0)
    side = models.CharField(max_length=4, choices=choices(Side))
    type = models.CharField(max_length=14, choices=choices(OrderType))
    time_in_force = models.CharField(max_length=3, choices=choices(TimeInForce), default=TimeInForce.GTC)
    price = money(null=True, blank=True)
    trigger_price = money(
        null=True, blank=True, help_text="A conditional order waits at the venue until it is reached."
    )
    reference_price = money(help_text="What the price was when we decided; funds are reserved by it.")
    qty = money()
    reduce_only = models.BooleanField(default=False)
    client_order_id = models.CharField(max_length=36, blank=True)
    venue_order_id = models.CharField(max_length=64, blank=True)
    venue_algo_id = models.CharField(max_length=64, blank=True, help_text="A conditional order's id until it triggers.")
    state = models.CharField(max_length=16, choices=choices(OrderState), default=OrderState.NEW)
    fence = models.BigIntegerField(default=0)
    valid_until = models.DateTimeField(null=True, blank=True)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    polls = models.PositiveIntegerField(default=0)
    reported_qty = money(default=0, help_text="What the venue says is filled; fills follow until both agree.")
    filled_qty = money(default=0)
    filled_cost = money(default=0)
    cancel_requested = models.BooleanField(default=False)
    code = models.CharField(max_length=40, blank=True, help_text="Why it was dropped, rejected or is unknown.")
    detail = models.TextField(blank=True)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["intent_key", "attempt"], name="order_once_per_intent"),
            models.UniqueConstraint(
                fields=["account", "client_order_id"], condition=~models.Q(client_order_id=""), name="client_order_id"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "id"], condition=SENDABLE, name="order_sendable"),
            models.Index(fields=["account", "state"], condition=WORKING, name="order_working"),
            models.Index(fields=["account"], condition=LACKING, name="order_lacking"),
            models.Index(fields=["account", "venue_order_id"], name="order_by_venue_id"),
            models.Index(fields=["account", "created_at"], name="order_by_time"),
        ]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"order {self.pk} {self.purpose} {self.state}"


class Fill(models.Model):
    """One execution, as the venue tells it. A self-match gives two orders one trade id."""

    account = models.ForeignKey(ExchangeAccount, on_delete=models.PROTECT, related_name="fills")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="fills")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="fills")
    venue_order_id = models.CharField(max_length=64)
    venue_trade_id = models.CharField(max_length=64)
    side = models.CharField(max_length=4, choices=choices(Side))
    price = money()
    qty = money()
    cost = money()
    fee = money(default=0)
    fee_currency = models.CharField(max_length=20, blank=True)
    fee_price = money(
        null=True,
        blank=True,
        help_text="Quote per unit of a third fee currency, written once; empty: not needed, or unknown.",
    )
    unpriced = models.BooleanField(
        default=False, help_text="Its fee is in a third currency and waits for the first price of it."
    )
    maker = models.BooleanField(null=True)
    realised = money(default=0, help_text="What a futures wallet was booked for it, before the fee; 0 on spot.")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "instrument", "venue_order_id", "venue_trade_id"], name="fill_recorded_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "recorded_at"], name="fill_by_record"),
            models.Index(fields=["account", "fee_currency"], condition=UNPRICED, name="fill_unpriced"),
        ]
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.side} {self.qty:f} @ {self.price:f}"


class FundingPayment(models.Model):
    """Funding paid (< 0) or received on a futures position, quote; part of the PnL of the group it belongs to."""

    account = models.ForeignKey(ExchangeAccount, on_delete=models.PROTECT, related_name="funding")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="funding")
    group = models.ForeignKey(PositionGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="funding")
    venue_id = models.CharField(max_length=64)
    amount = money()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "instrument", "venue_id"], name="funding_recorded_once")
        ]
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"funding {self.amount:+f}"
