"""Channels that people are told through, what waits to be told, and how far the journal has been read."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from dashboard.notices.domain.addresses import KINDS
from project.accounts.models import User

KIND_CHOICES = tuple((name, kind.title) for name, kind in KINDS.items())


class Channel(models.Model):
    """A way to one person. The address is sealed like keys: written, never shown.

    `fence` counts its claims: whoever comes back late must not undo what a later one wrote.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notice_channels")
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=KIND_CHOICES)
    sealed_address = models.BinaryField(default=b"", editable=False)
    tail = models.CharField(max_length=60, blank=True, help_text="Its last characters, to tell channels apart.")
    enabled = models.BooleanField(default=True)
    everyones = models.BooleanField(default=False, help_text="Other people's accounts too; for admins.")
    ways = models.JSONField(default=dict, blank=True, help_text="Class: on, silent or off; others as by default.")
    zone = models.CharField(max_length=60, default="UTC", help_text="Time zone, as Europe/Vienna.")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    break_through = models.BooleanField(default=True, help_text="Kill and alarms are told in quiet hours too.")
    most = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(60)], help_text="Messages per window."
    )
    window_minutes = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    daily_hour = models.PositiveSmallIntegerField(default=8, validators=[MaxValueValidator(23)])
    since = models.DateTimeField(db_default=Now(), help_text="What happened before is not told.")
    summed_to = models.DateField(null=True, blank=True, help_text="The last day that was summed up.")
    fence = models.BigIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    retry_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    last_sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "name"], name="channel_name_per_user")]
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_kind_display()})"


class Notice(models.Model):
    """One thing that one channel is to be told; `key` makes it one, however often the journal is read."""

    class State(models.TextChoices):
        WAITING = "WAITING"
        SENT = "SENT"
        FOLDED = "FOLDED"  # told as part of a digest
        EXPIRED = "EXPIRED"
        GIVEN_UP = "GIVEN_UP"

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="notices")
    key = models.CharField(max_length=80)
    klass = models.CharField(max_length=10)
    account_id = models.BigIntegerField(null=True, blank=True)
    at = models.DateTimeField(help_text="When it happened.")
    title = models.CharField(max_length=120)
    text = models.TextField()
    silent = models.BooleanField(default=False)
    result = models.TextField(blank=True, help_text="What a group earned, quote.")
    quote = models.CharField(max_length=20, blank=True)
    code = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "key"], name="notice_once_per_channel")]
        indexes: ClassVar = [
            models.Index(fields=["channel", "id"], condition=models.Q(state="WAITING"), name="notice_waiting"),
            models.Index(fields=["channel", "sent_at"], condition=models.Q(state="SENT"), name="notice_sent"),
            models.Index(fields=["made_at"], name="notice_by_age"),
        ]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.klass} {self.state}"


class Place(models.Model):
    """How far the journal has been read: the last entry, in the order of its seals. One row."""

    last_xid = models.BigIntegerField(default=-1)
    last_entry_id = models.BigIntegerField(default=-1)
    swept_at = models.DateTimeField(null=True, blank=True, help_text="When old notices were last removed.")

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="one_place_row")]

    def __str__(self) -> str:
        return f"{self.last_xid}/{self.last_entry_id}"
