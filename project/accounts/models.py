"""Who trades, where, with which keys, and in which mode."""

import hashlib
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models

from project.fields import money


class Role(models.TextChoices):
    """What a user may do: look, trade, or configure."""

    VIEWER = "viewer"
    TRADER = "trader"
    ADMIN = "admin"


class People(UserManager["User"]):
    """Users; the first one at the command line is an admin."""

    use_in_migrations = False

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":
        """Somebody with every right, and the role that says so."""
        return super().create_superuser(username, email, password, **{"role": Role.ADMIN, **fields})


class User(AbstractUser):
    """A person who logs in."""

    objects: ClassVar[People] = People()

    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER, help_text="viewer looks, trader acts.")


class Environment(models.TextChoices):
    """What money an account moves."""

    PAPER = "paper"
    TESTNET = "testnet"
    LIVE = "live"


class PositionMode(models.TextChoices):
    """Whether an account may hold both sides of a futures market at once."""

    ONE_WAY = "one-way", "One-way"
    HEDGE = "hedge"


class MarginMode(models.TextChoices):
    """What backs a futures position: its own margin, or the whole wallet."""

    ISOLATED = "isolated"
    CROSS = "cross"


class ExchangeAccount(models.Model):
    """A venue, credentials and an environment: the mailbox of the engine, locked to decide anything about it.

    `sealed_credentials` is the vault's envelope over the API key and secret; it is written, never shown.
    `health` is empty while the account may trade; otherwise a code that says why entries are refused.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="accounts")
    name = models.CharField(max_length=40, help_text="Alerts may name the account by this.")
    venue = models.CharField(max_length=30, default="binance", help_text="The exchange, by its ccxt name.")
    environment = models.CharField(max_length=10, choices=Environment, default=Environment.PAPER)
    base_url = models.URLField(blank=True, help_text="Where a paper account's exchange listens; empty for real venues.")
    quote = models.CharField(max_length=12, default="USDT", help_text="The currency that equity is counted in.")
    position_mode = models.CharField(max_length=10, choices=PositionMode, default=PositionMode.ONE_WAY)
    margin_mode = models.CharField(max_length=10, choices=MarginMode, default=MarginMode.ISOLATED)
    leverage = models.PositiveSmallIntegerField(default=1, help_text="Futures only; asserted before the first entry.")
    armed = models.BooleanField(default=False, help_text="Entries are placed only while this is on.")
    first_armed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="From then on a live account's first day is counted."
    )
    armed_as = models.CharField(
        max_length=16, blank=True, default="", editable=False, help_text="What a live account was when it was armed."
    )
    sealed_credentials = models.BinaryField(blank=True, default=b"")
    keys_mark = models.CharField(
        max_length=8, blank=True, default="", editable=False, help_text="Tells keys apart without telling them."
    )
    keys_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When the keys were entered.")
    health = models.CharField(max_length=40, blank=True, default="")
    health_detail = models.TextField(blank=True, default="")
    clock_offset_ms = models.IntegerField(null=True, blank=True, help_text="The venue's clock minus this machine's.")
    reconciled_at = models.DateTimeField(null=True, blank=True)
    last_reconciled_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the books agreed last, whatever has started since."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "name"], name="account_name_per_user")]
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.venue}, {self.environment})"

    @property
    def identity(self) -> str:
        """Sixteen hex digits of owner, venue, environment, address and keys: what an arming or a check-up was about."""
        about = f"{self.user_id}|{self.venue}|{self.environment}|{self.base_url}|{self.keys_mark}"
        return hashlib.sha256(about.encode()).hexdigest()[:16]

    @property
    def may_open(self) -> bool:
        """Armed; a live account with the keys, the venue and the owner that it was armed with, else it is armed anew."""
        return self.armed and (self.environment != Environment.LIVE or self.armed_as == self.identity)


class Checkup(models.Model):
    """A pre-flight or a test order of an account, line by line as it went; it counts while the account's identity stands."""

    class Kind(models.TextChoices):
        PREFLIGHT = "preflight", "pre-flight"
        TEST_ORDER = "test_order"

    account = models.ForeignKey(ExchangeAccount, on_delete=models.CASCADE, related_name="checkups")
    kind = models.CharField(max_length=10, choices=Kind)
    identity = models.CharField(max_length=16, help_text="What the account was when it was asked.")
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    planned = models.PositiveSmallIntegerField(default=0, help_text="How many lines there will be.")
    lines = models.JSONField(default=list)
    green = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "kind"], condition=models.Q(finished_at=None), name="one_open_checkup"
            )
        ]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} of account {self.account_id}: {'green' if self.green else 'not green'}"


class Balance(models.Model):
    """What a venue says an account holds of a currency, as of `at` (the time the question was sent)."""

    account = models.ForeignKey(ExchangeAccount, on_delete=models.CASCADE, related_name="balances")
    currency = models.CharField(max_length=20)
    total = money()
    free = money()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "currency"], name="balance_per_currency")]
        ordering: ClassVar = ["account", "currency"]

    def __str__(self) -> str:
        return f"{self.currency} {self.total:f}"


class BalanceMovement(models.Model):
    """A change of a balance that no fill of ours explains: the baseline, a deposit, a trade made by hand."""

    class Kind(models.TextChoices):
        BASELINE = "baseline"
        FOREIGN = "foreign"

    account = models.ForeignKey(ExchangeAccount, on_delete=models.CASCADE, related_name="movements")
    currency = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=Kind)
    amount = money()
    cause = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "currency"], condition=models.Q(kind="baseline"), name="one_baseline_per_currency"
            )
        ]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount:+f} {self.currency}"


class TradingMode(models.Model):
    """The one row that says how far the engine may go; read at the socket before every order."""

    class Mode(models.TextChoices):
        NORMAL = "NORMAL"
        PAUSED = "PAUSED"
        REDUCED = "REDUCED"
        EMERGENCY = "EMERGENCY"

    mode = models.CharField(max_length=10, choices=Mode, default=Mode.NORMAL)
    reason = models.TextField(blank=True)
    operator = models.CharField(max_length=150, blank=True)
    changed_at = models.DateTimeField(auto_now=True)
    leaving_operator = models.CharField(max_length=150, blank=True, default="", editable=False)
    leaving_reason = models.TextField(blank=True, default="", editable=False)
    leaving_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When somebody asked to leave EMERGENCY."
    )

    class Meta:
        verbose_name_plural = "trading mode"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="one_mode_row")]

    def __str__(self) -> str:
        return self.mode


class WorkedDown(models.Model):
    """How far REDUCED has worked an account's positions down: one row per account and stretch of REDUCED."""

    account = models.ForeignKey(ExchangeAccount, on_delete=models.CASCADE, related_name="worked_down")
    since = models.DateTimeField(help_text="When the mode became REDUCED.")
    step = models.PositiveIntegerField(help_text="The last step that was taken.")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "worked down"
        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "since"], name="worked_down_once")]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"step {self.step} since {self.since}"


class KillReport(models.Model):
    """What the kill process wrote down in an emergency, taken over into the journal line by line, each once."""

    latch = models.CharField(max_length=40, primary_key=True, help_text="The emergency's name.")
    lines = models.PositiveIntegerField(default=0, help_text="How many lines have been taken over.")
    flat = models.BooleanField(default=False, help_text="Three looks at every venue found nothing.")
    took_secs = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return f"{self.latch}: {'flat' if self.flat else 'not flat yet'}"


class Installation(models.Model):
    """The one row that names this installation: client order ids are derived from it, so it never changes."""

    name = models.CharField(max_length=32, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="one_installation_row")]
        verbose_name_plural = "installation"

    def __str__(self) -> str:
        return self.name


class Rival(models.Model):
    """Another engine whose orders rest on an account of ours, by the mark in its client order ids."""

    account = models.ForeignKey(ExchangeAccount, on_delete=models.CASCADE, related_name="rivals")
    mark = models.CharField(max_length=12)
    standing = models.CharField(max_length=8, help_text="OLDER: we were first. YOUNGER: it was. UNCLEAR: who knows.")
    orders = models.PositiveIntegerField(default=0, help_text="That rested there when it was last seen.")
    first_order_at = models.DateTimeField(null=True, blank=True, help_text="The venue's time of its earliest order.")
    seen_at = models.DateTimeField(help_text="When it was found.")
    last_seen_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True, help_text="A person said: this engine trades the account.")
    settled_by = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "mark"], name="rival_per_mark")]
        ordering: ClassVar = ["account", "mark"]

    def __str__(self) -> str:
        return f"{self.mark} on account {self.account_id}: {self.standing}"
