"""Where alerts come from, what arrived, what it meant; instruments and their prices."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from project.accounts.models import Environment, ExchangeAccount, User
from project.fields import money


class Source(models.Model):
    """A sender of alerts: one user, one default account, its own ways to prove itself.

    Tokens and secrets are kept as SHA-256 only; the HMAC key, which must be known in clear, in the vault.
    """

    class Kind(models.TextChoices):
        TRADINGVIEW = "tradingview"
        INDICATORS = "indicators"
        ALERTS = "alerts"
        SIGNALS = "signals"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sources")
    account = models.ForeignKey(ExchangeAccount, on_delete=models.PROTECT, related_name="sources")
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.TRADINGVIEW)
    enabled = models.BooleanField(default=True)
    live = models.BooleanField(default=True, help_text="Off: alerts are kept and explained but never traded (shadow).")
    token_hash = models.BinaryField(max_length=32, unique=True, null=True, blank=True, editable=False)
    secret_hash = models.BinaryField(max_length=32, null=True, blank=True, editable=False)
    api_key_hash = models.BinaryField(max_length=32, null=True, blank=True, editable=False)
    hmac_sealed = models.BinaryField(null=True, blank=True, editable=False)
    hmac_required = models.BooleanField(default=False)
    allow_bare_hmac = models.BooleanField(default=False, help_text="Accept a hex HMAC of the body without a timestamp.")
    allowed_ips = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    pair_whitelist = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    default_timeframe_secs = models.PositiveIntegerField(null=True, blank=True)
    default_size = models.CharField(max_length=40, blank=True, help_text="For example: 100 USDT, 1% equity.")
    formats = ArrayField(models.CharField(max_length=30), default=list, blank=True, help_text="Empty: every format.")
    body_dedupe_secs = models.PositiveIntegerField(
        default=60, help_text="Equal bodies within this count once; 0 = off."
    )
    rate_per_min = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: the endpoint's own; 0: none.")
    heartbeat_secs = models.PositiveIntegerField(
        null=True, blank=True, help_text="A longer silence is an alarm. Empty: never."
    )
    bar_secs = models.PositiveIntegerField(
        null=True, blank=True, help_text="Each bar of this length brings an alert for each listed pair. Empty: no."
    )
    watch_position = models.BooleanField(
        default=False, help_text="An alarm when the sender's market_position and ours differ."
    )
    grace_secs = models.PositiveIntegerField(
        default=60, help_text="So late an expected alert may be, and so long two positions may differ."
    )
    bars_seen_to = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "name"], name="source_name_per_user")]
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """A raw delivery, as received but for its secrets, and its one outcome."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="alerts")
    account = models.ForeignKey(ExchangeAccount, on_delete=models.PROTECT, related_name="alerts")
    endpoint = models.CharField(max_length=12)
    format = models.CharField(max_length=30)
    raw = models.TextField()
    content_type = models.CharField(max_length=80, blank=True)
    body_hash = models.BinaryField(max_length=32)
    dedupe_key = models.CharField(max_length=200)
    client_id = models.CharField(max_length=128, blank=True)
    peer = models.CharField(max_length=50, blank=True)
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=30, blank=True, default="", db_default="")
    reason = models.TextField(blank=True, default="", db_default="")
    details = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "dedupe_key"], name="alert_once_per_source")]
        indexes: ClassVar = [
            models.Index(fields=["account", "id"], condition=models.Q(outcome=""), name="alert_undecided"),
            models.Index(fields=["source", "body_hash", "received_at"], name="alert_repeats"),
            models.Index(fields=["received_at"], name="alert_by_time"),
            models.Index(fields=["outcome"], name="alert_by_outcome"),
            models.Index(
                fields=["client_id"], condition=models.Q(client_id__startswith="replay:"), name="alert_replays"
            ),  # what was sent again by hand: few rows, asked for by the page of the first
        ]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"alert {self.pk} {self.outcome or 'undecided'}"


class LostAlert(models.Model):
    """Something a sender promised and did not send, or a position of his that is not ours; a person settles it.

    `expected_at`: when the bar closed, when the silence began, or when the sender said where he stands.
    """

    class Kind(models.TextChoices):
        BAR = "BAR"
        POSITION = "POSITION"
        SILENCE = "SILENCE"

    class State(models.TextChoices):
        OPEN = "OPEN"
        CAME = "CAME"  # late, or the positions agree again
        ENTERED = "ENTERED"
        CLOSED = "CLOSED"
        IGNORED = "IGNORED"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="lost_alerts")
    kind = models.CharField(max_length=8, choices=Kind)
    symbol = models.CharField(max_length=40, blank=True)
    timeframe_secs = models.PositiveIntegerField(null=True, blank=True)
    expected_at = models.DateTimeField()
    position_side = models.CharField(max_length=5, blank=True, help_text="Where the sender says he stands.")
    words = models.TextField()
    found_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    answer = models.ForeignKey(Alert, on_delete=models.PROTECT, null=True, blank=True, related_name="answers")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "kind", "symbol", "expected_at"], name="lost_alert_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["source", "id"], condition=models.Q(state="OPEN"), name="lost_alert_open")
        ]
        ordering: ClassVar = ["-expected_at", "symbol"]

    def __str__(self) -> str:
        return f"{self.kind} {self.symbol} {self.expected_at:%Y-%m-%d %H:%M}".replace("  ", " ")


class Refusal(models.Model):
    """Deliveries that were turned away at the door, counted by day: a stranger can't fill the disk."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, null=True, blank=True, related_name="refusals")
    address = models.CharField(max_length=50)
    reason = models.CharField(max_length=40)
    day = models.DateField()
    count = models.BigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "address", "reason", "day"], nulls_distinct=False, name="refusal_per_day"
            )
        ]
        ordering: ClassVar = ["-last_at"]

    def __str__(self) -> str:
        return f"{self.reason} × {self.count}"


class Signal(models.Model):
    """What an alert turned out to mean, kept where something follows from it."""

    alert = models.OneToOneField(Alert, on_delete=models.PROTECT, null=True, blank=True, related_name="signal")
    account = models.ForeignKey(ExchangeAccount, on_delete=models.PROTECT, related_name="signals")
    meaning = models.CharField(max_length=10)
    symbol = models.CharField(max_length=40)
    timeframe_secs = models.PositiveIntegerField(null=True, blank=True)
    position_side = models.CharField(max_length=5)
    price = money(null=True, blank=True)
    intent = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.meaning} {self.position_side} {self.symbol}"


class Instrument(models.Model):
    """A tradable market of a venue, with the rules an order must keep."""

    venue = models.CharField(max_length=30)
    environment = models.CharField(max_length=10, choices=Environment)
    symbol = models.CharField(max_length=40, help_text="ccxt's unified name.")
    venue_symbol = models.CharField(max_length=40)
    kind = models.CharField(max_length=10)
    base = models.CharField(max_length=20)
    quote = models.CharField(max_length=20)
    active = models.BooleanField(default=True)
    status = models.CharField(max_length=30, blank=True, default="", help_text="The venue's own word for its state.")
    stopped_at = models.DateTimeField(null=True, blank=True, help_text="When it was first seen not to trade.")
    tick_size = money()
    lot_step = money()
    min_qty = money()
    max_qty = money(null=True, blank=True)
    max_market_qty = money(null=True, blank=True, help_text="The largest market order; empty: as large as any.")
    min_notional = money()
    contract_size = money(default=1)
    maker_fee = money()
    taker_fee = money()
    max_open_orders = models.PositiveIntegerField(null=True, blank=True)
    refreshed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["venue", "environment", "symbol"], name="instrument_per_venue")
        ]
        ordering: ClassVar = ["venue", "symbol"]

    def __str__(self) -> str:
        return self.symbol


class Ticker(models.Model):
    """The last known price of an instrument; `at` is when we asked, so that age is never flattered."""

    instrument = models.OneToOneField(Instrument, on_delete=models.CASCADE, related_name="ticker")
    bid = money()
    ask = money()
    last = money()
    mark = money(null=True, blank=True)
    at = models.DateTimeField()
    wanted_at = models.DateTimeField(help_text="When an alert last needed it; forgotten after a day unless held.")

    def __str__(self) -> str:
        return f"{self.instrument_id}: {self.last:f}"


class Candle(models.Model):
    """One finished bar of an instrument, as the venue reports it."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="candles")
    timeframe_secs = models.PositiveIntegerField()
    opened_at = models.DateTimeField()
    open = money()
    high = money()
    low = money()
    close = money()
    volume = money()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instrument", "timeframe_secs", "opened_at"], name="candle_once")
        ]
        ordering: ClassVar = ["opened_at"]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.timeframe_secs} s {self.opened_at:%Y-%m-%d %H:%M}"


class IndicatorValue(models.Model):
    """One value of one indicator, as an alert brought it."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="indicator_values")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="indicator_values")
    symbol = models.CharField(max_length=40)
    timeframe_secs = models.PositiveIntegerField(null=True, blank=True)
    name = models.CharField(max_length=60)
    value = models.FloatField()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["symbol", "name", "at"], name="indicator_series")]
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return f"{self.symbol} {self.name}"
