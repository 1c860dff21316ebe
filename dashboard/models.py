"""What the API keeps: tokens (only their hashes), refresh tokens, answers to writes that carry a key; and what people draw."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from dashboard.roles import ORDER
from dashboard.users_models import BrowserSession, Invite  # noqa: F401 - where Django looks for them
from project.accounts.models import User
from project.fields import money

SCOPES = tuple((scope.value, scope.value) for scope in ORDER)


class ApiToken(models.Model):
    """A personal access token: shown once when it is made; kept as SHA-256, with the few letters it is known by."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60, help_text="What it is for.")
    start = models.CharField(max_length=12, help_text="Its first letters, to tell tokens apart.")
    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    scope = models.CharField(max_length=5, choices=SCOPES, help_text="What it may be used for.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API token"
        ordering: ClassVar = ["-id"]
        default_permissions = ("view",)
        permissions: ClassVar = [(f"may_{scope.value}", f"May {scope.value}, in the API") for scope in ORDER]

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"

    def holds(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and self.expires_at > now


class RefreshToken(models.Model):
    """One link of a log-in's chain: used once for the next; whoever uses it twice ends the whole chain."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_tokens")
    family = models.UUIDField(help_text="The log-in it descends from.")
    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    scope = models.CharField(max_length=5, choices=SCOPES)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        default_permissions = ("view",)
        indexes: ClassVar = [models.Index(fields=["family", "id"], name="refresh_by_family")]

    def __str__(self) -> str:
        return f"log-in {self.family}"


class KeptAnswer(models.Model):
    """The answer to a write that carried an Idempotency-Key: said again to the same request, for a day.

    status is empty while the first request is still at work, and stays so when its process died.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="kept_answers")
    key = models.CharField(max_length=128)
    request_hash = models.BinaryField(max_length=32, help_text="Of method, address and body.")
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    content_type = models.CharField(max_length=60, blank=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]
        default_permissions = ("view",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="kept_answer_once")]
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="kept_answer_expiry")]

    def __str__(self) -> str:
        return f"{self.key} {self.status or 'at work'}"


class Drawing(models.Model):
    """What somebody drew into the chart of a pair, for himself: one point for a level, two for everything else.

    Prices in quote; colour is a token of tokens.css.
    """

    class Kind(models.TextChoices):
        LEVEL = "LEVEL"
        TREND = "TREND"
        RAY = "RAY"
        RECTANGLE = "RECTANGLE"

    class Colour(models.TextChoices):
        ACCENT = "accent", "blue"
        UP = "up", "green"
        DOWN = "down", "red"
        WARN = "warn", "amber"
        MUTED = "muted", "grey"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drawings")
    symbol = models.CharField(max_length=40, help_text="ccxt's unified name.")
    kind = models.CharField(max_length=9, choices=Kind)
    colour = models.CharField(max_length=6, choices=Colour, default=Colour.ACCENT)
    first_at = models.DateTimeField()
    first_price = money()
    second_at = models.DateTimeField(null=True, blank=True)
    second_price = money(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["id"]
        default_permissions = ("view",)
        indexes: ClassVar = [models.Index(fields=["user", "symbol"], name="drawing_by_pair")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(first_price__gt=0, kind="LEVEL", second_at=None, second_price=None)
                | models.Q(~models.Q(kind="LEVEL"), first_price__gt=0, second_at__isnull=False, second_price__gt=0),
                name="drawing_points",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.symbol}"
