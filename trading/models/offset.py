"""Offsets: what a run is and what its steps are, the books they are planned by, and what is remembered of losers."""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount
from project.fields import money
from signals.models import Instrument
from trading.domain.offset_saga import RunState, StepKind, StepState
from trading.models.group import PositionGroup, choices


class OffsetRun(models.Model):
    """One offset: a losing group, closed and paid for by winners. At most one runs on an account.

    loss, cover, credit, uncovered and bound are the plan's; winners_realised, loser_realised and cost what came of it.
    """

    account = models.ForeignKey(ExchangeAccount, on_delete=models.PROTECT, related_name="offsets")
    group = models.ForeignKey(PositionGroup, on_delete=models.PROTECT, related_name="offsets")
    state = models.CharField(max_length=10, choices=choices(RunState), default=RunState.RESERVED)
    operator = models.CharField(max_length=150, blank=True, help_text="Who ran it by hand; empty: the sweep.")
    loss = money()
    cover = money()
    credit = money(default=0, help_text="Earned by winners in runs of this loser that were broken off.")
    uncovered = money()
    bound = money()
    winners_realised = money(default=0)
    loser_realised = money(default=0)
    cost = money(default=0, help_text="What it took out of the day's budget.")
    code = models.CharField(max_length=40, blank=True, help_text="How it ended, or why it waits.")
    words = models.TextField(blank=True)
    started_at = models.DateTimeField()
    covered_at = models.DateTimeField(null=True, blank=True, help_text="When the last winner was settled.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(ended_at__isnull=True), name="one_offset_runs_per_account"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["account", "ended_at"], name="offset_by_end")]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"offset {self.pk} {self.state}"


class OffsetStep(models.Model):
    """One group's part in an offset. A group is in one running offset at most; what a step did is not done again.

    orders_after: the last order's id when it began: whatever closes the group from then on is later.
    """

    run = models.ForeignKey(OffsetRun, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=6, choices=choices(StepKind))
    group = models.ForeignKey(PositionGroup, on_delete=models.PROTECT, related_name="offset_steps")
    state = models.CharField(max_length=8, choices=choices(StepState), default=StepState.PLANNED)
    qty = money()
    expected = money(help_text="The result that the book promised, after fees.")
    worst_price = money()
    bound = money()
    whole = models.BooleanField(default=False, help_text="The group closes with it.")
    orders_after = models.BigIntegerField(default=0)
    realised_before = money(default=0)
    reserved_qty = money(null=True, blank=True, help_text="What it reserved when it began; 0 once that was given back.")
    sold_qty = money(default=0)
    realised = money(default=0)
    code = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "kind", "group"], name="offset_step_once"),
            models.UniqueConstraint(
                fields=["group"], condition=models.Q(ended_at__isnull=True), name="one_offset_per_group"
            ),
        ]
        ordering: ClassVar = ["run", "id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class OffsetWatch(models.Model):
    """What the sweep remembers of a losing group: since when it has stood beyond the threshold, and whether to skip it."""

    group = models.OneToOneField(PositionGroup, on_delete=models.CASCADE, related_name="offset_watch")
    losing_since = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    skipped_until = models.DateTimeField(null=True, blank=True)
    skipped_by = models.CharField(max_length=150, blank=True)
    code = models.CharField(max_length=40, blank=True, help_text="Why no offset was planned at the last look.")
    words = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "offset watches"
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"watch {self.pk}"


class OffsetBook(models.Model):
    """The order book of an instrument as an offset saw it last: lists of [price, quantity], best first."""

    instrument = models.OneToOneField(Instrument, on_delete=models.CASCADE, related_name="offset_book")
    bids = models.JSONField(default=list)
    asks = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["instrument"]

    def __str__(self) -> str:
        return f"book {self.pk}"
