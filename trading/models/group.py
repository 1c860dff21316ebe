"""Position groups: a group per pair, timeframe and side; its pyramids; their DCA legs."""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount
from project.fields import money
from signals.models import Instrument, Signal
from trading.domain.vocabulary import GroupStatus, PositionSide, TakeProfitMode


def choices(enum: type) -> list[tuple[str, str]]:
    """An enum of the domain as Django choices."""
    return [(member.value, member.value) for member in enum]  # type: ignore[attr-defined]


class PositionGroup(models.Model):
    """All pyramids of one account, pair, timeframe and position side.

    `settings` keeps the engine settings it was opened with. The figures are recomputed from its fills alone.
    """

    account = models.ForeignKey(ExchangeAccount, on_delete=models.PROTECT, related_name="groups")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="groups")
    timeframe_secs = models.PositiveIntegerField()
    side = models.CharField(max_length=5, choices=choices(PositionSide))
    status = models.CharField(max_length=16, choices=choices(GroupStatus), default=GroupStatus.LIVE)
    tp_mode = models.CharField(max_length=10, choices=choices(TakeProfitMode), default=TakeProfitMode.PER_LEG)
    settings = models.JSONField(default=dict)
    qty = money(default=0)
    cost = money(default=0)
    average_entry = money(null=True, blank=True)
    break_even = money(null=True, blank=True)
    realised_pnl = money(default=0)
    fees_quote = money(default=0)
    dust_qty = money(default=0)
    converted_qty = money(default=0, help_text="Taken by the venue when it closed the market; nothing is left to sell.")
    peak = money(null=True, blank=True, help_text="Best price since the trailing stop was armed.")
    reduce_qty = money(default=0, help_text="Decided to be sold, not yet sent: targets make room for it.")
    reduce_limit = money(null=True, blank=True, help_text="It is sold for this or better; empty: at market.")
    watch = models.JSONField(default=list, blank=True, help_text="Exits that rest nowhere and are fired by us.")
    levels = models.JSONField(default=dict, blank=True, help_text="What its exits are counted from, as of its entry.")
    leverage = models.PositiveSmallIntegerField(default=1)
    blocked = models.BooleanField(default=False, help_text="Neither offset nor pyramids while this is on.")
    close_reason = models.CharField(max_length=40, blank=True)
    opened_at = models.DateTimeField()
    closing_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "instrument", "timeframe_secs", "side"],
                condition=models.Q(closed_at__isnull=True),
                name="one_open_group_per_pair",
            )
        ]
        indexes: ClassVar = [
            # History goes page by page from any point, and a day's result is summed for the bar of every page.
            models.Index(
                fields=["account", "-closed_at", "-id"],
                condition=models.Q(closed_at__isnull=False),
                name="group_closed",
            ),
            # Ended ones that filled afterwards: looked for by every sweep, and there are hardly ever any.
            models.Index(
                fields=["account"],
                condition=models.Q(closed_at__isnull=False, qty__gt=models.F("dust_qty")),
                name="group_holds_again",
            ),
            # What ended ones left: each sweep asks what of it the open ones' pairs can take in.
            models.Index(
                fields=["account", "instrument"],
                condition=models.Q(closed_at__isnull=False, qty__gt=0, dust_qty__gt=0),
                name="group_left_dust",
            ),
        ]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"group {self.pk} {self.side} {self.status}"


class Pyramid(models.Model):
    """One entry into a group; index from 0."""

    group = models.ForeignKey(PositionGroup, on_delete=models.PROTECT, related_name="pyramids")
    index = models.PositiveSmallIntegerField()
    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, null=True, blank=True, related_name="pyramids")
    base_price = money()
    capital = money()
    bound_by = models.CharField(max_length=40, blank=True, help_text="The cap that bound the capital.")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["group", "index"], name="pyramid_index")]
        ordering: ClassVar = ["group", "index"]

    def __str__(self) -> str:
        return f"P{self.index}"


class Leg(models.Model):
    """One order level of a pyramid: what the plan says; what happened is in its orders and fills."""

    pyramid = models.ForeignKey(Pyramid, on_delete=models.PROTECT, related_name="legs")
    index = models.PositiveSmallIntegerField()
    price = money()
    qty = money()
    weight_pct = money()
    take_profit_pct = money()
    target_price = money()
    ended_reason = models.CharField(max_length=20, blank=True, help_text="Why it was withdrawn for good.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["pyramid", "index"], name="leg_index")]
        ordering: ClassVar = ["pyramid", "index"]

    def __str__(self) -> str:
        return f"leg {self.index}"
